#include "generator/time/timeline.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/overloaded.h"
#include "base/result.h"

namespace freshet {
namespace {
constexpr Micros kLeastDwell{1};  // versions of one instance must be at different instants

UpdateLoad::Kind kind_of(const Load& load) {
  using Kind = UpdateLoad::Kind;
  FRESHET_CHECK(!load.is<loads::Arrivals>(), "arrivals change no row");
  return std::visit(Overloaded{[](const loads::Deletes&) { return Kind::Deletes; },
                               [](const loads::Upserts&) { return Kind::Upserts; },
                               [](const OneOf<loads::Updates, loads::Arrivals> auto&) { return Kind::Updates; }},
                    load.changes);
}

}  // namespace

Popularity popularity_of(const Entity& entity, std::uint64_t seed) {
  return Popularity(static_cast<std::uint64_t>(*entity.rows), stream_of(seed, entity.name, "#popularity"));
}

Timeline::Timeline(const Scenario& scenario, std::uint64_t seed)
    : warm_up_(scenario.warm_up),
      length_(scenario.length()),
      reference_instant_(kReferenceLead - scenario.backfill()),
      time_scale_(scenario.time_scale) {
  FRESHET_CHECK(time_scale_ > 0, "time_scale is positive");
  entities_.reserve(scenario.entities.size());
  for (const Entity& entity : scenario.entities) add_entity(scenario, entity, seed);
  add_loads(scenario, seed);
}

void Timeline::add_entity(const Scenario& scenario, const Entity& entity, std::uint64_t seed) {
  const auto id = static_cast<EntityId>(entities_.size());
  EntityTimes& times = entities_.emplace_back();
  times.per = entity.per;
  times.root = scenario.root_of(id);
  times.share = entity.share;
  if (entity.count) times.count.emplace(*entity.count);
  times.most = entity.most;
  times.delay = Sampler(entity.delay);
  times.shares = stream_of(seed, entity.name, "#share");
  times.counts = stream_of(seed, entity.name, "#count");
  times.delays = stream_of(seed, entity.name, "#delay");
  times.dwells = stream_of(seed, entity.name, "#dwell");
  times.branches = stream_of(seed, entity.name, "#branch");
  times.stays = stream_of(seed, entity.name, "#stay");
  times.preloaded = entity.preloaded;
  if (entity.per) {
    FRESHET_CHECK(index_of(*entity.per) < index_of(id), "a parent is declared before its children");
    entities_[index_of(*entity.per)].children.push_back(id);
  }
  if (entity.rows) {
    FRESHET_CHECK(*entity.rows >= 1 && entity.life.empty(), "reference rows are at least one, and have no life");
    times.rows = static_cast<std::uint64_t>(*entity.rows);
    times.popularity = std::make_shared<Popularity>(popularity_of(entity, seed));
  }
  const auto compiled = [](const LifeState& state) {
    std::optional<AliasTable> choice;
    if (!state.final && !state.to.empty()) choice.emplace(state.weights);
    return State{state.name, Sampler(state.after), state.to, std::move(choice), state.share, state.new_key};
  };
  for (const LifeState& state : entity.life) times.states.push_back(compiled(state));
  if (entity.revival) times.revival = compiled(*entity.revival);
}

void Timeline::add_loads(const Scenario& scenario, std::uint64_t seed) {
  std::vector<std::vector<UpdateLoad>> updates(entities_.size());
  for (std::size_t index = 0; index < scenario.load.size(); ++index) {
    const Load& load = scenario.load[index];
    const std::string& name = scenario.entity(load.entity).name;
    EntityTimes& times = entities_[index_of(load.entity)];
    RateCurve curve(scenario.warm_up, load.stages);
    if (const auto* arriving = load.as<loads::Arrivals>()) {
      FRESHET_CHECK(!times.arrivals && !times.rows && !times.per, "one load at most makes an entity's instances");
      times.arrivals = std::make_unique<Arrivals>(std::move(curve), load.process, stream_of(seed, name, "#arrivals"),
                                                  ArrivalHistory{arriving->backfill_rate, arriving->backfill});
      FRESHET_CHECK(times.arrivals->count() < kCanaryOrdinal, "arrivals stay below the canary's ordinal");
      continue;
    }
    FRESHET_CHECK(times.popularity != nullptr, "background updates fall on entities with rows");
    std::vector<UpdateLoad>& of_entity = updates[index_of(load.entity)];
    const std::string which = std::to_string(of_entity.size());
    Arrivals arrivals(std::move(curve), load.process, stream_of(seed, name, "#updates/" + which));
    InstancePicker picker(*load.pick(), times.popularity, stream_of(seed, name, "#updated/" + which));
    std::function<Micros(std::uint64_t)> reinsert;
    const auto* deletes = load.as<loads::Deletes>();
    if (deletes != nullptr && deletes->reinsert) {
      const Stream stream = stream_of(seed, name, "#reinsert/" + which);
      reinsert = [this, stream, away = Sampler(*deletes->reinsert)](std::uint64_t deletion) {
        return scaled(away.whole(draw(stream, deletion)));
      };
    }
    of_entity.push_back(UpdateLoad{index, kind_of(load), std::move(arrivals), std::move(picker), std::move(reinsert)});
  }
  for (std::size_t entity = 0; entity < entities_.size(); ++entity) {
    if (updates[entity].empty()) continue;
    entities_[entity].updates = std::make_unique<UpdateIndex>(*entities_[entity].rows, entities_[entity].preloaded,
                                                              length_, std::move(updates[entity]));
  }
}

Phase Timeline::phase_at(Micros intended) const {
  if (intended >= warm_up_) return Phase::Measured;
  return intended >= Micros{} ? Phase::WarmUp : Phase::Reference;
}

Micros Timeline::scaled(std::int64_t duration) const {
  // Far below 2^63, so that sums of a few fit in 64 bits.
  const double shorter = std::clamp(std::floor(static_cast<double>(duration) / time_scale_ + 0.5), 0.0, 1e17);
  return Micros{static_cast<std::int64_t>(shorter)};
}

Ordinal Timeline::count(EntityId entity) const {
  const EntityTimes& times = entities_[index_of(entity)];
  if (times.per) return count(*times.per) * times.most;
  if (times.rows) return *times.rows;
  return times.arrivals ? times.arrivals->count() : 0;
}

bool Timeline::has_canary(EntityId entity) const {
  return entities_[index_of(entities_[index_of(entity)].root)].arrivals != nullptr;
}

bool Timeline::exists(EntityId entity, Ordinal ordinal) const {
  const EntityTimes* times = &entities_[index_of(entity)];
  if (ordinal >= kCanaryOrdinal) return true;
  if (!times->preloaded) return times->updates != nullptr && !times->updates->of(ordinal).empty();
  for (EntityId id = entity; times->per; id = *times->per, times = &entities_[index_of(id)]) {
    const Ordinal owner = owner_of(ordinal, times->most);
    if (ordinal - owner * times->most >= children_of(id, owner)) return false;
    ordinal = owner;
  }
  return true;
}

std::uint64_t Timeline::children_of(EntityId child, Ordinal owner) const {
  const EntityTimes& times = entities_[index_of(child)];
  if (owner >= kCanaryOrdinal) return 1;
  if (unit(draw(times.shares, owner)) >= times.share) return 0;
  if (!times.count) return 1;
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(0, times.count->whole(draw(times.counts, owner)))),
                  times.most);
}

