// Rows as a table has them → rows of an entity's record.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/record/conversion.h"
#include "pipeline/codec/json_row.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Finds an entity's columns in a table by name (dots are underscores there, and as on the server large and small
/// letters are the same) and converts their values (conversion.h). One thread.
class RecordAdapter {
 public:
  /// Usage, naming entity and column, when the table lacks a column or one can never become its field. `entity` and
  /// `table` must outlive the adapter.
  [[nodiscard]] static Result<RecordAdapter> make(const Entity& entity, const BinlogTable& table);

  /// Which of the record's columns an image does not hold. `present`: as in RowImages; null: all.
  void missing(const std::vector<bool>* present, std::vector<std::size_t>& columns) const;
  /// Those among them that the server computes: no earlier row says what they are now. -1: none.
  [[nodiscard]] int first_generated(const std::vector<std::size_t>& columns) const;
  /// "number, city": for messages.
  [[nodiscard]] std::string names(const std::vector<std::size_t>& columns) const;

  /// Columns that an image does not hold become Null. Usage, naming the column, when a value does not fit.
  Status convert(const Row& from, Row& to);
  /// Canonical key text of a row of the table. Usage when it is null.
  Status key_of(const Row& from, std::string& key);

 private:
  struct Source {
    std::size_t column = 0;
    std::vector<JsonRowDecoder> list;  // one for a list column, else none
  };
  RecordAdapter(const Entity& entity, const BinlogTable& table) : entity_(&entity), table_(&table) {}
  Status convert_column(const Row& from, std::size_t column, Row& to, Cell& out);

  const Entity* entity_;
  const BinlogTable* table_;
  std::vector<Source> sources_;
  Row scratch_;
};

}  // namespace freshet
