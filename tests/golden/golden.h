// Texts that people and programs read, compared byte by byte with what is kept in tests/golden.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace freshet::test {

/// With FRESHET_UPDATE_GOLDENS (script/goldens) the file is written, and the test fails if it was different, so that an
/// update is always noticed.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = FRESHET_SOURCE_DIR "/tests/golden/" + name;
  std::ifstream file(path);
  std::ostringstream kept;
  kept << file.rdbuf();
  if (kept.str() == text) return;
  if (std::getenv("FRESHET_UPDATE_GOLDENS") != nullptr) {
    std::ofstream(path) << text;
    ADD_FAILURE() << name << " was updated: look at the difference before you commit it";
    return;
  }
  std::istringstream lines(kept.str()), others(text);
  int number = 1;
  std::string line, other;
  while (std::getline(lines, line) && std::getline(others, other) && line == other) ++number;
  ADD_FAILURE() << name << ":" << number << " is another; script/goldens updates it\n- " << line << "\n+ " << other;
}

}  // namespace freshet::test
