#include "metrics/freshness/evidence.h"

#include <algorithm>
#include <variant>

namespace freshet {

std::optional<std::uint32_t> source_of(const Scenario& scenario, EntityId entity) {
  const auto write = std::ranges::find(scenario.write, entity, &WriteTarget::entity);
  if (write == scenario.write.end()) return std::nullopt;
  // A topic that mirrors a table has its messages in another order than the table has its commits, and Freshet does not
  // know which of the two an external pipeline reads.
  const PipelineSpec& pipeline = scenario.pipeline;
  const bool either = write->mirror && pipeline.kind == PipelineSpec::Kind::External;
  if (either && pipeline.order == Order::Source) return std::nullopt;
  if (const auto* table = std::get_if<MysqlTarget>(&write->target))
    return static_cast<std::uint32_t>(table->connection);
  return static_cast<std::uint32_t>(scenario.connections.size() + index_of(entity));
}

void Evidence::committed(const Partitions& partitions, Instant acknowledged) {
  for (const Partition& partition : {partitions.first, partitions.second}) {
    if (!partition.known()) continue;
    Instant& committed = partitions_[partition].committed;
    committed = std::max(committed, acknowledged);
  }
}

void Evidence::marked(const Partitions& partitions, Instant released) {
  for (const Partition& partition : {partitions.first, partitions.second}) {
    if (!partition.known()) continue;
    Instant& marked = partitions_[partition].marked;
    marked = std::max(marked, released);
  }
}

std::size_t Evidence::unmarked() const {
  return static_cast<std::size_t>(std::ranges::count_if(partitions_, [](const auto& partition) {
    const State& state = partition.second;
    return state.committed > state.passed && state.committed > state.marked;
  }));
}

void Evidence::seen(const Partitions& partitions, Instant released) {
  for (const Partition& partition : {partitions.first, partitions.second}) {
    if (!partition.known()) continue;
    Instant& shown = partitions_[partition].shown;
    shown = std::max(shown, released);
    look_showed_ = true;
  }
}

void Evidence::look_ended() {
  if (!look_showed_) return;
  for (auto& [partition, state] : partitions_) state.passed = std::max(state.passed, state.shown);
  look_showed_ = false;
}

bool Evidence::passed(Partition partition, Instant acknowledged) const {
  const auto state = partitions_.find(partition);
  return state != partitions_.end() && state->second.passed >= acknowledged;
}

bool Evidence::passed(const Partitions& partitions, Instant acknowledged) const {
  return passed(partitions.first, acknowledged) &&
         (!partitions.second.known() || passed(partitions.second, acknowledged));
}

bool Evidence::passed_everywhere(Instant acknowledged) const {
  return std::ranges::all_of(partitions_, [&](const auto& partition) {
    return partition.second.passed >= std::min(acknowledged, partition.second.committed);
  });
}

std::vector<Partition> Evidence::open() const {
  std::vector<Partition> open;
  for (const auto& [partition, state] : partitions_) {
    if (state.committed > state.passed) open.push_back(partition);
  }
  return open;
}

}  // namespace freshet
