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
  Json,  ///< one row per line
  Avro,  ///< one datum per row, in blocks of a container file or after the registry's frame
  /// one envelope per line; "null" stands for the tombstone after a delete. A row that gets another key is deleted
  /// under the old key and created under the new one
  Debezium,
  Csv,
  Sql,
};
[[nodiscard]] std::vector<std::string> format_names();
[[nodiscard]] std::optional<Format> format_of(std::string_view name);
/// The suffix of a file: ".json", ".avro", ".debezium.json", ".csv", ".sql".
[[nodiscard]] std::string_view suffix_of(Format format);
/// True if the format distinguishes updates and deletes from inserts. Otherwise a file contains the rows of inserts and
/// updates, one after the other, and no deletes.
[[nodiscard]] bool tells_operations(Format format);

/// The table of an entity: the one that the scenario writes, or else the entity's name.
[[nodiscard]] std::string table_of(const Scenario& scenario, EntityId entity);

/// Encodes the changes of one entity in one format, one after the other, as they appear in a file between its head and
/// its end. Makes no virtual call and, once `out` has grown, no allocation per row. For one thread.
class Encoder {
 public:
  /// `epoch` as in RunIdentity. `schema_id`: Avro with the frame of a registry that gave the schema this id.
  Encoder(Format format, const Scenario& scenario, EntityId entity, WallTime epoch,
          std::optional<std::uint32_t> schema_id);

  /// True if an update needs the row of the previous version.
  [[nodiscard]] bool wants_before() const {
    return std::holds_alternative<DebeziumWriter>(writer_) ||
           (changes_key_ && std::holds_alternative<SqlWriter>(writer_));
  }
  /// Appends the change. Returns false if the format cannot express it (tells_operations).
  bool append(const Change& change, const Row& row, const Row* before, Buffer& out);

 private:
  void append_envelopes(DebeziumWriter& writer, const Change& change, const Row& row, const Row* before, bool rekeyed,
                        Buffer& out);

  std::variant<JsonWriter, AvroWriter, DebeziumWriter, CsvWriter, SqlWriter> writer_;
  Fragments fragments_;  ///< for Avro
  std::optional<std::uint32_t> schema_id_;
  bool changes_key_;  ///< an update of the entity may give a row another key
  ColumnType key_type_;
};

}  // namespace freshet
