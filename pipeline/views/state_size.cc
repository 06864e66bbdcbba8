#include "pipeline/views/state_size.h"

#include <fmt/format.h>

#include <algorithm>

namespace freshet {

namespace {

std::string json_of(const StateSize& size) {
  return fmt::format(R"({{"rows": {}, "groups": {}, "bytes": {}}})", size.rows, size.groups, size.bytes);
}

}  // namespace

StateSize size_of(const ViewGraph& graph) {
  const ViewGraph::Held held = graph.held();
  return {held.rows, held.groups, static_cast<std::int64_t>(graph.bytes())};
}

void StateMeter::look(const ViewGraph& graph) {
  constexpr std::int64_t kPart = 32;
  const ViewGraph::Held held = graph.held();
  peak_.rows = std::max(peak_.rows, held.rows);
  peak_.groups = std::max(peak_.groups, held.groups);
  const std::int64_t count = held.rows + held.groups;
  if (count < next_) return;
  next_ = count + count / kPart + 1;
  peak_.bytes = std::max(peak_.bytes, static_cast<std::int64_t>(graph.bytes()));
}

std::string state_json(const StateSize& peak, const ViewGraph& graph) {
  const StateSize end = size_of(graph);
  const StateSize most{peak.rows, peak.groups, std::max(peak.bytes, end.bytes)};
  return fmt::format(R"({{"peak": {}, "end": {}, "dropped": {{"rows": {}, "groups": {}}}}})", json_of(most),
                     json_of(end), graph.forgotten().rows, graph.forgotten().groups);
}

}  // namespace freshet
