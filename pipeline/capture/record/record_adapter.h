// Converts rows of a table to rows of an entity's record.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/record/conversion.h"
#include "pipeline/codec/json_row.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Finds an entity's columns in a table by name (with underscores for dots, and, as on the server, ignoring case) and
/// converts their values (conversion.h). For one thread.
class RecordAdapter {
 public:
  /// Usage error, naming entity and column, if the table lacks a column or one can never be converted to its field.
  /// `entity` and `table` must outlive the adapter.
  [[nodiscard]] static Result<RecordAdapter> make(const Entity& entity, const BinlogTable& table);

  /// Appends the record's columns that an image does not contain. `present`: as in RowImages; null: all.
  void missing(const std::vector<bool>* present, std::vector<std::size_t>& columns) const;
  /// The first of them that the server computes, whose value is therefore unknown; -1 if there is none.
  [[nodiscard]] int first_generated(const std::vector<std::size_t>& columns) const;
  /// "number, city": for messages.
  [[nodiscard]] std::string names(const std::vector<std::size_t>& columns) const;

  /// Columns that an image does not contain become Null. Usage error, naming the column, if a value does not fit.
  Status convert(const Row& from, Row& to);
  /// Canonical key text of a row of the table. Usage error if it is null.
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
