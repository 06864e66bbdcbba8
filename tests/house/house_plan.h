// The plan of the house: every folder of sources, from the ground up, and the folders that its sources may include.
// "base" is that folder alone, "base/" also all that is below it. What a folder sees stands above it in this list, so
// that no includes can form a circle.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace freshet::house {

using Plan = std::vector<std::pair<std::string, std::set<std::string>>>;

inline const Plan kHousePlan = {
    // Plain C++: no client library, no server.
    {"base", {}},
    {"base/text", {"base"}},
    {"base/messages", {"base", "base/text"}},

    {"scenarios/model", {"base/"}},
    {"scenarios/tables", {"base/", "scenarios/model"}},
    {"scenarios/loader/json", {"base/", "scenarios/model"}},
    {"scenarios/loader/values", {"base/", "scenarios/model", "scenarios/loader/json"}},
    {"scenarios/loader/read", {"base/", "scenarios/model", "scenarios/loader/json", "scenarios/loader/values"}},
    {"scenarios/loader/check",
     {"base/", "scenarios/model", "scenarios/tables", "scenarios/loader/json", "scenarios/loader/values"}},
    {"scenarios/loader", {"base/", "scenarios/"}},

    // The C clients. One knows no other.
    {"clients/http", {"base/"}},
    {"clients/kafka", {"base/"}},
    {"clients/mysql", {"base/"}},
    {"clients/mysql/tables", {"base/", "scenarios/tables", "clients/mysql"}},
    {"clients", {"base/", "scenarios/model", "clients/"}},

    // Rows are a function of the scenario and the seed: up to the formats, nothing knows a client.
    {"generator/draw", {"base/", "scenarios/model"}},
    {"generator/time", {"base/", "scenarios/model", "generator/draw"}},
    {"generator/row", {"base/", "scenarios/model", "generator/draw", "generator/time"}},
    {"generator/row/compile", {"base/", "scenarios/model", "generator/draw", "generator/time", "generator/row"}},
    {"generator/model", {"base/", "scenarios/model", "generator/draw", "generator/time", "generator/row/"}},
    {"generator/schedule", {"base/", "scenarios/model", "generator/draw", "generator/time", "generator/model"}},
    {"generator/format", {"base/", "scenarios/model", "scenarios/tables", "generator/draw"}},
    {"generator/write/lanes", {"base/", "scenarios/model", "generator/time", "generator/schedule"}},
    {"generator/write/null", {"base/", "scenarios/model", "generator/write/lanes"}},
    {"generator/write/file",
     {"base/", "scenarios/model", "generator/schedule", "generator/format", "generator/write/lanes"}},
    // What changes are written to: one folder each, which knows no other.
    {"generator/write/backend", {"base/", "scenarios/model", "generator/write/lanes"}},
    {"generator/write/kafka",
     {"base/", "scenarios/model", "clients", "clients/http", "clients/kafka", "generator/draw", "generator/format",
      "generator/write/lanes", "generator/write/backend"}},
    {"generator/write/mysql",
     {"base/", "scenarios/model", "scenarios/tables", "clients", "clients/mysql/", "generator/format",
      "generator/write/lanes", "generator/write/backend"}},
    {"generator/write/sqlite",
     {"base/", "scenarios/model", "scenarios/tables", "generator/write/lanes", "generator/write/backend"}},
    {"generator/write", {"base/", "scenarios/", "clients/", "generator/"}},

    // A view is a function of rows: only sources, sinks and observers know a server.
    {"pipeline/codec", {"base/", "scenarios/model", "clients/http"}},
    {"pipeline/capture", {"base/"}},
    {"pipeline/capture/sql", {"base/"}},
    {"pipeline/capture/binlog", {"base/", "pipeline/capture", "pipeline/capture/sql"}},
    {"pipeline/capture/record", {"base/", "scenarios/model", "pipeline/codec", "pipeline/capture/binlog"}},
    {"pipeline/capture/kafka",
     {"base/", "scenarios/model", "clients/", "pipeline/codec", "pipeline/capture", "pipeline/capture/record"}},
    {"pipeline/capture/mysql",
     {"base/", "scenarios/", "clients/", "pipeline/capture", "pipeline/capture/sql", "pipeline/capture/binlog",
      "pipeline/capture/record"}},
    // Operators see the seam alone, whatever keeps their tables.
    {"pipeline/state", {"base/", "pipeline/capture"}},
    {"pipeline/state/memory", {"base/", "pipeline/capture", "pipeline/state"}},
    {"pipeline/views", {"base/", "scenarios/model", "scenarios/tables", "pipeline/state"}},
    {"pipeline/sink", {"base/", "scenarios/", "clients/", "pipeline/state", "pipeline/views"}},
    {"pipeline/drill", {"base/", "scenarios/model", "pipeline/state", "pipeline/sink"}},
    // It reads a sink with eyes of its own: nothing of what wrote it.
    {"pipeline/observe", {"base/", "scenarios/", "clients/"}},
    {"pipeline/native",
     {"base/", "scenarios/", "clients/", "pipeline/codec", "pipeline/capture/", "pipeline/state/", "pipeline/views",
      "pipeline/sink", "pipeline/drill"}},

    {"metrics/histogram", {"base/"}},
    {"metrics/ledger", {"base/", "scenarios/model", "metrics/histogram"}},
    {"metrics/oracle", {"base/", "scenarios/model", "metrics/ledger"}},
    {"metrics/freshness", {"base/", "scenarios/model", "metrics/histogram", "metrics/oracle"}},
    {"metrics/audit", {"base/", "scenarios/model", "metrics/ledger", "metrics/oracle", "metrics/freshness"}},
    {"metrics/record",
     {"base/", "scenarios/model", "metrics/histogram", "metrics/ledger", "metrics/freshness", "metrics/audit"}},
    {"metrics/verdict", {"base/", "scenarios/model", "metrics/record"}},
    // The gates of a result are read by the grammar of a scenario's.
    {"metrics/report", {"base/", "scenarios/model", "scenarios/loader/read", "metrics/record", "metrics/verdict"}},

    {"fit/laws", {"base/", "scenarios/model"}},
    {"fit/checks", {"base/", "scenarios/model", "fit/laws"}},
    {"fit/watches", {"base/", "scenarios/model", "fit/laws", "fit/checks"}},
    {"fit/loads", {"base/", "scenarios/model", "fit/laws", "fit/checks", "fit/watches"}},
    {"fit/report", {"base/", "fit/checks"}},
    {"fit", {"base/", "scenarios/model", "fit/"}},

    {"servers", {"base/", "clients/"}},

    // Where the rooms meet.
    {"app/terminal", {"base/", "scenarios/", "generator/write"}},
    {"app/setup", {"base/", "scenarios/", "clients/", "generator/", "metrics/", "servers"}},
    {"app/native", {"base/", "scenarios/", "generator/", "pipeline/", "metrics/", "servers"}},
    {"app/sinks", {"base/", "scenarios/", "clients/", "generator/", "pipeline/", "metrics/"}},
    // A run knows its parts as seams; what they are in earnest stands above it.
    {"app/run",
     {"base/", "scenarios/", "generator/", "pipeline/drill", "pipeline/views", "metrics/", "app/setup", "app/native",
      "app/sinks"}},
    {"app/parts",
     {"base/", "scenarios/", "generator/", "pipeline/observe", "pipeline/sink", "metrics/", "servers", "app/terminal",
      "app/setup", "app/native", "app/sinks", "app/run"}},
    {"app/commands",
     {"base/", "scenarios/", "clients/", "generator/", "pipeline/", "metrics/", "fit/", "servers", "app/terminal",
      "app/setup", "app/native", "app/sinks", "app/run", "app/parts"}},
    {"app/cli", {"base/", "app/terminal", "app/setup", "app/commands"}},
    {"app", {"app/cli"}}};

