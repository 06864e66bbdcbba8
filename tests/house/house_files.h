// The files of the project for the tests of its rules, and violations as text.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "house/house_rules.h"

namespace freshet::house {

/// All text files below `folders` of the project (or single files), by path; `extensions` empty = all.
inline std::vector<File> files_below(const std::vector<std::string>& folders, const std::set<std::string>& extensions) {
  namespace fs = std::filesystem;
  const fs::path top = FRESHET_SOURCE_DIR;
  std::vector<File> files;
  const auto take = [&](const fs::path& path) {
    if (!extensions.empty() && extensions.count(path.extension().native()) == 0) return;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    files.push_back({fs::relative(path, top).generic_string(), text.str()});
  };
  for (const std::string& folder : folders) {
    if (fs::is_regular_file(top / folder)) take(top / folder);
    if (!fs::is_directory(top / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      if (entry.is_regular_file()) take(entry.path());
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

inline std::string listed(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    text += "\n  " + violation.where + ": " + violation.rule + ": " + violation.what;
  }
  return text;
}

}  // namespace freshet::house
