// ReferencePicker: which instance a reference picks, as a function of the row and of the instant at which it is
// created.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "generator/draw/alias_table.h"
#include "generator/draw/random.h"
#include "generator/time/picker.h"
#include "generator/time/timeline.h"

namespace freshet {

/// Immutable and thread-safe.
class ReferencePicker {
 public:
  /// `timeline` must outlive it. `weights`: for a weighted pick, by ordinal; if none is positive, all are equal.
  ReferencePicker(const Timeline& timeline, EntityId entity, const Pick& pick, bool living,
                  const std::vector<double>& weights, Stream stream);

  /// An instance created before `instant`. Returns nullopt if there is none yet, or if only living ones may be picked
  /// and none of kAttempts draws, nor of kSteps instances after the last of them, is alive at that time.
  [[nodiscard]] std::optional<Ordinal> pick(std::uint64_t position, Micros instant) const;

  static constexpr std::uint64_t kAttempts = 64;
  static constexpr std::uint64_t kSteps = 4096;

 private:
  /// A candidate among the first `count` instances.
  [[nodiscard]] Ordinal candidate(std::uint64_t position, std::uint64_t count) const;

  const Timeline* timeline_;
  EntityId entity_;
  std::optional<double> recent_;  ///< mean distance of a Recent pick
  bool living_;
  Stream stream_;
  const Arrivals* arrivals_;  ///< null: all instances exist from the start
  std::optional<InstancePicker> picker_;
  std::optional<AliasTable> weights_;
};

}  // namespace freshet
