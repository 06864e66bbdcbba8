// The documents keep their rules (docs_rules.h), each rule refuses what it forbids, and what the documents repeat of
// the program is what the program says.
#include "house/docs_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace freshet::house {
namespace {

namespace fs = std::filesystem;

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Every document that people write. tests/golden holds what the program wrote.
const std::vector<Document>& documents() {
  static const std::vector<Document> all = [] {
    const fs::path top = FRESHET_SOURCE_DIR;
    std::vector<Document> found;
    for (auto at = fs::recursive_directory_iterator(top); at != fs::recursive_directory_iterator(); ++at) {
      const std::string path = fs::relative(at->path(), top).generic_string();
      const std::string name = at->path().filename().string();
      if (at->is_directory()) {
        const bool hidden = name.starts_with('.') && name != ".github";
        if (hidden || name.starts_with("build") || name.starts_with("cmake-build") || path == "freshet-out" ||
            path == "tests/golden") {
          at.disable_recursion_pending();
        }
      } else if (at->path().extension() == ".md") {
        found.push_back({path, text_of_file(at->path())});
      }
    }
    return found;
  }();
  return all;
}

std::string listed(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) text += "\n  " + fault.where + ": " + fault.rule + ": " + fault.what;
  return text;
}

std::optional<std::string> in_project(const std::string& path) {
  const fs::path whole = fs::path(FRESHET_SOURCE_DIR) / path;
  if (fs::is_directory(whole)) return "";
  if (!fs::is_regular_file(whole)) return std::nullopt;
  return text_of_file(whole);
}

