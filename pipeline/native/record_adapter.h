// Rows as a table has them → rows of an entity's record.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/native/json_row.h"
#include "scenarios/scenario.h"

namespace freshet {

/// Finds an entity's columns in a table by name (dots are underscores there) and converts values where that loses
/// nothing: whole numbers to decimals, decimals of another scale, texts to what they spell, JSON to lists. One thread.
class RecordAdapter {
 public:
  /// Usage when the table lacks a column. `entity` must outlive the adapter.
  [[nodiscard]] static Result<RecordAdapter> make(const Entity& entity, const RecordType& table);
  /// Usage, naming the column, when a value does not fit or the key is null.
  Status convert(const Row& from, Row& to);
  /// Canonical key text of a row of the table.
  Status key_of(const Row& from, std::string& key);

 private:
  struct Source {
    std::size_t column = 0;
    ColumnType type;
    std::vector<JsonRowDecoder> list;  // one for a list column, else none
  };
  explicit RecordAdapter(const Entity& entity) : entity_(&entity) {}
  Status convert_cell(const Row& from, std::size_t column, Row& to, Cell& out);

  const Entity* entity_;
  std::vector<Source> sources_;
  Row scratch_;
};

}  // namespace freshet
