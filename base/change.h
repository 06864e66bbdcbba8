// The vocabulary that the send side, the observers and the verdict share: changes, their outcomes and instants.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "base/clock.h"

namespace freshet {

/// Index of an entity in Scenario::entities.
enum class EntityId : std::uint16_t {};
/// Index of a view in Scenario::views.
enum class ViewId : std::uint16_t {};
/// Number of one instance of an entity, from 0. Keys are permutations of it.
using Ordinal = std::uint64_t;
/// 1, 2, 3… within one instance. 0 means "none".
using Version = std::uint32_t;

[[nodiscard]] constexpr std::size_t index_of(EntityId id) { return static_cast<std::size_t>(id); }
[[nodiscard]] constexpr std::size_t index_of(ViewId id) { return static_cast<std::size_t>(id); }

enum class Operation : std::uint8_t { Insert, Update, Delete };
inline constexpr std::size_t kOperations = 3;
[[nodiscard]] constexpr const char* name_of(Operation op) {
  return op == Operation::Insert ? "insert" : op == Operation::Update ? "update" : "delete";
}

/// The part of a run in which a change is intended. Only Measured changes enter quantiles; all are audited.
enum class Phase : std::uint8_t { Reference, Canary, WarmUp, Measured };

/// The unit of what is written, measured and judged.
struct Change {
  EntityId entity{};
  Operation operation = Operation::Insert;
  Phase phase = Phase::Measured;
  Version version = 0;
  Ordinal ordinal = 0;
  /// Ordinal of the instance at the root of its ownership chain (`per`): the basket of a payment.
  Ordinal root = 0;
  /// The intended time, counted from the schedule's zero (the start of warm-up). Canary and reference rows are intended
  /// before it and have negative values.
  Micros intended{};
};

/// How a scheduled change ended. Every scheduled change gets exactly one outcome.
enum class Outcome : std::uint8_t {
  Committed,
  Rejected,  ///< the server refused it; its error code is kept
  Unknown,   ///< sent, but no answer came; never guessed
  Withheld,  ///< not sent, because something it depends on did not commit
};
inline constexpr std::size_t kOutcomes = 4;
[[nodiscard]] constexpr const char* name_of(Outcome outcome) {
  constexpr const char* kNames[] = {"committed", "rejected", "unknown", "withheld"};
  return kNames[static_cast<std::size_t>(outcome)];
}

/// Code of a Withheld change whose message the scenario asks to lose ("drop" in a topic's "faults").
inline constexpr std::uint32_t kDroppedOnPurpose = 1;

/// Code of a Committed change whose message the scenario asks to send late, or after the one that follows it.
inline constexpr std::uint32_t kHeldOnPurpose = 1;

/// A change with its outcome and the instants of its send. `released`: when it was handed to the client library.
/// `acknowledged`: when the client learned that it committed (or failed). Both are 0 for Withheld.
struct Settled {
  Change change;
  Outcome outcome = Outcome::Committed;
  std::uint32_t code = 0;  ///< the server's or client's error code; 0 when committed; or one of the codes above
  Instant released{};
  Instant acknowledged{};
  /// The partitions of the topic that received its messages. An update of the key has two messages; −1 means no second
  /// one. A table counts as one partition.
  std::array<std::int32_t, 2> partitions{0, -1};
};

/// The changes that one table or broker refused for one reason.
struct Refusal {
  std::string where;  ///< "table NAME", or the broker's name
  std::uint32_t code = 0;
  std::string text;  ///< the server's message for the first of them
  std::int64_t changes = 0;
};

/// Receives settled changes from any thread. Implementations must return quickly, so they queue.
using OutcomeSink = std::function<void(std::span<const Settled>)>;

}  // namespace freshet
