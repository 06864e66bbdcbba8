// Loads: which changes come, of which entity, and how many when.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/change.h"
#include "base/clock.h"
#include "scenarios/model/distribution.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/origin.h"

namespace freshet {

/// Piecewise linear rate. Durations in µs; rates per second.
struct Stage {
  double from_rate = 0;
  double to_rate = 0;
  Micros duration{};
};

/// Kinds of changes that a load makes.
namespace loads {

/// New instances. Those of the backfill come before the schedule's zero.
struct Arrivals {
  double backfill_rate = 0;  ///< per second
  Micros backfill{};         ///< how long before zero they begin
};

/// Updates of living rows; one that hits a row that does not live has no effect.
struct Updates {
  Pick pick;
  std::vector<Field> set;  ///< fields that get a new value (from the version-1 values)
};

/// Deletes of living rows; one that hits a row that does not live has no effect.
struct Deletes {
  Pick pick;
  std::optional<Distribution> reinsert;  ///< how long the row is away, µs, before time_scale; none: for good
};

/// Update of a living row, insert of another.
struct Upserts {
  Pick pick;
  std::vector<Field> set;  ///< as of updates
};

}  // namespace loads

struct Load {
  enum class Process : std::uint8_t { Poisson, Constant };

  EntityId entity{};
  std::variant<loads::Arrivals, loads::Updates, loads::Deletes, loads::Upserts> changes;
  Process process = Process::Poisson;
  std::vector<Stage> stages;  ///< of the measured phase; all but arrivals: one stage as long as the run
  Origin origin;

  template <typename Changes>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Changes>(changes);
  }
  /// Null when it is another.
  template <typename Changes>
  [[nodiscard]] const Changes* as() const {
    return std::get_if<Changes>(&changes);
  }
  /// Which row is changed; null for arrivals.
  [[nodiscard]] const Pick* pick() const;
  /// Fields that updates and upserts give a new value.
  [[nodiscard]] const std::vector<Field>& set() const;
  /// Before the schedule's zero; 0 without a backfill.
  [[nodiscard]] Micros backfill() const;
  /// How many arrivals are expected before the schedule's zero.
  [[nodiscard]] double expected_backfill() const;
  [[nodiscard]] double greatest_rate() const;
};

}  // namespace freshet
