// Formats: how changes become bytes in files and on standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/change.h"
#include "base/row.h"
#include "base/text/buffer.h"
#include "generator/format/avro_writer.h"
#include "generator/format/csv_writer.h"
#include "generator/format/debezium_writer.h"
#include "generator/format/json_writer.h"
#include "generator/format/sql_writer.h"
#include "scenarios/model/scenario.h"

namespace freshet {

enum class Format : std::uint8_t {
  Json,      ///< a row a line
  Avro,      ///< a datum a row, in blocks of a container file or behind the registry's frame
  Debezium,  ///< an envelope a line; "null" stands for the tombstone after a delete. A row that gets another key is
             ///< deleted under the old one and created under the new one
  Csv,
  Sql,
};
[[nodiscard]] std::vector<std::string> format_names();
[[nodiscard]] std::optional<Format> format_of(std::string_view name);
/// Of a file: ".json", ".avro", ".debezium.json", ".csv", ".sql".
[[nodiscard]] std::string_view suffix_of(Format format);
/// Updates and deletes are told from inserts. Where they are not, a file holds the rows of inserts and updates, one
/// after the other, and deletes have no place.
[[nodiscard]] bool tells_operations(Format format);

/// The table of an entity: where the scenario writes it, else its name.
[[nodiscard]] std::string table_of(const Scenario& scenario, EntityId entity);

/// The changes of one entity in one format, one after the other, as they stand in a file between its head and its end.
/// No virtual call and, once `out` has grown, no allocation per row. One thread.
class Encoder {
 public:
  /// `epoch` as in RunIdentity. `schema_id`: Avro behind the frame of a registry that gave the schema this id.
  Encoder(Format format, const Scenario& scenario, EntityId entity, WallTime epoch,
          std::optional<std::uint32_t> schema_id);

  /// An update needs the row of the version before.
  [[nodiscard]] bool wants_before() const {
    return std::holds_alternative<DebeziumWriter>(writer_) ||
           (changes_key_ && std::holds_alternative<SqlWriter>(writer_));
  }
  /// Appends the change; false when the format has no place for it (tells_operations).
  bool append(const Change& change, const Row& row, const Row* before, Buffer& out);

 private:
  void append_envelopes(DebeziumWriter& writer, const Change& change, const Row& row, const Row* before, bool rekeyed,
                        Buffer& out);

  std::variant<JsonWriter, AvroWriter, DebeziumWriter, CsvWriter, SqlWriter> writer_;
  Fragments fragments_;  ///< of Avro
  std::optional<std::uint32_t> schema_id_;
  bool changes_key_;  ///< updates of the entity may give a row another key
  ColumnType key_type_;
};

}  // namespace freshet
