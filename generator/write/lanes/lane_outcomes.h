// What a lane knows of the outcomes of its own changes: enough to withhold what depends on a change that did not
// commit, and to wait where that is not known yet.
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

/// One lane's memory of outcomes. It holds exceptions and what is in flight, never what went well, so its size is
/// O(in flight + failures). Safe from any thread: a Kafka producer reports from a thread of its own.
///
/// A lane and its instances: `per` ownership keeps an instance and all that it owns in one lane, so everything that
/// a change depends on is known here.
class LaneOutcomes {
 public:
  /// `downstream` gets every outcome, after it was noted here.
  LaneOutcomes(const Scenario& scenario, OutcomeSink downstream);

  /// The sink to construct the lane's writers with.
  [[nodiscard]] static OutcomeSink sink(std::shared_ptr<LaneOutcomes> outcomes);

  /// These changes are about to be given to a writer.
  void sent(std::span<const Change> changes);
  /// Notes the outcomes of changes that were sent, and passes them on.
  void settle(std::span<const Settled> settled);
  /// Passes on that a change is withheld because its message was to be lost: nothing that depends on it is held back.
  void settle_dropped(const Change& change);
  /// The change was sent to a writer that holds it back on purpose: nobody needs to wait for its outcome.
  void not_awaited(const Change& change);
  /// Notes the outcome of a change that was never given to a writer, and passes it on.
  void settle_unsent(const Settled& settled);

  /// True when the change must be withheld: an earlier version of its instance, or the insert of its parent, ended as
  /// anything but committed.
  [[nodiscard]] bool blocked(const Change& change) const;
  /// True while the insert of its parent was sent and has no outcome yet.
  [[nodiscard]] bool awaits_parent(const Change& change) const;
  /// The instance that owns that of a change. Precondition: its entity is owned by another.
  [[nodiscard]] Ordinal parent_ordinal(const Change& change) const {
    return owner_of(change.ordinal, most_[index_of(change.entity)]);
  }
  /// The entity that owns this one (`per`), if any.
  [[nodiscard]] std::optional<EntityId> parent_of(EntityId entity) const { return parent_[index_of(entity)]; }
  /// The entity at the top of its chain of owners; itself when nothing owns it.
  [[nodiscard]] EntityId root_of(EntityId entity) const {
    while (parent_[index_of(entity)]) entity = *parent_[index_of(entity)];
    return entity;
  }
  /// Sent and not settled, as far as others may depend on them.
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
  std::vector<bool> owns_;                       ///< by entity: another one is `per` it
  std::vector<std::uint64_t> most_;              ///< by entity: children of one owner
  mutable std::mutex mutex_;
  Instances broken_;          ///< instances with a version that did not commit
  Instances absent_;          ///< owners whose insert did not commit
  InstanceCounts in_flight_;  ///< owners' inserts without an outcome
};

}  // namespace freshet
