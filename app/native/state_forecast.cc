#include "app/native/state_forecast.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "app/native/schedule_replay.h"
#include "generator/schedule/schedule.h"
#include "pipeline/views/state_size.h"

namespace freshet {

namespace {

constexpr std::int64_t kReplayed = 200'000;

/// How long an item with this retention is held on average: it is checked sixteen times in that period, and the clocks
/// of tables have whole seconds.
double held_for(Micros retention) {
  return static_cast<double>(retention.count()) * (1 + 1.0 / 32) + static_cast<double>(kMicrosPerSecond.count()) / 2;
}

/// Counts, change by change, the rows of an entity that are held.
class RowCount {
 public:
  RowCount(const Scenario& scenario, EntityId entity)
      : from_(scenario.entity(entity).retention
                  ? static_cast<double>(scenario.length().count()) - held_for(*scenario.entity(entity).retention)
                  : 0),
        ages_(scenario.entity(entity).retention.has_value()) {}

  void add(const Change& change) {
    if (ages_) {
      // Closer to the end than the retention: count each instance once, in the state in which its last change leaves
      // it.
      if (static_cast<double>(std::max(change.intended, Micros{}).count()) >= from_) {
        young_[change.ordinal] = change.operation != Operation::Delete;
      }
      return;
    }
    if (change.operation == Operation::Insert) ++born_;
    if (change.operation == Operation::Delete) ++dead_;
  }
  [[nodiscard]] std::int64_t living() const {
    if (!ages_) return std::max<std::int64_t>(born_ - dead_, 0);
    return std::count_if(young_.begin(), young_.end(), [](const auto& each) { return each.second; });
  }
  [[nodiscard]] std::int64_t deleted() const {
    return ages_ ? static_cast<std::int64_t>(young_.size()) - living() : dead_;
  }

 private:
  double from_ = 0;
  bool ages_ = false;
  std::unordered_map<Ordinal, bool> young_;  // alive
  std::int64_t born_ = 0;
  std::int64_t dead_ = 0;
};

/// Extrapolates the size to a schedule that is longer than the replayed part.
StateRecord::Size drawn_out(const Scenario& scenario, const ViewGraph& graph, const std::vector<RowCount>& counts,
                            Micros replayed_to) {
  StateRecord::Size out;
  std::int64_t replayed_rows = 0;
  std::int64_t bytes = static_cast<std::int64_t>(graph.bytes());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto id = static_cast<EntityId>(i);
    if (!graph.reads(id)) continue;
    out.rows += counts[i].living();
    out.bytes += static_cast<std::int64_t>(graph.bytes_for(id, static_cast<std::size_t>(counts[i].living()),
                                                           static_cast<std::size_t>(counts[i].deleted())));
    replayed_rows += graph.rows_of(id);
    bytes -= static_cast<std::int64_t>(graph.bytes_of(id));
  }
  // The rows of views grow with the rows that they are made of.
  const double growth = static_cast<double>(out.rows) / static_cast<double>(std::max<std::int64_t>(replayed_rows, 1));
  const double length = static_cast<double>(scenario.length().count());
  const double replayed = static_cast<double>(std::max(replayed_to, Micros{1}).count());
  for (std::size_t i = 0; i < scenario.views.size(); ++i) {
    const auto [groups, group_bytes] = graph.groups_of(static_cast<ViewId>(i));
    const double held = scenario.views[i].retention ? held_for(*scenario.views[i].retention) : length;
    const double longer = std::min(held, length) / std::min(held, replayed);
    out.groups += static_cast<std::int64_t>(static_cast<double>(groups) * longer);
    out.bytes += static_cast<std::int64_t>(static_cast<double>(group_bytes) * longer);
    bytes -= static_cast<std::int64_t>(group_bytes);
  }
  const std::int64_t view_rows = graph.held().rows - replayed_rows;
  out.rows += static_cast<std::int64_t>(static_cast<double>(view_rows) * growth);
  out.bytes += static_cast<std::int64_t>(static_cast<double>(std::max<std::int64_t>(bytes, 0)) * growth);
  return out;
}

}  // namespace

StateRecord::Size forecast_state(const Scenario& scenario, const Rows& model, const RunIdentity& identity,
                                 const std::stop_token& stop) {
  ScheduleReplay replay(scenario, model, [](const ViewDelta&) {});
  std::vector<RowCount> counts;
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) counts.emplace_back(scenario, static_cast<EntityId>(i));
  Micros replayed_to{};
  std::int64_t before_load = 0, of_load = 0;
  bool whole = true;
  each_change(scenario, model, identity, stop, [&](const Change& change) {
    if (!replay.graph().reads(change.entity)) return;
    counts[index_of(change.entity)].add(change);
    if (++(change.phase == Phase::Reference ? before_load : of_load) > kReplayed) {
      whole = false;
      return;
    }
    replay.take(change);
    replayed_to = std::max(replayed_to, change.intended);
  });
  replay.settle();
  const StateSize size = size_of(replay.graph());
  if (whole) return {size.rows, size.groups, size.bytes};
  return drawn_out(scenario, replay.graph(), counts, replayed_to);
}

}  // namespace freshet
