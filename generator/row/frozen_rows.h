// FrozenRows: version 1 of reference rows, computed once. A row that embeds them copies cells and lends texts instead
// of drawing and rendering them again.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rows.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The embedded columns of every row of an entity, side by side. FrozenRows owns the texts.
struct FrozenTable {
  std::vector<ColumnIndex> columns;  ///< indexes in the entity's record
  std::vector<Cell> cells;           ///< columns.size() per ordinal
};

/// Built while a model is compiled, then immutable. Owns the texts that its tables lend.
class FrozenRows {
 public:
  /// The rows of larger entities are computed when needed: 64 Ki rows of 100 B fit in a processor's cache.
  static constexpr std::int64_t kMostRows = 65'536;
  static_assert(kMostRows - 1 <= std::numeric_limits<decltype(Cell::instance)>::max());

  /// Fills a row with version 1 of an instance of an entity that is already compiled.
  using FirstVersion = std::function<void(EntityId, Ordinal, Row&)>;
  FrozenRows(const Scenario& scenario, FirstVersion first_version)
      : scenario_(scenario), first_version_(std::move(first_version)) {}

  /// The table of those `columns` that are fixed_at_first, as of version 1; empty if there are none, or too many rows.
  [[nodiscard]] FrozenTable table(EntityId entity, const std::vector<ColumnIndex>& columns);
  /// The number of bytes that it owns.
  [[nodiscard]] std::size_t lent_bytes() const;

 private:
  /// The fixed columns of one entity.
  struct Kept {
    FrozenTable table;
    std::string texts;
  };
  const Kept& kept(EntityId entity);

  const Scenario& scenario_;
  FirstVersion first_version_;
  std::map<EntityId, std::unique_ptr<Kept>> kept_;
};

}  // namespace freshet
