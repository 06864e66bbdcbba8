#include "app/native/pipeline_journals.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace freshet {

namespace {

/// The names of a drill's errors, and the audit classes that must report them.
constexpr std::pair<const char*, const char*> kClasses[] = {
    {"lose", "missing"}, {"stale", "stale"}, {"resurrect", "resurrected"}, {"wrong", "wrong"}};

}  // namespace

Result<DrillRecord> compare_drill(const std::string& journal, const Drill& drill, const RunRecord& record,
                                  std::int64_t seen_delayed, Nanos max_undelayed) {
  std::ifstream file(journal);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("view") || !json["view"].is_string()) {
    return Error{ErrorKind::Internal, "the pipeline left no readable drill journal at " + journal, ""};
  }
  DrillRecord result;
  result.view = json["view"].get<std::string>();
  const auto count = [&](const char* word, const char* what) -> std::int64_t {
    if (!json.contains(word) || !json[word].is_object()) return 0;
    return json[word].value(what, std::int64_t{0});
  };
  const ViewRecord* view = nullptr;
  for (const ViewRecord& candidate : record.views) {
    if (candidate.name == result.view) view = &candidate;
  }
  if (view == nullptr || view->audit.status != AuditReport::Status::Done) {
    result.reason = "the audit of the view was not completed";
    return result;
  }
  const AuditReport& audit = view->audit;
  result.reported = {
      {"missing", audit.missing}, {"stale", audit.stale}, {"resurrected", audit.resurrected}, {"wrong", audit.wrong}};
  for (const auto& [word, name] : kClasses) {
    result.planted[name] = count(word, "planted");
    result.healed[name] = count(word, "healed");
  }
  if (drill.delay > Nanos{}) {
    result.planted["delayed"] = count("delay", "planted");
    result.healed["delayed"] = count("delay", "healed");
    result.reported["delayed"] = seen_delayed;
    // Delays that the end of the run cut short: they count as planted if they were measured in full.
    const std::int64_t more = seen_delayed - result.planted["delayed"];
    if (more > 0) result.planted["delayed"] += std::min(more, count("delay", "either"));
  }
  for (const auto& [name, planted] : result.planted) {
    if (planted == result.reported[name]) continue;
    result.reason += fmt::format("{}{}: planted {}, reported {}", result.reason.empty() ? "" : "; ", name, planted,
                                 result.reported[name]);
  }
  if (audit.phantom + audit.duplicate > 0) {
    result.reason += fmt::format("{}{} phantom and {} duplicate rows that no drill planted",
                                 result.reason.empty() ? "" : "; ", audit.phantom, audit.duplicate);
  }
  // The largest undelayed sample must be below the delay; otherwise the two cannot be distinguished.
  if (drill.delay > Nanos{} && max_undelayed >= drill.delay)
    result.reason += "; undelayed rows were as slow as delayed ones";
  result.exact = result.reason.empty();
  return result;
}

std::optional<StateRecord> read_state(const std::string& path) {
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  for (const char* part : {"end", "peak", "dropped"}) {
    if (!json.is_object() || !json.contains(part) || !json[part].is_object()) return std::nullopt;
  }
  const auto size = [&](const char* part) -> StateRecord::Size {
    const auto count = [&](const char* what) { return json[part].value(what, std::int64_t{0}); };
    return {count("rows"), count("groups"), count("bytes")};
  };
  StateRecord state;
  state.end = size("end");
  state.peak = size("peak");
  const StateRecord::Size dropped = size("dropped");
  state.dropped_rows = dropped.rows;
  state.dropped_groups = dropped.groups;
  const nlohmann::json none = nlohmann::json::object();
  // Variables, because items() refers to what it is called on, and a loop drops a temporary of its head.
  const nlohmann::json committed = json.value("committed", none), queues = json.value("queues", none);
  for (const auto& [source, position] : committed.items()) {
    if (position.is_string()) state.committed[source] = position.get<std::string>();
  }
  for (const auto& [name, queue] : queues.items()) {
    if (!queue.is_object()) continue;
    state.queues[name] = {queue.value("capacity", std::int64_t{0}), queue.value("high_water", std::int64_t{0}),
                          queue.value("waits", std::int64_t{0})};
  }
  return state;
}

}  // namespace freshet
