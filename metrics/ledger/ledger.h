// Ledger: the outcomes of all changes, as the send side reports them. Expectations have no other source.
//
// It stores counts and exceptions. A change that is not an exception and lies before the end of the schedule committed,
// so memory is O(exceptions), whatever the number of changes. One thread (that of the judge).
#pragma once

#include <array>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "base/change.h"
#include "metrics/histogram/histogram.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class Ledger {
 public:
  explicit Ledger(const Scenario& scenario);

  void settled(std::span<const Settled> batch);

  /// Counts by outcome; their sum is the number of changes taken from the schedule.
  using Counts = std::array<std::int64_t, kOutcomes>;
  [[nodiscard]] const Counts& counts(EntityId entity, Operation operation) const;
  /// Committed unless the change is an exception. Meaningful only for changes taken from the schedule.
  [[nodiscard]] Outcome outcome(EntityId entity, Ordinal ordinal, Version version) const;
  struct Exception {
    Change change;
    Outcome outcome;
    std::uint32_t code;
  };
  /// In the order in which they were settled. Only the first kExamples are kept whole; outcome() knows all of them.
  [[nodiscard]] const std::vector<Exception>& examples() const { return examples_; }
  /// The ordinals of the canaries and markers of this entity that were sent, ascending.
  [[nodiscard]] std::vector<Ordinal> canaries(EntityId entity) const;
  /// The number of committed changes of markers and canaries.
  [[nodiscard]] std::int64_t canary_changes() const { return canary_changes_; }
  [[nodiscard]] std::int64_t total(Outcome outcome) const;
  [[nodiscard]] std::int64_t settled_total() const;
  /// For committed changes of the measured phase: wait = released − intended, service = acknowledged − released. wait()
  /// is empty for a closed loop, and excludes messages held back on purpose.
  [[nodiscard]] const Histogram& wait() const { return wait_; }
  [[nodiscard]] const Histogram& service() const { return service_; }
  /// Sets the instant of the schedule's zero; settled() needs it to compute waits.
  void set_zero(Instant zero) { zero_ = zero; }

  static constexpr std::size_t kExamples = 20;

 private:
  bool closed_;  ///< a closed loop has no waits
  std::vector<std::array<Counts, kOperations>> counts_;
  std::map<std::tuple<EntityId, Ordinal, Version>, Outcome> exceptions_;
  std::vector<Exception> examples_;
  std::map<EntityId, std::set<Ordinal>> canaries_;
  std::int64_t canary_changes_ = 0;
  Histogram wait_;
  Histogram service_;
  Instant zero_{};
};

}  // namespace freshet
