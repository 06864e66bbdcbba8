#include "pipeline/native/pipeline_report.h"

#include <fmt/format.h>

#include "base/row.h"

namespace freshet {

namespace {

std::string json_text(const std::string& text) {
  Row row;
  std::string json;
  append_json(row, row.add_text(text), {Kind::Text, 0, 0, nullptr}, json);
  return json;
}

void append_member(const std::string& name, const std::string& value, std::string& object) {
  object += (object.empty() ? "" : ", ") + json_text(name) + ": " + value;
}

std::string json_of(const QueueFigures& queue) {
  return fmt::format(R"({{"capacity": {}, "high_water": {}, "waits": {}}})", queue.capacity, queue.high_water,
                     queue.waits);
}

}  // namespace

std::vector<std::string> summary_of(const EndedPipeline& ended) {
  std::vector<std::string> lines;
  std::int64_t rejects = 0;
  for (const auto& source : ended.sources) rejects += source->rejects();
  const ViewGraph& graph = ended.operators.graph();
  lines.push_back(
      fmt::format("{} changes read, {} left out, {} older ignored, {} without key, state {} MiB; retention dropped {} "
                  "rows and {} groups",
                  ended.operators.changes(), rejects, graph.older_ignored(), graph.null_keys(), graph.bytes() >> 20,
                  graph.forgotten().rows, graph.forgotten().groups));
  for (std::size_t i = 0; i < ended.sinks.size(); ++i) {
    if (!ended.sinks[i]) continue;
    const SinkWriter::Counts& counts = ended.sinks[i]->counts();
    lines.push_back(
        fmt::format("{}: {} upserts, {} deletes, {} coalesced, {} passes, {} statements, {} retries, {} given up",
                    ended.scenario.views[i].name, counts.upserts, counts.deletes, counts.coalesced, counts.passes,
                    counts.statements, counts.retries, ended.sinks[i]->given_up()));
  }
  const Positions& positions = ended.state.committed();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    lines.push_back(fmt::format("{}: committed {}", ended.sources[i]->name(), text_of(positions[i])));
  }
  return lines;
}

std::string state_report(const EndedPipeline& ended) {
  std::string committed, queues;
  const Positions& positions = ended.state.committed();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    append_member(ended.sources[i]->name(), json_text(text_of(positions[i])), committed);
  }
  append_member("sources", json_of(ended.queue.figures()), queues);
  for (std::size_t i = 0; i < ended.sinks.size(); ++i) {
    if (ended.sinks[i]) append_member(ended.scenario.views[i].name, json_of(ended.sinks[i]->queue()), queues);
  }
  std::string json = state_json(ended.operators.peak(), ended.operators.graph());
  json.pop_back();  // its brace
  return fmt::format(R"({}, "committed": {{{}}}, "queues": {{{}}}}})", json, committed, queues);
}

}  // namespace freshet
