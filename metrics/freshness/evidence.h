// Evidence: how far a pipeline has come, as one view shows it (SEMANTICS.md 27 to 30).
//
// A change that a look shows was sent after others of its partition had been acknowledged; a pipeline that keeps the
// order of its source has passed these. Any change speaks so; marker rows are sent so that there is always one, also
// when the load is over. What that proves of a single row depends on the order that the scenario declares for the
// pipeline (PipelineSpec::Order): here it is only counted.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "base/change.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Where changes keep an order: a table's connection, or one partition of a topic.
struct Partition {
  std::uint32_t source = 0;
  std::int32_t number = -1;  ///< −1: none
  auto operator<=>(const Partition&) const = default;
  [[nodiscard]] bool known() const { return number >= 0; }
};

/// Where one change went. The second is that of a change of the key, which takes two messages.
struct Partitions {
  Partition first;
  Partition second;
};

/// Where an entity's changes go: a number that all tables of a connection share, and each topic has its own. Empty for
/// an entity that is written nowhere.
[[nodiscard]] std::optional<std::uint32_t> source_of(const Scenario& scenario, EntityId entity);

/// Of one view. Not thread-safe. Memory: O(partitions).
class Evidence {
 public:
  /// A change of the load committed there.
  void committed(const Partitions& partitions, Instant acknowledged);
  /// A marker was sent there at `released`, and committed.
  void marked(const Partitions& partitions, Instant released);
  /// The look at hand shows what was sent there at `released`.
  void seen(const Partitions& partitions, Instant released);
  /// That look is over: what it showed speaks for later looks. Within one, two rows may be read at different instants.
  void look_ended();

  /// What was acknowledged there by then has been passed.
  [[nodiscard]] bool passed(const Partitions& partitions, Instant acknowledged) const;
  /// What was acknowledged anywhere by then has been passed.
  [[nodiscard]] bool passed_everywhere(Instant acknowledged) const;
  /// Everything of the load has been passed.
  [[nodiscard]] bool complete() const { return !partitions_.empty() && open().empty(); }
  /// The partitions of which that is not known.
  [[nodiscard]] std::vector<Partition> open() const;
  /// Those of them to which no marker was sent since the last change of the load there was acknowledged.
  [[nodiscard]] std::size_t unmarked() const;
  /// Partitions of the load, and of its markers.
  [[nodiscard]] std::size_t partitions() const { return partitions_.size(); }

 private:
  static constexpr Instant kNever = Instant::min();
  struct State {
    Instant committed = kNever;  ///< the last of the load
    Instant passed = kNever;
    Instant shown = kNever;  ///< in the look at hand
    Instant marked = kNever;
  };
  [[nodiscard]] bool passed(Partition partition, Instant acknowledged) const;
  std::map<Partition, State> partitions_;
  bool look_showed_ = false;
};

}  // namespace freshet