Ordinal Timeline::root(EntityId entity, Ordinal ordinal) const {
  const EntityTimes* times = &entities_[index_of(entity)];
  for (; times->per; times = &entities_[index_of(*times->per)]) ordinal = owner_of(ordinal, times->most);
  return ordinal;
}

Micros Timeline::delay(EntityId entity, Ordinal ordinal) const {
  const EntityTimes& times = entities_[index_of(entity)];
  return ordinal >= kCanaryOrdinal ? Micros{} : scaled(times.delay.whole(draw(times.delays, ordinal)));
}

Micros Timeline::created(EntityId entity, Ordinal ordinal) const {
  if (ordinal >= kCanaryOrdinal) return canary_instant(ordinal);
  Micros delays{};
  EntityId id = entity;
  for (; entities_[index_of(id)].per; id = *entities_[index_of(id)].per) {
    delays += delay(id, ordinal);
    ordinal = owner(id, ordinal);
  }
  const EntityTimes& root = entities_[index_of(id)];
  if (!root.preloaded) return exists(id, ordinal) ? root.updates->of(ordinal).front().intended : length_;
  if (root.rows) return id == entity ? reference_instant_ : delays;
  FRESHET_CHECK(root.arrivals != nullptr, "only rows and arrivals make instances");
  return root.arrivals->time(ordinal) + delays;
}

