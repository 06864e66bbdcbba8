// Scenarios of texts that are without errors.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "scenarios/loader/loader.h"

namespace freshet {

/// Fails the test with each error; the scenario is then empty.
inline Scenario loaded_scenario(const std::string& text, const std::string& file) {
  Loaded loaded = parse_scenario(text, file);
  for (const Problem& problem : loaded.problems) {
    EXPECT_NE(problem.severity, Problem::Severity::Error) << problem.text();
  }
  return loaded.scenario ? std::move(*loaded.scenario) : Scenario{};
}

/// The text with `from`, unless it is empty, replaced.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

}  // namespace freshet
