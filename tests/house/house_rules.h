// The rules of the house as functions over text, so that they can be fed planted violations. What each rule is for is
// in docs/ARCHITECTURE.md; a violation says which one it breaks.
#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "house/house_plan.h"

namespace freshet::house {

struct File {
  std::string path;  ///< from the top of the project: "metrics/audit/audit.cc"
  std::string text;
};

struct Violation {
  std::string rule;
  std::string where;  ///< path:line
  std::string what;
};

inline constexpr int kLongestFile = 500;
inline constexpr int kLongFile = 300;
inline constexpr std::size_t kMostSources = 20;  ///< in one folder

inline bool starts_with(std::string_view text, std::string_view prefix) { return text.rfind(prefix, 0) == 0; }

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The text with comments, strings and characters blanked, line by line as before: prose may say what code may not.
inline std::string code_of(const std::string& text) {
  std::string code = text;
  const auto blank = [&code](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, code.size()); ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
  };
  for (std::size_t at = 0; at < text.size();) {
    const bool word_before = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0);
    std::size_t end = at + 1;
    if (text.compare(at, 2, "//") == 0) {
      end = std::min(text.find('\n', at), text.size());
      blank(at, end);
    } else if (text.compare(at, 2, "/*") == 0) {
      end = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
      blank(at, end);
    } else if (text.compare(at, 2, "R\"") == 0 && !word_before) {
      const std::size_t open = text.find('(', at);
      if (open == std::string::npos) break;
      const std::string close = ")" + text.substr(at + 2, open - at - 2) + "\"";
      end = std::min(text.find(close, open), text.size() - close.size()) + close.size();
      blank(at, end);
    } else if (text[at] == '"' || (text[at] == '\'' && !word_before)) {  // 1'000 holds no character
      while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      blank(at, ++end);
    }
    at = end;
  }
  return code;
}

struct Include {
  int line = 0;
  bool quoted = false;
  std::string name;
};

inline std::vector<Include> includes_of(const File& file) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  int number = 0;
  for (const std::string& line : lines_of(file.text)) {
    ++number;
    if (line.find("include") == std::string::npos) continue;  // most of them, and the pattern takes its time
    std::smatch match;
    if (std::regex_search(line, match, pattern)) includes.push_back({number, match[1] == "\"", match[2]});
  }
  return includes;
}

/// A library of the outside that has one place in the house.
struct Guest {
  const char* rule;
  std::regex header;
  std::regex may;  ///< paths that may include it
};

inline const std::vector<Guest>& guests() {
  static const std::vector<Guest> all = {
      {"mysql.h only in clients/mysql", std::regex("^(mysql/|mariadb/)?(mysql|mysqld_error|errmsg|mariadb_\\w+)\\.h$"),
       std::regex("^clients/mysql/")},
      {"rdkafka only in clients/kafka and the embedded broker", std::regex("rdkafka"),
       std::regex("^(clients/kafka/|servers/kafka_broker\\.cc$)")},
      {"curl only in clients/http", std::regex("^curl/"), std::regex("^clients/http/")},
      {"sqlite3.h only in generator/write/sqlite", std::regex("^sqlite3(ext)?\\.h$"),
       std::regex("^generator/write/sqlite/")},
      {"prometheus only in metrics", std::regex("^prometheus/"), std::regex("^metrics/")},
      {"rocksdb only in pipeline/state", std::regex("^rocksdb/"), std::regex("^pipeline/state/")},
      {"simdjson only in the decoders of JSON", std::regex("^simdjson"), std::regex("^pipeline/(codec|observe)/")},
      {"avro.h only in the decoder of Avro", std::regex("^avro"),
       std::regex("^pipeline/codec/avro_(row|walk)\\.(cc|h)$")},
      {"CLI11 only in app/cli", std::regex("^CLI/"), std::regex("^app/cli/")},
      {"nlohmann-json only in scenarios, the reports and app", std::regex("^nlohmann/"),
       std::regex("^(scenarios/|metrics/report/|fit/report/|app/)")},
      {"no <random>, <format> or <ranges>", std::regex("^(random|format|ranges)$"), std::regex("^$")}};
  return all;
}

/// An expression that code may not contain, but for some paths.
struct Ban {
  const char* rule;
  std::regex code;
  std::regex may;
};

