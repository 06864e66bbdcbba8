#include "app/native/schedule_replay.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "generator/schedule/schedule.h"

namespace freshet {

namespace {

std::vector<ViewId> observed(const Scenario& scenario) {
  std::vector<ViewId> views;
  for (const Observe& observe : scenario.observe) views.push_back(observe.view);
  return views;
}

}  // namespace

void each_change(const Scenario& scenario, const Rows& model, const RunIdentity& identity, const std::stop_token& stop,
                 const std::function<void(const Change& change)>& visit) {
  each_reference_change(scenario, model, visit);
  std::vector<Change> canaries;
  canary_changes(scenario, model, canaries);
  for (const Change& change : canaries) visit(change);
  const auto schedule = make_schedule(scenario, model, identity, 0, 1);
  Change change;
  while (!stop.stop_requested() && schedule->next(change)) visit(change);
}

ScheduleReplay::ScheduleReplay(const Scenario& scenario, const Rows& model, ViewGraph::Emit emit)
    : scenario_(scenario),
      model_(model),
      graph_(scenario, observed(scenario), state_, std::move(emit)),
      tables_(scenario.entities.size(), 0) {
  for (const WriteTarget& write : scenario.write) {
    if (!std::holds_alternative<MysqlTarget>(write.target) || !graph_.reads(write.entity)) continue;
    tables_[index_of(write.entity)] = 1;
    precision_ = kMicrosPerSecond;
  }
}

std::string ScheduleReplay::key_of(EntityId entity, const Row& row) const {
  std::string key;
  append_text(row, row.cells[0], scenario_.entity(entity).record.columns[0].type, key);
  return key;
}

void ScheduleReplay::take(const Change& change) {
  constexpr std::int64_t kTogether = 64;  // like the pipeline's batches: windows emit the sum of many changes at once
  constexpr Micros kLinger{10'000};
  if (!graph_.reads(change.entity)) return;
  now_ = std::max(change.intended, now_);
  const bool in_table = tables_[index_of(change.entity)] != 0;
  const WallTime at{in_table ? now_ - now_ % precision_ + precision_ - Micros{1} : now_};
  model_.row_of(change, row_);
  if (change.operation == Operation::Delete) {
    graph_.erase(change.entity, key_of(change.entity, row_), at);
  } else {
    if (change.operation == Operation::Update && scenario_.entity(change.entity).changes_key()) {
      model_.row(change.entity, change.ordinal, change.version - 1, before_);
      const std::string before = key_of(change.entity, before_);
      if (before != key_of(change.entity, row_)) graph_.erase(change.entity, before, at);
    }
    graph_.upsert(change.entity, row_, at);
  }
  if (++changes_ % kTogether == 0 || now_ >= settled_ + kLinger) settle();
}

void ScheduleReplay::settle() {
  settled_ = now_;
  graph_.flush();
  graph_.forget_old(WallTime{now_ - now_ % precision_});
}

}  // namespace freshet
