#include "generator/format/format.h"

#include <array>
#include <utility>

namespace freshet {
namespace {

struct Named {
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array<Named, 5> kNames = {
    {{"json", ".json"}, {"avro", ".avro"}, {"debezium", ".debezium.json"}, {"csv", ".csv"}, {"sql", ".sql"}}};

using Writer = std::variant<JsonWriter, AvroWriter, DebeziumWriter, CsvWriter, SqlWriter>;

Writer writer_of(Format format, const Scenario& scenario, EntityId id, WallTime epoch) {
  const Entity& entity = scenario.entity(id);
  switch (format) {
    case Format::Json:
      break;
    case Format::Avro:
      return AvroWriter(entity);
    case Format::Debezium:
      return DebeziumWriter({scenario.name, table_of(scenario, id), epoch}, entity.record);
    case Format::Csv:
      return CsvWriter(entity.record);
    case Format::Sql:
      return SqlWriter(table_of(scenario, id), entity.record);
  }
  return JsonWriter(entity.record);
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Named& each : kNames) names.emplace_back(each.name);
  return names;
}

std::optional<Format> format_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].name == name) return static_cast<Format>(i);
  }
  return std::nullopt;
}

std::string_view suffix_of(Format format) { return kNames[static_cast<std::size_t>(format)].suffix; }

bool tells_operations(Format format) { return format == Format::Debezium || format == Format::Sql; }

std::string table_of(const Scenario& scenario, EntityId entity) {
  for (const WriteTarget& write : scenario.write) {
    const auto* table = std::get_if<MysqlTarget>(&write.target);
    if (write.entity == entity && table != nullptr) return table->table;
  }
  return scenario.entity(entity).name;
}

Encoder::Encoder(Format format, const Scenario& scenario, EntityId entity, WallTime epoch,
                 std::optional<std::uint32_t> schema_id)
    : writer_(writer_of(format, scenario, entity, epoch)),
      schema_id_(schema_id),
      changes_key_(scenario.entity(entity).changes_key()),
      key_type_(scenario.entity(entity).record.columns[0].type) {}

/// As Debezium does it: a consumer that stores rows by key need not know about keys that change.
void Encoder::append_envelopes(DebeziumWriter& writer, const Change& change, const Row& row, const Row* before,
                               bool rekeyed, Buffer& out) {
  Change one = change;
  if (rekeyed) {
    one.operation = Operation::Delete;
    writer.append(one, *before, nullptr, out);
    out.append("\nnull\n");
    one.operation = Operation::Insert;
  }
  writer.append(one, row, before, out);
  out.append(one.operation == Operation::Delete ? "\nnull\n" : "\n");
}

bool Encoder::append(const Change& change, const Row& row, const Row* before, Buffer& out) {
  const bool rekeyed = changes_key_ && change.operation == Operation::Update && before != nullptr &&
                       !equal_cells(*before, before->cells[0], row, row.cells[0], key_type_);
  if (auto* sql = std::get_if<SqlWriter>(&writer_)) {
    if (rekeyed) {
      sql->append_rekey(*before, row, out);
    } else {
      sql->append(change.operation, row, out);
    }
    return true;
  }
  if (auto* debezium = std::get_if<DebeziumWriter>(&writer_)) {
    append_envelopes(*debezium, change, row, before, rekeyed, out);
    return true;
  }
  const bool erased = change.operation == Operation::Delete;
  if (erased) return false;
  if (auto* json = std::get_if<JsonWriter>(&writer_)) {
    json->append(row, out);
    out.push_back('\n');
  } else if (auto* csv = std::get_if<CsvWriter>(&writer_)) {
    csv->append(row, out);
  } else if (auto* avro = std::get_if<AvroWriter>(&writer_)) {
    if (schema_id_) append_registry_frame(*schema_id_, out);
    avro->append(row, out, &fragments_);
  }
  return true;
}

}  // namespace freshet
