// A target that accepts everything at once: what remains is the cost of the generator itself.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/seams.h"
#include "generator/write/lanes/lane_outcomes.h"
#include "generator/write/lanes/lanes.h"

namespace freshet {

/// What the writer that it stands for would say.
struct NullWants {
  std::vector<bool> before = {};  ///< by entity; shorter: not wanted
  int batch_max = 0;
};

/// Settles every change as committed immediately. One lane, one thread.
class NullWriter final : public Writer {
 public:
  /// `clock` must outlive the writer.
  NullWriter(std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, NullWants wants = {})
      : outcomes_(std::move(outcomes)), clock_(clock), wants_(std::move(wants)) {}

  void write(std::span<const Write> batch) override {
    const Instant now = clock_.now();
    settled_.clear();
    for (const Write& write : batch) settled_.push_back({write.change, Outcome::Committed, 0, now, now});
    outcomes_->settle(settled_);
  }
  void flush(Instant /*deadline*/) override {}
  [[nodiscard]] bool wants_before(EntityId entity) const override {
    return index_of(entity) < wants_.before.size() && wants_.before[index_of(entity)];
  }
  [[nodiscard]] int batch_max() const override { return wants_.batch_max; }

 private:
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const NullWants wants_;
  std::vector<Settled> settled_;
};

/// The null writers of one lane, for every entity that the scenario writes; outcomes are passed to `sink`. `clock` must
/// outlive them.
[[nodiscard]] LaneWriters null_writers(const Scenario& scenario, const OutcomeSink& sink, const Clock& clock);

}  // namespace freshet
