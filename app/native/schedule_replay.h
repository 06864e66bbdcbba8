// The native pipeline's operators on the schedule, without servers: every change commits when it is intended.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/rows.h"
#include "generator/model/model.h"
#include "pipeline/views/view_graph.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Visits what a run writes: reference rows, history, canaries, the schedule. Ends early after a stop.
void each_change(const Scenario& scenario, const Rows& model, const RunIdentity& identity, const std::stop_token& stop,
                 const std::function<void(const Change& change)>& visit);

/// One thread.
class ScheduleReplay {
 public:
  /// Both must outlive it.
  ScheduleReplay(const Scenario& scenario, const Rows& model, ViewGraph::Emit emit);

  /// Changes of one instance in order. What was intended before the schedule's zero commits there. Tables tell whole
  /// seconds, as their binlog does.
  void take(const Change& change);
  /// After the last change, or at any time: windows tell what they have come to.
  void settle();
  [[nodiscard]] const ViewGraph& graph() const { return graph_; }

 private:
  [[nodiscard]] std::string key_of(EntityId entity, const Row& row) const;

  const Scenario& scenario_;
  const Rows& model_;
  ViewGraph graph_;
  std::vector<char> tables_;  // like Scenario::entities: written to one
  Micros precision_{1};       // of the sources' common clock
  std::int64_t changes_ = 0;
  Micros now_{};
  Micros settled_{};
  Row row_, before_;
};

}  // namespace freshet
