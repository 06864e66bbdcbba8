#include "generator/model/scenario_model.h"

#include <algorithm>

#include "base/result.h"
#include "generator/row/compile/compiler.h"

namespace freshet {
namespace {

static_assert(kBeyondMarkers <= Ordinal{1} << kKeyChangeShift, "an ordinal has its place in the number of a key");

EntityKey key_of(const Entity& entity, const RunIdentity& identity) {
  EntityKey key;
  const Stream salted{draw(stream_of(identity.seed, entity.name, "#key"), identity.salt)};
  const Expression& value = *entity.key;
  if (value.is<constructs::Uuid>()) {
    key.uuid.emplace(salted);
  } else if (value.is<constructs::OrderedUuid>()) {
    key.ordered.emplace(salted);
  } else if (const auto* sequence = value.as<constructs::Sequence>()) {
    key.sequence.emplace(sequence->text, sequence->first);
  } else {
    const auto* path = value.as<constructs::Path>();
    FRESHET_CHECK(path != nullptr && path->record == constructs::Path::Record::Parent && path->column == ColumnIndex{0},
                  "a key is a sequence, a uuid or the parent's key");
  }
  return key;
}

}  // namespace

ScenarioModel::ScenarioModel(const Scenario& scenario, const RunIdentity& identity)
    : scenario_(scenario),
      timeline_(scenario, identity.seed),
      world_{timeline_, keys_, identity.epoch},
      frozen_(scenario, [this](EntityId entity, Ordinal ordinal, Row& out) { row(entity, ordinal, 1, out); }) {
  const WeightsOf weights = [this](EntityId entity, ColumnIndex column) { return weights_of(entity, column); };
  programs_.reserve(scenario.entities.size());  // the frozen rows refer to earlier programs, which must not move
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    keys_.push_back(key_of(scenario.entities[i], identity));
    programs_.push_back(compile(scenario, timeline_, identity.seed, static_cast<EntityId>(i), frozen_, weights));
  }
}

std::vector<double> ScenarioModel::weights_of(EntityId entity, ColumnIndex column) const {
  std::vector<double> out;
  out.reserve(count(entity));
  Row image;
  for (Ordinal ordinal = 0; ordinal < count(entity); ++ordinal) {
    row(entity, ordinal, 1, image);
    const Cell& cell = image[column];
    const double weight = cell.kind == Kind::Null     ? 0
                          : cell.kind == Kind::Double ? as_double(cell)
                                                      : static_cast<double>(cell.number);
    out.push_back(std::max(0.0, weight));
  }
  return out;
}

const RecordType& ScenarioModel::type_of(EntityId entity) const { return scenario_.entity(entity).record; }

void ScenarioModel::row(EntityId entity, Ordinal ordinal, Version version, Row& out) const {
  run_program(world_, programs_[index_of(entity)], ordinal, timeline_.created(entity, ordinal), version, out);
}

void ScenarioModel::row_of(const Change& change, Row& out) const {
  if (change.version != 1) return row(change.entity, change.ordinal, change.version, out);
  run_program(world_, programs_[index_of(change.entity)], change.ordinal, change.intended, 1, out);
}

std::optional<Ordinal> ScenarioModel::ordinal_of(EntityId entity, std::string_view key) const {
  EntityId owner = entity;
  while (scenario_.entity(owner).key->is<constructs::Path>()) owner = *scenario_.entity(owner).per;
  const EntityKey& codec = keys_[index_of(owner)];
  const std::optional<Ordinal> number = codec.uuid       ? codec.uuid->parse(key)
                                        : codec.sequence ? codec.sequence->parse(key)
                                                         : codec.ordered->guess(key);
  if (!number) return std::nullopt;
  const Ordinal changes = *number >> kKeyChangeShift;
  const Ordinal ordinal = *number - (changes << kKeyChangeShift);
  if (!lives(entity, ordinal) || (changes > 0 && changes > timeline_.key_changes(owner, ordinal))) return std::nullopt;
  if (codec.ordered) {
    const UuidText text = codec.ordered->render(world_.epoch + timeline_.created(owner, ordinal), *number);
    if (key != std::string_view(text.data(), text.size())) return std::nullopt;
  }
  return ordinal;
}

/// True if the run writes this instance at some time.
bool ScenarioModel::lives(EntityId entity, Ordinal ordinal) const {
  if (ordinal >= kCanaryOrdinal) return ordinal < kBeyondMarkers && timeline_.has_canary(entity);
  if (ordinal >= timeline_.count(entity) || !timeline_.exists(entity, ordinal)) return false;
  return timeline_.created(entity, ordinal) < timeline_.length();
}

void ScenarioModel::life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const {
  timeline_.life_of(entity, ordinal, out);
}

Ordinal ScenarioModel::count(EntityId entity) const { return timeline_.count(entity); }

std::vector<Ordinal> ScenarioModel::canaries(EntityId entity) const {
  if (!timeline_.has_canary(entity)) return {};
  return {kCanaryOrdinal};
}

std::unique_ptr<const Rows> make_model(const Scenario& scenario, const RunIdentity& identity) {
  return std::make_unique<ScenarioModel>(scenario, identity);
}

std::vector<Ordinal> popularity_order(const Scenario& scenario, std::uint64_t seed, EntityId entity) {
  const Popularity popularity = popularity_of(scenario.entity(entity), seed);
  std::vector<Ordinal> order(popularity.rows());
  for (std::uint64_t rank = 0; rank < popularity.rows(); ++rank) order[rank] = popularity.of_rank(rank);
  return order;
}

}  // namespace freshet
