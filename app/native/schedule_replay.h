// Runs the native pipeline's operators on the schedule, without servers: every change commits at its intended time.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/rows.h"
#include "generator/model/model.h"
#include "pipeline/state/memory/memory_state.h"
#include "pipeline/views/view_graph.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Visits everything that a run writes: reference rows, history, canaries, the schedule. Ends early after a stop.
void each_change(const Scenario& scenario, const Rows& model, const RunIdentity& identity, const std::stop_token& stop,
                 const std::function<void(const Change& change)>& visit);

/// For one thread.
class ScheduleReplay {
 public:
  /// Both must outlive it.
  ScheduleReplay(const Scenario& scenario, const Rows& model, ViewGraph::Emit emit);

  /// Changes of one instance must come in order. Changes intended before the schedule's zero commit at zero. Tables
  /// have whole seconds, as in their binlog.
  void take(const Change& change);
  /// Makes windows emit their current content. Call after the last change, or at any time.
  void settle();
  [[nodiscard]] const ViewGraph& graph() const { return graph_; }

 private:
  [[nodiscard]] std::string key_of(EntityId entity, const Row& row) const;

  const Scenario& scenario_;
  const Rows& model_;
  MemoryState state_;
  ViewGraph graph_;
  std::vector<char> tables_;  // indexed like Scenario::entities: true if written to a table
  Micros precision_{1};       // precision of the sources' common clock
  std::int64_t changes_ = 0;
  Micros now_{};
  Micros settled_{};
  Row row_, before_;
};

}  // namespace freshet
