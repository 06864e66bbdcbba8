// Rows: the pure seam through which the audit and the oracle get expected rows without seeing the generator.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/change.h"
#include "base/row.h"

namespace freshet {

/// One version in the scheduled life of an instance.
struct LifeEvent {
  Version version = 0;
  Operation operation = Operation::Insert;
  Phase phase = Phase::Measured;
  Micros intended{};  ///< from the schedule's zero
};

/// Every row that the scenario, seed, salt and epoch define. Pure: equal arguments give equal answers, no matter what
/// was sent or lost. Thread-safe.
class Rows {
 public:
  virtual ~Rows() = default;
  /// The columns of the entity's rows, including the stamp columns (`version`, `updated_at`) if the scenario stamps
  /// rows.
  [[nodiscard]] virtual const RecordType& type_of(EntityId entity) const = 0;
  /// Fills `out` with the row of that version. For the version of a delete, this is the last image before it. Texts may
  /// be lent: `out` must not be read after this object is destroyed.
  virtual void row(EntityId entity, Ordinal ordinal, Version version, Row& out) const = 0;
  /// The same for a change of the schedule, so that its intended time need not be computed again.
  virtual void row_of(const Change& change, Row& out) const { row(change.entity, change.ordinal, change.version, out); }
  /// The ordinal whose key columns have this text (joined by kKeySeparator) in this run (seed and salt), canaries
  /// included. Returns nullopt for keys that this run never writes.
  [[nodiscard]] virtual std::optional<Ordinal> ordinal_of(EntityId entity, std::string_view key) const = 0;
  /// Appends the scheduled versions of an instance in order. Appends nothing for an instance that never exists (a
  /// basket without a payment). The schedule ends with the measured phase.
  virtual void life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const = 0;
  /// The number of ordinals that the schedule uses, canaries excluded: instances are 0 … count-1.
  [[nodiscard]] virtual Ordinal count(EntityId entity) const = 0;
  /// The reserved ordinals of canary instances of this entity (empty for reference rows).
  [[nodiscard]] virtual std::vector<Ordinal> canaries(EntityId entity) const = 0;
};

}  // namespace freshet
