// FrozenRows: what version 1 of reference rows says, computed once. A row that embeds them copies cells and lends
// texts, where it would have to draw and render them again and again.
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

/// Embedded columns of every row of an entity, side by side. Texts are lent by FrozenRows.
struct FrozenTable {
  std::vector<ColumnIndex> columns;  ///< of the entity's record
  std::vector<Cell> cells;           ///< columns.size() per ordinal
};

/// Built while a model is compiled, then immutable. Owns what its tables lend.
class FrozenRows {
 public:
  /// Of larger entities every row is made when it is needed: 64 Ki rows of 100 B stay within a processor's cache.
  static constexpr std::int64_t kMostRows = 65'536;
  static_assert(kMostRows - 1 <= std::numeric_limits<decltype(Cell::instance)>::max());

  /// Fills a row with version 1 of an instance of an entity that was compiled before.
  using FirstVersion = std::function<void(EntityId, Ordinal, Row&)>;
  FrozenRows(const Scenario& scenario, FirstVersion first_version)
      : scenario_(scenario), first_version_(std::move(first_version)) {}

  /// Those of `columns` that are fixed_at_first, as of version 1; empty when there are none, or too many rows.
  [[nodiscard]] FrozenTable table(EntityId entity, const std::vector<ColumnIndex>& columns);
  /// Bytes that stay with it: what it lends.
  [[nodiscard]] std::size_t lent_bytes() const;

 private:
  /// All that is fixed of one entity.
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