Micros Timeline::parent_created(EntityId child, Ordinal ordinal, Micros created) const {
  const EntityTimes& parent = entities_[index_of(*entities_[index_of(child)].per)];
  return parent.rows ? reference_instant_ : created - delay(child, ordinal);
}

bool Timeline::advance(EntityId entity, Ordinal ordinal, LifePoint& point) const {
  const EntityTimes& times = entities_[index_of(entity)];
  const bool dead = point.operation == Operation::Delete;
  if (times.states.empty() || ordinal >= kCanaryOrdinal || (dead && !times.revival)) return false;
  const State& state = dead ? *times.revival : times.states[point.state];
  if (!state.choice) return false;
  const std::uint64_t position = combine(ordinal, point.version);
  if (state.share < 1 && unit(draw(times.stays, position)) >= state.share) return false;
  point.intended += std::max(kLeastDwell, scaled(state.after.whole(draw(times.dwells, position))));
  const NextState next = state.to[state.choice->pick(draw(times.branches, position))];
  ++point.version;
  point.operation = !next ? Operation::Delete : dead ? Operation::Insert : Operation::Update;
  if (!next) return true;
  point.state = *next;
  if (times.states[*next].new_key && point.key_changes < kMostKeyChanges) ++point.key_changes;
  return true;
}

std::uint32_t Timeline::key_changes(EntityId entity, Ordinal ordinal) const {
  LifePoint point{.intended = created(entity, ordinal)};
  std::uint32_t changes = 0;
  while (advance(entity, ordinal, point) && point.intended < length_) changes = point.key_changes;
  return changes;
}

Version Timeline::version_at(EntityId entity, Ordinal ordinal, Micros created, Micros instant) const {
  if (const UpdateIndex* index = updates(entity)) return index->version_at(ordinal, instant);
  LifePoint point{.intended = created};
  Version version = 1;
  while (advance(entity, ordinal, point) && point.intended <= instant) version = point.version;
  return version;
}

bool Timeline::lives_at(EntityId entity, Ordinal ordinal, Micros instant) const {
  if (const UpdateIndex* index = updates(entity)) {
    const Version version = index->version_at(ordinal, instant);
    if (version == index->first()) return version == 1;
    return index->entry(ordinal, version).operation != Operation::Delete;
  }
  LifePoint point{.intended = created(entity, ordinal)};
  if (point.intended > instant) return false;
  bool alive = true;
  while (advance(entity, ordinal, point) && point.intended <= instant) alive = point.operation != Operation::Delete;
  return alive;
}

void Timeline::life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const {
  if (ordinal >= kCanaryOrdinal) {
    if (ordinal < kBeyondMarkers && has_canary(entity)) {
      out.push_back(LifeEvent{1, Operation::Insert, Phase::Canary, canary_instant(ordinal)});
    }
    return;
  }
  if (ordinal >= count(entity) || !exists(entity, ordinal)) return;
  LifePoint point{.intended = created(entity, ordinal)};
  if (point.intended >= length_) return;
  const UpdateIndex* index = updates(entity);
  if (index == nullptr || index->first() == 1) {
    out.push_back(LifeEvent{1, Operation::Insert, phase_at(point.intended), point.intended});
  }
  if (index != nullptr) {
    Version version = index->first();
    for (const UpdateIndex::Entry& entry : index->of(ordinal)) {
      out.push_back(LifeEvent{++version, entry.operation, phase_at(entry.intended), entry.intended});
    }
    return;
  }
  while (advance(entity, ordinal, point) && point.intended < length_) {
    out.push_back(LifeEvent{point.version, point.operation, phase_at(point.intended), point.intended});
  }
}

}  // namespace freshet
