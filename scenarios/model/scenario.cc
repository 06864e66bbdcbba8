// Questions about a Scenario that need more than one of its parts.
#include "scenarios/model/scenario.h"

#include <algorithm>

#include "base/text/lower_case.h"

namespace freshet {

std::string connection_variable(const std::string& name) { return "FRESHET_CONNECTION_" + upper_case(name); }

std::optional<EntityId> Scenario::find_entity(std::string_view wanted) const {
  for (std::size_t i = 0; i < entities.size(); ++i) {
    if (entities[i].name == wanted) return static_cast<EntityId>(i);
  }
  return std::nullopt;
}

std::optional<ViewId> Scenario::find_view(std::string_view wanted) const {
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i].name == wanted) return static_cast<ViewId>(i);
  }
  return std::nullopt;
}

Micros Scenario::measured() const {
  Micros longest{};
  for (const Load& each : load) {
    Micros length{};
    for (const Stage& stage : each.stages) length += stage.duration;
    longest = std::max(longest, length);
  }
  return longest;
}

Micros Scenario::backfill() const {
  Micros longest{};
  for (const Load& each : load) longest = std::max(longest, each.backfill());
  return longest;
}

bool Scenario::forgets() const {
  return std::any_of(entities.begin(), entities.end(), [](const Entity& each) { return each.retention.has_value(); }) ||
         std::any_of(views.begin(), views.end(), [](const View& each) { return each.retention.has_value(); });
}

EntityId Scenario::root_of(EntityId id) const {
  while (entity(id).per) id = *entity(id).per;
  return id;
}

EntityId Scenario::family_of(EntityId id) const {
  while (entity(id).per && !entity(id).count) id = *entity(id).per;
  return id;
}

Scenario::Provenance Scenario::provenance(const View& of, const ViewColumn& column) const {
  Provenance out;
  if (column.source == ViewColumn::Source::Line) {
    out.line = true;
    return out;
  }
  if (column.source == ViewColumn::Source::Window || column.source == ViewColumn::Source::Measure) return out;
  const bool item = column.source == ViewColumn::Source::Item;
  const View::Input& input = of.inputs[item ? 0 : column.input];
  const ColumnIndex in_input = item ? *of.unnest_column : column.column;
  if (input.entity) {
    out.entity = input.entity;
    out.column = in_input;
  } else {
    const View& below = view(*input.view);
    out = provenance(below, below.columns[index_of(in_input)]);
  }
  if (item) out.item_column = column.column;
  return out;
}

std::optional<KafkaTarget::Format> topic_format_of(std::string_view name) {
  if (name == "json") return KafkaTarget::Format::Json;
  if (name == "avro") return KafkaTarget::Format::Avro;
  if (name == "debezium") return KafkaTarget::Format::Debezium;
  return std::nullopt;
}

std::vector<WriteTarget::Way> WriteTarget::ways() const {
  std::vector<Way> ways;
  if (const auto* table = std::get_if<MysqlTarget>(&target)) {
    ways.push_back({kMysqlBackend, table->connection});
  } else if (const auto* filled = std::get_if<KafkaTarget>(&target)) {
    ways.push_back({kKafkaBackend, filled->connection});
  } else {
    const auto& other = std::get<OtherTarget>(target);
    ways.push_back({other.backend, other.connection});
  }
  if (mirror) ways.push_back({kKafkaBackend, mirror->connection});
  return ways;
}

std::string WriteTarget::place() const {
  if (const auto* table = std::get_if<MysqlTarget>(&target)) return "table " + table->table;
  if (const auto* filled = std::get_if<KafkaTarget>(&target)) return "topic " + filled->topic;
  const auto& other = std::get<OtherTarget>(target);
  return other.kind + ' ' + other.name;
}

}  // namespace freshet