TEST(Documents, KeepTheRules) {
  ASSERT_GT(documents().size(), 20u) << "the documents were not found";
  std::vector<Fault> faults;
  for (const Document& document : documents()) {
    check_document(document, faults);
    check_links(document, in_project, faults);
  }
  check_reachable(documents(), "README.md", faults);
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

std::vector<std::string> rules_broken(const std::string& text) {
  const Document document{"docs/guide/a.md", text};
  std::vector<Fault> faults;
  check_document(document, faults);
  check_links(
      document,
      [](const std::string& path) -> std::optional<std::string> {
        if (path == "docs/b.md") return "# The `first` heading, of two\n\n## Same\n\n## Same\n";
        if (path == "scenarios") return "";
        return std::nullopt;
      },
      faults);
  std::vector<std::string> rules;
  for (const Fault& fault : faults) rules.push_back(fault.rule);
  return rules;
}

using Rules = std::vector<std::string>;

TEST(DocumentRules, RefuseALongLineAndCountCharacters) {
  EXPECT_EQ(rules_broken(std::string(121, 'x') + "\n"), Rules{"lines have at most 120 characters"});
  EXPECT_EQ(rules_broken("| " + std::string(119, 'x') + " |\n"), Rules{"lines have at most 120 characters"});
  EXPECT_EQ(rules_broken("```text\n" + std::string(121, 'x') + "\n```\n"), Rules{"lines have at most 120 characters"});
  EXPECT_EQ(rules_broken(std::string(120, 'x') + "\n"), Rules{});
  std::string umlauts;
  for (int i = 0; i < 120; ++i) umlauts += "ü";
  EXPECT_EQ(rules_broken(umlauts + "\n"), Rules{});
}

TEST(DocumentRules, RefuseABlockThatNoTestKnows) {
  EXPECT_EQ(rules_broken("```\nx\n```\n"), Rules{"blocks say what they are"});
  EXPECT_EQ(rules_broken("```json\n{}\n```\n"), Rules{"blocks say what they are"});
  EXPECT_EQ(rules_broken("```text\nx\n"), Rules{"blocks end"});
  EXPECT_EQ(rules_broken("```json parts\n{}\n```\n"), Rules{});
}

TEST(DocumentRules, RefuseALinkToNothing) {
  EXPECT_EQ(rules_broken("See [that](../c.md).\n"), Rules{"links lead to files"});
  EXPECT_EQ(rules_broken("See [that](b.md).\n"), Rules{"links lead to files"});
  EXPECT_EQ(rules_broken("See [that\none](../c.md#x).\n"), Rules{"links lead to files"});
  EXPECT_EQ(rules_broken("See [this](../b.md), [these](../../scenarios), [those](https://example.com/x).\n"), Rules{});
  EXPECT_EQ(rules_broken("It is written `[text](../c.md)`.\n```text\n[text](../c.md)\n```\n"), Rules{});
}

TEST(DocumentRules, RefuseAnAnchorThatIsNoHeading) {
  EXPECT_EQ(rules_broken("[that](../b.md#second)\n"), Rules{"anchors are headings"});
  EXPECT_EQ(rules_broken("[that](#own)\n"), Rules{"anchors are headings"});
  EXPECT_EQ(rules_broken("[a](../b.md#the-first-heading-of-two) [b](../b.md#same-1) [c](#own)\n\n## Own\n"), Rules{});
}

TEST(DocumentRules, RefuseADocumentThatNothingLeadsTo) {
  const std::vector<Document> all = {{"README.md", "[a](docs/a.md)\n"},
                                     {"docs/a.md", "[b](b.md)\n"},
                                     {"docs/b.md", "\n"},
                                     {"docs/c.md", "[a](a.md)\n"},
                                     {"docs/adr/0001-x.md", "\n"}};
  std::vector<Fault> faults;
  check_reachable(all, "README.md", faults);
  ASSERT_EQ(faults.size(), 1u) << listed(faults);
  EXPECT_EQ(faults[0].where, "docs/c.md");
}

const Document& document(const std::string& path) {
  static const Document none;
  const auto found = std::ranges::find(documents(), path, &Document::path);
  if (found == documents().end()) ADD_FAILURE() << path << " is not there";
  return found == documents().end() ? none : *found;
}

/// The lines below the heading, up to the next one of any level.
std::string section(const std::string& text, const std::string& heading) {
  const std::size_t at = text.find("\n## " + heading + "\n");
  if (at == std::string::npos) return "";
  const std::size_t begin = text.find('\n', at + 1);
  return text.substr(begin, text.find("\n## ", begin) - begin);
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

/// The options that a list of a document describes: "- `--epoch TIME`, `--salt N`: …".
std::set<std::string> described_options(const std::string& text) {
  std::set<std::string> options;
  for (const std::string& line : document_lines(text)) {
    if (line.starts_with("- `-")) options.merge(all_matches(line.substr(0, line.find("`:")), "`(--?[a-z-]+)"));
  }
  return options;
}

TEST(CommandLineReference, DescribesEveryOptionOfEveryHelp) {
  const std::string text = document("docs/reference/command-line.md").text;
  const std::set<std::string> common = described_options(section(text, "Changing a scenario"));
  EXPECT_GE(common.size(), 6u);
  int commands = 0;
  for (const auto& entry : fs::directory_iterator(FRESHET_SOURCE_DIR "/tests/golden")) {
    std::smatch name;
    const std::string file = entry.path().filename().string();
    if (!std::regex_match(file, name, std::regex("help-(\\w+)\\.txt"))) continue;
    ++commands;
    const std::string part = section(text, "`freshet " + name[1].str() + " SCENARIO`");
    EXPECT_NE(part, "") << "command-line.md has no section for freshet " << name[1];
    std::set<std::string> described = described_options(part);
    described.insert(common.begin(), common.end());
    std::set<std::string> offered;
    for (const std::string& line : document_lines(text_of_file(entry.path()))) {
      offered.merge(all_matches(line, "^  (?:-h,)?(--?[a-z][a-z-]*)"));
    }
    offered.erase("--help");
    EXPECT_EQ(described, offered) << "freshet " << name[1];
  }
  EXPECT_GE(commands, 8);
}

TEST(ExitCodeReference, HasTheCodesOfTheHelpAndOfTheReadme) {
  std::string help = text_of_file(FRESHET_SOURCE_DIR "/tests/golden/help.txt");
  help = help.substr(help.find("Exit codes:"));
  const std::set<std::string> offered = all_matches(help, "[:,]\\s*(\\d+) ");
  EXPECT_EQ(offered.size(), 9u);
  std::string reference;
  for (const std::string& line : document_lines(document("docs/reference/exit-codes.md").text)) {
    if (line.find("planned") == std::string::npos) reference += line + '\n';
  }
  EXPECT_EQ(all_matches(reference, "\n\\| (\\d+) \\|"), offered);
  EXPECT_EQ(all_matches(document("README.md").text, "\n\\| (\\d+) \\|"), offered);
}

/// The files that a text names: `scenario.h`, `base/row.h`. Only the names count: a folder may change.
std::set<std::string> named_files(const std::string& text, const std::string& endings) {
  return all_matches(text, "`(?:[a-z_]+/)*([a-z0-9_.-]+\\.(?:" + endings + "))`");
}

/// By their path from the top.
const std::set<std::string>& project_files() {
  static const std::set<std::string> all = [] {
    std::set<std::string> found;
    const fs::path top = FRESHET_SOURCE_DIR;
    for (const char* room : {"app", "base", "bench", "clients", "docs", "fit", "generator", "metrics", "pipeline",
                             "scenarios", "script", "servers", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(top / room)) {
        if (entry.is_regular_file()) found.insert(fs::relative(entry.path(), top).generic_string());
      }
    }
    for (const auto& entry : fs::directory_iterator(top)) {
      if (entry.is_regular_file()) found.insert(entry.path().filename());
    }
    return found;
  }();
  return all;
}

std::set<std::string> names_of(const std::set<std::string>& paths) {
  std::set<std::string> names;
  for (const std::string& path : paths) names.insert(path.substr(path.rfind('/') + 1));
  return names;
}

/// Sources that a page names and that are not there; below docs/developer it may name no other file either.
std::set<std::string> missing_files(const Document& page, const std::set<std::string>& names) {
  const bool for_developers = page.path.starts_with("docs/developer/");
  std::set<std::string> missing;
  for (const std::string& name : named_files(page.text, for_developers ? "h|cc|json|md|txt" : "h|cc")) {
    if (!names.contains(name)) missing.insert(page.path + " names " + name);
  }
  return missing;
}

TEST(Documents, NameFilesThatExist) {
  const std::set<std::string> names = names_of(project_files());
  for (const Document& page : documents()) EXPECT_EQ(missing_files(page, names), std::set<std::string>{});
  EXPECT_EQ(named_files("`a/b.cc`, `c.h` and `d()`", "h|cc"), (std::set<std::string>{"b.cc", "c.h"}));
  EXPECT_EQ(missing_files({"docs/a.md", "See `base/row.h`, `base/raw.h` and `fit.json`."}, names),
            std::set<std::string>{"docs/a.md names raw.h"});
  EXPECT_EQ(missing_files({"docs/developer/a.md", "See `reslut.json`."}, names),
            std::set<std::string>{"docs/developer/a.md names reslut.json"});
}

/// Documents that comments of a source cite and that are not there: SEMANTICS.md, docs/adr/0005-…, "DESIGN §4".
std::set<std::string> missing_citations(const std::string& code) {
  std::set<std::string> missing;
  static const std::regex comment("//.*"),
      cited("(?:docs/[a-z/]*)?(?:[A-Z][A-Za-z]+|docs/[a-z/0-9-]+)\\.md|\\bDESIGN\\b");
  for (std::sregex_iterator line(code.begin(), code.end(), comment), end; line != end; ++line) {
    const std::string text = line->str();
    for (std::sregex_iterator at(text.begin(), text.end(), cited); at != end; ++at) {
      const std::string name = at->str();
      if (!project_files().contains(name) && !project_files().contains("docs/" + name)) missing.insert(name);
    }
  }
  return missing;
}

TEST(Comments, CiteDocumentsThatExist) {
  int sources = 0;
  for (const std::string& path : project_files()) {
    if (!path.ends_with(".cc") && !path.ends_with(".h")) continue;
    if (path.starts_with("tests/house/")) continue;  // they plant what is wrong
    ++sources;
    EXPECT_EQ(missing_citations(text_of_file(fs::path(FRESHET_SOURCE_DIR) / path)), std::set<std::string>{}) << path;
  }
  EXPECT_GT(sources, 500);
  EXPECT_EQ(missing_citations("// As SEMANTICS.md 30, docs/adr/0010-topic-mark.md and README.md say.\n// summary.md\n"),
            std::set<std::string>{});
  EXPECT_EQ(missing_citations("int a;  // DESIGN §4\n/// See docs/adr/0099-none.md and DESING.md.\n"),
            (std::set<std::string>{"DESIGN", "DESING.md", "docs/adr/0099-none.md"}));
}

/// The rules that speak of what does not exist yet and do not say so.
std::vector<std::string> unmarked_plans(const std::string& semantics) {
  static const std::regex rule("^([0-9]+)\\. "),
      absent("merge|--start-at|outbox|tolerance|lateness|list of faults|regression");
  std::vector<std::string> unmarked;
  std::string number, text;
  const auto end_rule = [&] {
    if (std::regex_search(text, absent) && text.find("(planned)") == std::string::npos) unmarked.push_back(number);
    text.clear();
  };
  for (const std::string& line : document_lines(semantics)) {
    std::smatch parts;
    if (std::regex_search(line, parts, rule)) end_rule(), number = parts[1];
    text += line + '\n';
  }
  end_rule();
  return unmarked;
}

TEST(Semantics, MarksWhatDoesNotExistAsPlanned) {
  EXPECT_EQ(unmarked_plans(document("docs/SEMANTICS.md").text), std::vector<std::string>{});
  EXPECT_EQ(unmarked_plans("1. Judged in `merge`.\n2. **(planned)** An outbox.\n3. As it is.\n"),
            std::vector<std::string>{"1"});
}

/// The lines of the text blocks.
std::vector<std::string> shown_lines(const std::string& text) {
  std::vector<std::string> lines;
  bool shown = false;
  for (const std::string& line : document_lines(text)) {
    if (line.starts_with("```")) {
      shown = line == "```text";
    } else if (shown) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(ReadAVerdict, ShowsWhatARunPrints) {
  const auto printed = document_lines(text_of_file(FRESHET_SOURCE_DIR "/tests/golden/summary.txt"));
  const auto shown = shown_lines(document("docs/guide/read-a-verdict.md").text);
  EXPECT_GT(shown.size(), 20u);
  for (const std::string& line : shown) EXPECT_TRUE(std::ranges::count(printed, line) > 0) << line;
}

}  // namespace
}  // namespace freshet::house