/// The folder of a path: "metrics/audit" of "metrics/audit/audit.cc", "" of what stands at the top.
inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// The first of a path's folders.
inline std::string room_of(const std::string& path) { return path.substr(0, path.find('/')); }

/// `folder` is `above`, or below it.
inline bool is_below(const std::string& folder, const std::string& above) {
  return folder == above || folder.compare(0, above.size() + 1, above + "/") == 0;
}

/// `seen` as it stands in the plan.
inline bool covers(const std::string& seen, const std::string& folder) {
  return seen.back() == '/' ? is_below(folder, seen.substr(0, seen.size() - 1)) : folder == seen;
}

/// The folder's line, or null.
inline const std::set<std::string>* seen_by(const Plan& plan, const std::string& folder) {
  const auto found = std::find_if(plan.begin(), plan.end(), [&](const auto& line) { return line.first == folder; });
  return found == plan.end() ? nullptr : &found->second;
}

inline std::set<std::string> rooms_of(const Plan& plan) {
  std::set<std::string> rooms;
  for (const auto& [folder, sees] : plan) rooms.insert(room_of(folder));
  return rooms;
}

/// Lines of a plan that see what stands below them, or nothing at all.
inline std::vector<std::string> upside_down(const Plan& plan) {
  std::vector<std::string> wrong;
  for (auto line = plan.begin(); line != plan.end(); ++line) {
    for (const std::string& seen : line->second) {
      const auto is_seen = [&](const auto& other) { return covers(seen, other.first); };
      const bool above = std::any_of(plan.begin(), line, is_seen);
      if (!above || std::any_of(line + 1, plan.end(), is_seen)) wrong.push_back(line->first + " sees " + seen);
    }
  }
  return wrong;
}

}  // namespace freshet::house
