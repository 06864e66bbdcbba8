// The outcomes of a lane's own changes: enough to withhold what depends on a change that did not commit, and to wait
// while that is unknown.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "base/change.h"
#include "generator/time/timeline.h"
#include "generator/write/lanes/instance_counts.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The outcomes of one lane. It stores exceptions and what is in flight, never what succeeded, so its size is O(in
/// flight + failures). Thread-safe: a Kafka producer reports from a thread of its own.
///
/// `per` ownership keeps an instance and everything that it owns in one lane, so all dependencies of a change are known
/// here.
class LaneOutcomes {
 public:
  /// `downstream` gets every outcome, after it was noted here.
  LaneOutcomes(const Scenario& scenario, OutcomeSink downstream);

  /// The sink for the lane's writers.
  [[nodiscard]] static OutcomeSink sink(std::shared_ptr<LaneOutcomes> outcomes);

  /// These changes are about to be given to a writer.
  void sent(std::span<const Change> changes);
  /// Records the outcomes of changes that were sent, and passes them on.
  void settle(std::span<const Settled> settled);
  /// Passes on that a change is withheld because its message was dropped on purpose; changes that depend on it are not
  /// withheld.
  void settle_dropped(const Change& change);
  /// The change was sent to a writer that holds it back on purpose, so its outcome must not be waited for.
  void not_awaited(const Change& change);
  /// Notes the outcome of a change that was never given to a writer, and passes it on.
  void settle_unsent(const Settled& settled);

  /// True if the change must be withheld: an earlier version of its instance, or the insert of its parent, did not
  /// commit.
  [[nodiscard]] bool blocked(const Change& change) const;
  /// True while the insert of its parent was sent but has no outcome yet.
  [[nodiscard]] bool awaits_parent(const Change& change) const;
  /// The instance that owns that of a change. Precondition: its entity has an owner.
  [[nodiscard]] Ordinal parent_ordinal(const Change& change) const {
    return owner_of(change.ordinal, most_[index_of(change.entity)]);
  }
  /// The entity that owns this one (`per`), if any.
  [[nodiscard]] std::optional<EntityId> parent_of(EntityId entity) const { return parent_[index_of(entity)]; }
  /// The entity at the top of its ownership chain; itself if it has no owner.
  [[nodiscard]] EntityId root_of(EntityId entity) const {
    while (parent_[index_of(entity)]) entity = *parent_[index_of(entity)];
    return entity;
  }
  /// The number of changes sent and not settled on which others may depend.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct HashInstance {
    std::size_t operator()(const InstanceId& id) const { return static_cast<std::size_t>(hash_of(id)); }
  };
  using Instances = std::unordered_set<InstanceId, HashInstance>;
  void note_failure(const Settled& one);
  void note_settled(const Change& change);
  [[nodiscard]] bool owns_others(const Change& change) const {
    return change.operation == Operation::Insert && owns_[index_of(change.entity)];
  }

  const OutcomeSink downstream_;
  std::vector<std::optional<EntityId>> parent_;  ///< by entity
  std::vector<bool> owns_;                       ///< by entity: it owns another entity (`per`)
  std::vector<std::uint64_t> most_;              ///< by entity: maximum number of children of one owner
  mutable std::mutex mutex_;
  Instances broken_;          ///< instances with a version that did not commit
  Instances absent_;          ///< owners whose insert did not commit
  InstanceCounts in_flight_;  ///< owners' inserts without an outcome
};

}  // namespace freshet
