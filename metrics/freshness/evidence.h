// Evidence: how far a pipeline has come, as seen in one view (SEMANTICS.md 27 to 30).
//
// When a look shows a change, every change of its partition that was acknowledged before it was sent has been passed,
// provided that the pipeline keeps the order of its source. Any change is evidence in this sense. Marker rows are sent
// so that there is always one, even after the load. What this proves about a single row depends on the order that the
// scenario declares for the pipeline (PipelineSpec::Order); this class only counts.
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

/// A place where changes keep their order: a table's connection, or one partition of a topic.
struct Partition {
  std::uint32_t source = 0;
  std::int32_t number = -1;  ///< −1: none
  auto operator<=>(const Partition&) const = default;
  [[nodiscard]] bool known() const { return number >= 0; }
};

/// Where one change was sent. The second partition belongs to an update of the key, which takes two messages.
struct Partitions {
  Partition first;
  Partition second;
};

/// The source of an entity's changes: all tables of a connection share one number, and each topic has its own. Returns
/// nullopt for an entity that is not written.
[[nodiscard]] std::optional<std::uint32_t> source_of(const Scenario& scenario, EntityId entity);

/// The evidence of one view. Not thread-safe. Memory: O(partitions).
class Evidence {
 public:
  /// A change of the load was committed there.
  void committed(const Partitions& partitions, Instant acknowledged);
  /// A marker was sent there at `released` and committed.
  void marked(const Partitions& partitions, Instant released);
  /// The current look shows a change that was sent there at `released`.
  void seen(const Partitions& partitions, Instant released);
  /// The look has ended; what it showed is evidence for later looks. Within one look, two rows may be read at different
  /// instants.
  void look_ended();

  /// True if everything acknowledged there by then has been passed.
  [[nodiscard]] bool passed(const Partitions& partitions, Instant acknowledged) const;
  /// True if everything acknowledged anywhere by then has been passed.
  [[nodiscard]] bool passed_everywhere(Instant acknowledged) const;
  /// True if the whole load has been passed.
  [[nodiscard]] bool complete() const { return !partitions_.empty() && open().empty(); }
  /// The partitions that are not known to be passed.
  [[nodiscard]] std::vector<Partition> open() const;
  /// The number of those partitions that got no marker since the last change of the load there was acknowledged.
  [[nodiscard]] std::size_t unmarked() const;
  /// The number of partitions of the load and of its markers.
  [[nodiscard]] std::size_t partitions() const { return partitions_.size(); }

 private:
  static constexpr Instant kNever = Instant::min();
  struct State {
    Instant committed = kNever;  ///< last change of the load
    Instant passed = kNever;
    Instant shown = kNever;  ///< in the current look
    Instant marked = kNever;
  };
  [[nodiscard]] bool passed(Partition partition, Instant acknowledged) const;
  std::map<Partition, State> partitions_;
  bool look_showed_ = false;
};

}  // namespace freshet
