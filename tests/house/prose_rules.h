// How comments and documents are written: wording that has to be read twice is refused. Each rule is tried on planted
// violations in prose_test.cc.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "house/docs_rules.h"
#include "house/house_rules.h"

namespace freshet::house {

/// The first fault of wording in a text, or "".
inline std::string fault_of_wording(const std::string& text) {
  static const std::regex fault(
      "\\b(anew|nobody|so many|goes on|falls on|all the same|at hand|hangs? on|(is|are|was|were|be|been) told|"
      "(?!there\\b)\\w+ is none)\\b",
      std::regex::icase);
  std::smatch found;
  return std::regex_search(text, found, fault) ? found.str() : "";
}

struct Comment {
  int line = 0;  ///< where it begins
  std::string text;
};

/// The comments of a C++ file. Lines of comment that follow each other are one; so is the one after a line of code.
inline std::vector<Comment> comments_of(const std::string& source) {
  static const std::regex whole("^\\s*///?<?(?: (.*))?$");
  static const std::regex after_code("\\S  ///?<? (.*)$");
  std::vector<Comment> comments;
  bool goes_on = false;
  int number = 0;
  for (const std::string& line : lines_of(source)) {
    ++number;
    std::smatch found;
    const bool alone = std::regex_match(line, found, whole);
    if (alone && goes_on) {
      comments.back().text += " " + found[1].str();
    } else if (alone || std::regex_search(line, found, after_code)) {
      comments.push_back({number, found[1].str()});
    }
    goes_on = alone;
  }
  return comments;
}

inline std::vector<Violation> check_comments(const File& file) {
  std::vector<Violation> out;
  for (const Comment& comment : comments_of(file.text)) {
    const std::string where = file.path + ":" + std::to_string(comment.line);
    if (starts_with(comment.text, "Of ")) out.push_back({"a comment begins with its subject", where, comment.text});
    const std::string fault = fault_of_wording(comment.text);
    if (!fault.empty()) out.push_back({"comments are in plain English", where, fault});
  }
  return out;
}

/// A document, without its code.
inline std::vector<Violation> check_wording(const File& file) {
  std::vector<Violation> out;
  int number = 0;
  for (const std::string& line : lines_of(prose_of(file.text, true))) {
    ++number;
    const std::string fault = fault_of_wording(line);
    if (!fault.empty()) {
      out.push_back({"documents are in plain English", file.path + ":" + std::to_string(number), fault});
    }
  }
  return out;
}

/// The words that the first part of the glossary defines: the first cells of its tables.
inline std::vector<std::string> glossary_words(const std::string& glossary) {
  std::vector<std::string> words;
  for (const std::string& line : lines_of(glossary.substr(0, glossary.find("\n## What others call it")))) {
    static const std::regex row("^\\| ([^|]+) \\| .*");
    std::smatch found;
    if (!std::regex_match(line, found, row) || found[1] == "word") continue;
    std::istringstream cell(found[1]);
    for (std::string word; std::getline(cell, word, ',');) words.push_back(word.substr(word.find_first_not_of(' ')));
  }
  return words;
}

}  // namespace freshet::house