inline const std::vector<Ban>& bans() {
  static const std::vector<Ban> all = {
      {"randomness comes from the seed", std::regex(R"(\bs?rand\s*\(|\brandom_device\b|\bmt19937|\bminstd_rand)"),
       std::regex("^$")},
      {"the wall clock is read in base/clock.cc",
       std::regex(R"(\bsystem_clock::now|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|\bCLOCK_REALTIME\b)"),
       std::regex("^base/clock\\.cc$")},
      {"sleeping is the clock's",
       std::regex(R"(\b(u|nano|clock_nano)?sleep\s*\(|\bsleep_for\s*\(|\bthis_thread::sleep_until\b)"),
       std::regex("^(base/clock\\.cc$|servers/)")},
      {"only app prints",
       std::regex(
           R"((^|[^\w.>])(printf|puts|putchar|vprintf)\s*\(|\bstd::(cout|cerr|clog)\b|\bprint\s*\(|\bfprintf\s*\(\s*std)"),
       std::regex("^(app/|base/result\\.h$)")},
      {"no view pipelines (clang 14 cannot compile them)", std::regex(R"(\bviews::)"), std::regex("^$")},
      {"no std::format (g++ 12 has none)", std::regex(R"(\bstd::v?format(_to)?\b)"), std::regex("^$")},
      {"nothing throws", std::regex(R"(\bthrow\b)"), std::regex("^$")},
      {"names say what a thing is",
       std::regex(
           R"(\b(class|struct|enum|concept|namespace)\s+(class\s+)?\w*(Impl|Manager|Helper|Utils?|impl|helper|utils?)\b)"),
       std::regex("^$")}};
  return all;
}

inline std::string at(const File& file, int line) { return file.path + ":" + std::to_string(line); }

inline void check_includes(const File& file, std::vector<Violation>& out) {
  const std::string folder = folder_of(file.path);
  const std::set<std::string>* sees = seen_by(kHousePlan, folder);
  if (sees == nullptr && rooms_of(kHousePlan).count(room_of(file.path)) > 0) {
    out.push_back({"every folder is in the plan", file.path, "tests/house/house_plan.h does not know " + folder});
  }
  for (const Include& include : includes_of(file)) {
    const std::string target = folder_of(include.name);
    const bool down = sees == nullptr || target == folder ||
                      std::any_of(sees->begin(), sees->end(), [&](const auto& seen) { return covers(seen, target); });
    if (include.quoted && !down) {
      out.push_back({"includes point down", at(file, include.line), folder + " includes \"" + include.name + "\""});
    }
    for (const Guest& guest : guests()) {
      if (std::regex_search(include.name, guest.header) && !std::regex_search(file.path, guest.may)) {
        out.push_back({guest.rule, at(file, include.line), include.name});
      }
    }
  }
}

inline void check_code(const File& file, std::vector<Violation>& out) {
  int number = 0;
  for (const std::string& line : lines_of(code_of(file.text))) {
    ++number;
    for (const Ban& ban : bans()) {
      if (std::regex_search(line, ban.code) && !std::regex_search(file.path, ban.may)) {
        out.push_back({ban.rule, at(file, number), line});
      }
    }
  }
}

/// Rules for one C++ file of a room.
inline std::vector<Violation> check_source(const File& file) {
  static const std::regex vague_name(R"(_?(impl|manager|helpers?|utils?)\.(h|cc)$)");
  std::vector<Violation> out;
  check_includes(file, out);
  check_code(file, out);
  const auto lines = lines_of(file.text);
  if (std::regex_search(file.path, vague_name))
    out.push_back({"names say what a thing is", file.path, "the file's name"});
  if (static_cast<int>(lines.size()) > kLongestFile) {
    out.push_back({"files have at most 500 lines", file.path, std::to_string(lines.size()) + " lines"});
  }
  const bool header = file.path.size() > 2 && file.path.substr(file.path.size() - 2) == ".h";
  if (header && (lines.empty() || !starts_with(lines.front(), "//"))) {
    out.push_back({"a header opens with its purpose", at(file, 1), lines.empty() ? "" : lines.front()});
  }
  if (header && file.text.find("\n#pragma once\n") == std::string::npos) {
    out.push_back({"a header is included once", file.path, "no #pragma once"});
  }
  return out;
}

/// Rules for every text file of the project: sources, scripts, documents.
inline std::vector<Violation> check_text(const File& file) {
  // Put together here, so that this file does not hold what it forbids.
  static const std::regex machine_path(std::string("(^|[^\\w.])/(") + "work" + "|" + "root" + ")/");
  static const std::regex open_end(std::string("\\b(TO") + "DO|FIX" + "ME|X" + "XX)\\b(?!\\(#[0-9]+\\))");
  std::vector<Violation> out;
  int number = 0;
  for (const std::string& line : lines_of(file.text)) {
    ++number;
    if (std::regex_search(line, machine_path)) out.push_back({"no paths of a machine", at(file, number), line});
    if (std::regex_search(line, open_end))
      out.push_back({"what is left to do names its issue", at(file, number), line});
  }
  return out;
}

/// Folders, and the includes between them: which folder includes which, and where.
using Arrows = std::map<std::string, std::map<std::string, std::string>>;

