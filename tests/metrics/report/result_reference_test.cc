// docs/reference/result-json.md has every key of a result, and no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace freshet {
namespace {

using Json = nlohmann::json;
using Keys = std::map<std::string, std::string>;  ///< with what the document says of their type

std::string text_of(const std::string& path) {
  std::ifstream in(FRESHET_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A table of the document, and the objects that it is about: "load.changes.ENTITY", where capitals stand for a name.
struct Table {
  std::vector<std::regex> paths;
  std::string heading;
  Keys keys;
  std::set<std::string> found;
};

/// "a.NAME[]" → a regular expression for "a/name[]", because names may have dots. PATH stands for any beginning.
std::regex pattern_of(const std::string& path) {
  static const std::regex beginning("PATH"), name("[A-Z]+"), dot("\\."), list("\\[\\]");
  std::string pattern = std::regex_replace(path, dot, "/");
  pattern = std::regex_replace(pattern, list, "\\[\\]");
  pattern = std::regex_replace(pattern, beginning, ".+");
  return std::regex(std::regex_replace(pattern, name, "[^/]+"));
}

std::vector<Table> tables_of(const std::string& document) {
  static const std::regex row("^\\| `([a-z0-9_]+)` \\| ([^|]*) \\|.*"), path("`([^`]+)`");
  std::vector<Table> tables;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (line.starts_with("#")) {
      Table table;
      table.heading = line;
      if (line == "## Root") table.paths.emplace_back("");
      for (std::sregex_iterator at(line.begin(), line.end(), path), end; at != end; ++at) {
        table.paths.push_back(pattern_of((*at)[1]));
      }
      tables.push_back(std::move(table));
    } else if (std::regex_match(line, parts, row) && !tables.empty()) {
      tables.back().keys[parts[1]] = parts[2];
    }
  }
  return tables;
}

class Comparison {
 public:
  explicit Comparison(const std::string& document) : tables_(tables_of(document)) {}

  void compare(const Json& object, const std::string& path) {
    Table* table = table_of(path);
    if (table == nullptr) return missing(path);
    for (const auto& [key, value] : object.items()) {
      if (!table->keys.contains(key)) {
        faults.push_back(path + ": \"" + key + "\" is not described");
        continue;
      }
      table->found.insert(key);
      const std::string whole = path.empty() ? key : path + '/' + key;
      if (value.is_null()) without_example_.insert(whole);
      if (value.is_array() && value.empty()) without_example_.insert(whole + "[]");
      if (table->keys[key].starts_with("map")) {
        if (!value.is_null()) compare_map(value, whole);
      } else {
        compare_value(value, whole);
      }
    }
  }

  /// What is described and was in no object.
  void finish() {
    for (const Table& table : tables_) {
      if (table.paths.empty()) continue;
      const bool no_example =
          std::ranges::any_of(without_example_, [&](const std::string& path) { return is(table, path); });
      if (no_example && table.found.empty()) continue;
      for (const auto& [key, type] : table.keys) {
        if (!table.found.contains(key)) faults.push_back(table.heading + ": \"" + key + "\" is not in a result");
      }
    }
  }

  std::vector<std::string> faults;

 private:
  static bool is(const Table& table, const std::string& path) {
    return std::ranges::any_of(table.paths, [&](const std::regex& each) { return std::regex_match(path, each); });
  }

  Table* table_of(const std::string& path) {
    const auto found = std::ranges::find_if(tables_, [&](const Table& table) { return is(table, path); });
    return found == tables_.end() ? nullptr : &*found;
  }

  void missing(const std::string& path) { faults.push_back(path + ": no table"); }

  void compare_value(const Json& value, const std::string& path) {
    if (value.is_object()) compare(value, path);
    if (!value.is_array()) return;
    for (const Json& each : value) compare_value(each, path + "[]");
  }

  /// Its keys are names; its values are described where they have a table of their own, or are maps or plain values.
  void compare_map(const Json& map, const std::string& path) {
    for (const auto& [name, value] : map.items()) {
      const std::string whole = path + '/' + name;
      if (value.is_object() && table_of(whole) != nullptr) {
        compare(value, whole);
      } else if (value.is_object()) {
        compare_map(value, whole);
      }
    }
  }

  std::vector<Table> tables_;
  std::set<std::string> without_example_;  ///< null, or an empty list
};

std::string listed(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text += "\n  " + fault;
  return text;
}

std::vector<std::string> faults_of(const std::string& document) {
  Comparison comparison(document);
  comparison.compare(Json::parse(text_of("tests/golden/result.json")), "");
  std::istringstream seconds(text_of("tests/golden/seconds.ndjson"));
  for (std::string line; std::getline(seconds, line);) comparison.compare(Json::parse(line), "seconds/ndjson");
  comparison.finish();
  return comparison.faults;
}

std::string without(const std::string& document, const std::string& row) {
  const std::size_t at = document.find(row);
  EXPECT_NE(at, std::string::npos) << row;
  return at == std::string::npos ? document : document.substr(0, at) + document.substr(document.find('\n', at) + 1);
}

const char* const kReference = "docs/reference/result-json.md";

TEST(ResultReference, HasEveryKeyOfAResult) {
  const auto faults = faults_of(text_of(kReference));
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(ResultReference, ListsNoKeyThatIsNeverWritten) {
  const std::string writer = text_of("metrics/report/result_json.cc");
  for (const Table& table : tables_of(text_of(kReference))) {
    static const std::regex no_example("## `(run\\.ended_by|load\\.closed_loop|load\\.slow\\[\\])`");
    if (!std::regex_match(table.heading, no_example)) continue;
    EXPECT_GE(table.keys.size(), 1u) << table.heading;
    for (const auto& [key, type] : table.keys) {
      EXPECT_NE(writer.find("{\"" + key + "\", "), std::string::npos) << table.heading << ": " << key;
    }
  }
}

TEST(ResultReference, AKeyTooFewOrTooManyIsNoticed) {
  const std::string document = text_of(kReference);
  EXPECT_EQ(faults_of(without(document, "| `unproven` | number | differ")).size(), 2u) << "one for each view";
  EXPECT_EQ(faults_of(without(document, "| `from_s` |")).size(), 4u) << "one for each phase";
  EXPECT_EQ(faults_of(without(document, "| `exit_code` |")),
            std::vector<std::string>{": \"exit_code\" is not described"});
  std::string more = document;
  more.insert(more.find("| `cpu_s` |"), "| `gpu_s` | number | |\n");
  EXPECT_EQ(faults_of(more), std::vector<std::string>{"## `cost.PROCESS`: \"gpu_s\" is not in a result"});
}

}  // namespace
}  // namespace freshet
