// Comments and documents are in plain English (prose_rules.h), and the glossary has each word once and only words that
// are used.
#include "house/prose_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "house/house_files.h"

namespace freshet::house {
namespace {

std::vector<File> sources() {
  const std::set<std::string> rooms = rooms_of(kHousePlan);
  std::vector<std::string> folders(rooms.begin(), rooms.end());
  for (const char* folder : {"bench", "tests"}) folders.emplace_back(folder);
  return files_below(folders, {".h", ".cc"});
}

std::vector<File> documents() { return files_below({"docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"}, {".md"}); }

TEST(Prose, CommentsArePlain) {
  std::vector<Violation> violations;
  for (const File& file : sources()) {
    for (const Violation& violation : check_comments(file)) violations.push_back(violation);
  }
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

TEST(Prose, DocumentsArePlain) {
  std::vector<Violation> violations;
  for (const File& file : documents()) {
    if (starts_with(file.path, "docs/adr/")) continue;  // decisions stay as they were written
    for (const Violation& violation : check_wording(file)) violations.push_back(violation);
  }
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

std::vector<std::string> refused(const std::string& source) {
  std::vector<std::string> faults;
  for (const Violation& violation : check_comments({"a/a.cc", source})) faults.push_back(violation.what);
  return faults;
}

TEST(ProseRules, RefuseACommentThatBeginsWithOf) {
  EXPECT_THAT(refused("/// Of the row at the end.\nint row;\n"), ::testing::ElementsAre("Of the row at the end."));
  EXPECT_THAT(refused("int row;  "
                      "///< Of the row.\n"),
              ::testing::ElementsAre("Of the row."));
  EXPECT_THAT(refused("/// The end\n/// Of the row.\nint row;\n"), ::testing::IsEmpty());
  EXPECT_THAT(refused("/// Offers a row.\n"), ::testing::IsEmpty());
}

TEST(ProseRules, RefuseWordingThatIsReadTwice) {
  for (const char* text :
       {"It is made anew.", "Nobody waits.", "So many rows.", "The run goes on.", "It is sent\n// all the same.",
        "The caller is told.", "A key that is none.", "It hangs on the order."}) {
    EXPECT_EQ(refused(std::string("// ") + text + "\n").size(), 1U) << text;
  }
  EXPECT_THAT(refused("// Null if there is none.\nconst bool told = true;  // a comment\n"), ::testing::IsEmpty());
  EXPECT_THAT(refused("const char* text = \"nobody\";\n"), ::testing::IsEmpty());
}

TEST(ProseRules, RefuseItInADocumentAndNotInItsCode) {
  EXPECT_EQ(check_wording({"a.md", "The run goes on.\n"}).size(), 1U);
  EXPECT_THAT(check_wording({"a.md", "```text\nThe run goes on.\n```\n`nobody`\n"}), ::testing::IsEmpty());
}

TEST(Glossary, HasEachWordOnce) {
  const auto glossary = files_below({"docs/GLOSSARY.md"}, {});
  ASSERT_EQ(glossary.size(), 1U);
  std::vector<std::string> words = glossary_words(glossary[0].text);
  ASSERT_GT(words.size(), 40U);
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end()) << *std::ranges::adjacent_find(words);
}

/// In lower case; "end-to-end" and "end to end" are one word.
std::string folded(std::string text) {
  for (char& letter : text) {
    letter = letter == '-' || letter == '_' || letter == '\n' ? ' ' : static_cast<char>(std::tolower(letter));
  }
  return text;
}

std::vector<std::string> unused(const std::vector<std::string>& words, const std::string& text) {
  const std::string all = folded(text);
  std::vector<std::string> missing;
  for (const std::string& word : words) {
    if (all.find(folded(word)) == std::string::npos) missing.push_back(word);
  }
  return missing;
}

TEST(Glossary, HasOnlyWordsThatAreUsed) {
  std::string text;
  for (const File& file : sources()) text += file.text;
  for (const File& file : documents()) {
    if (file.path != "docs/GLOSSARY.md") text += file.text;
  }
  const auto glossary = files_below({"docs/GLOSSARY.md"}, {});
  ASSERT_EQ(glossary.size(), 1U);
  EXPECT_THAT(unused(glossary_words(glossary[0].text), text), ::testing::IsEmpty());
}

TEST(Glossary, NamesAWordThatIsNotUsed) {
  EXPECT_THAT(unused({"end-to-end", "flux"}, "The end\nto end delay."), ::testing::ElementsAre("flux"));
}

}  // namespace
}  // namespace freshet::house