inline Arrows arrows_of(const std::vector<File>& sources) {
  std::set<std::string> folders;
  for (const File& file : sources) folders.insert(folder_of(file.path));
  Arrows arrows;
  for (const File& file : sources) {
    const std::string from = folder_of(file.path);
    for (const Include& include : includes_of(file)) {
      const std::string to = folder_of(include.name);
      if (include.quoted && to != from && folders.count(to) > 0) arrows[from].emplace(to, at(file, include.line));
    }
  }
  return arrows;
}

/// Walks down from one folder; what it comes back to on the way closes a circle.
class CircleSearch {
 public:
  CircleSearch(const Arrows& arrows, std::vector<Violation>& out) : arrows_(arrows), out_(out) {}

  void visit(const std::string& folder) {
    if (done_.count(folder) > 0) return;
    way_.push_back(folder);
    if (const auto from = arrows_.find(folder); from != arrows_.end()) {
      for (const auto& [to, where] : from->second) {
        const auto met = std::find(way_.begin(), way_.end(), to);
        if (met == way_.end()) {
          visit(to);
          continue;
        }
        std::string circle;
        for (auto step = met; step != way_.end(); ++step) circle += *step + " → ";
        out_.push_back({"folders form no circle", where, circle + to});
      }
    }
    way_.pop_back();
    done_.insert(folder);
  }

 private:
  const Arrows& arrows_;
  std::vector<Violation>& out_;
  std::vector<std::string> way_;
  std::set<std::string> done_;
};

inline void check_circles(const std::vector<File>& sources, std::vector<Violation>& out) {
  const Arrows arrows = arrows_of(sources);
  CircleSearch search(arrows, out);
  for (const auto& [folder, to] : arrows) search.visit(folder);
}

/// Limits the length of sources and tests.
inline void check_sizes(const std::vector<File>& files, std::vector<Violation>& out) {
  std::map<std::string, std::size_t> count;
  for (const File& file : files) ++count[folder_of(file.path)];
  for (const auto& [folder, size] : count) {
    if (size <= kMostSources) continue;
    out.push_back({"a folder has at most 20 sources", folder, std::to_string(size) + " sources"});
  }
}

/// Rules that only the whole house can break.
inline std::vector<Violation> check_house(const std::vector<File>& sources) {
  std::vector<Violation> out;
  check_circles(sources, out);
  check_sizes(sources, out);
  for (const char* library : {"CLI/", "nlohmann/"}) {
    std::vector<std::string> users;
    for (const File& file : sources) {
      const auto includes = includes_of(file);
      const bool uses = std::any_of(includes.begin(), includes.end(),
                                    [&](const Include& include) { return starts_with(include.name, library); });
      if (uses && room_of(file.path) == "app") users.push_back(file.path);
    }
    for (std::size_t i = 1; i < users.size(); ++i) {
      out.push_back({std::string(library) + " in one file of app", users[i], "also in " + users.front()});
    }
  }
  return out;
}

/// Rules for the sources below tests/, beside those of the house. A test is included from tests/, a source from the
/// top: what both have would be one of them by chance.
inline std::vector<Violation> check_tests(const std::vector<File>& tests, const std::vector<File>& sources) {
  const std::set<std::string> rooms = rooms_of(kHousePlan);
  std::set<std::string> paths;
  for (const File& file : sources) paths.insert(file.path);
  std::vector<Violation> out;
  check_sizes(tests, out);
  for (const File& file : tests) {
    const std::string path = file.path.substr(std::string("tests/").size());
    const std::string folder = folder_of(path);
    const bool mirrored = std::any_of(kHousePlan.begin(), kHousePlan.end(),
                                      [&](const auto& planned) { return is_below(planned.first, folder); });
    if (rooms.count(room_of(path)) > 0 && !mirrored) {
      out.push_back({"tests mirror the house", file.path, "there is no folder " + folder});
    }
    if (paths.count(path) > 0) out.push_back({"a test has a path of its own", file.path, path + " is a source"});
  }
  return out;
}

/// Which rooms link what, from the text of CMakeLists.txt.
inline std::vector<Violation> check_links(const File& file) {
  static const std::regex room(R"(freshet_room\((\w+)([^)]*)\))");
  static const std::regex client("PkgConfig::(MARIADB|RDKAFKA|CURL)");
  std::vector<Violation> out;
  for (std::sregex_iterator at(file.text.begin(), file.text.end(), room), end; at != end; ++at) {
    const std::string name = (*at)[1];
    const std::string links = (*at)[2];
    // The embedded broker is part of librdkafka.
    if (name == "clients" || name == "servers" || !std::regex_search(links, client)) continue;
    out.push_back({"clients are linked by clients", file.path, name + " links one"});
  }
  return out;
}

}  // namespace freshet::house
