#include "fit/fit.h"

#include <algorithm>
#include <set>

#include "fit/checks/statistical_tests.h"
#include "fit/distributions/rates.h"
#include "fit/loads/loads.h"
#include "fit/tallies/life_tallies.h"
#include "fit/tallies/tally_kinds.h"

namespace freshet {
namespace {

bool shows_state(const Entity& entity) {
  return std::any_of(entity.fields.begin(), entity.fields.end(),
                     [](const Field& field) { return field.value->is<constructs::State>(); });
}

/// Adds the column after the declared ones and before the stamp.
void show_state(Entity& entity) {
  auto state = std::make_shared<Expression>(Expression{constructs::State{}, {}, {}});
  entity.fields.push_back(Field{kShownState, state, entity.origin});
  auto& columns = entity.record.columns;
  std::size_t place = columns.size();
  for (auto* stamp : {&entity.version_column, &entity.updated_at_column}) {
    if (!*stamp) continue;
    place = std::min(place, index_of(**stamp));
    *stamp = ColumnIndex{index_of(**stamp) + 1};
  }
  columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(place), Column{kShownState, state->type});
}

bool has_background_updates(const Scenario& scenario, EntityId entity) {
  return std::any_of(scenario.load.begin(), scenario.load.end(),
                     [&](const Load& load) { return load.entity == entity && !load.is<loads::Arrivals>(); });
}

/// The load that causes the background updates of an entity, if a row's history shows it; null if there are several.
const Load* only_setter(const Scenario& scenario, EntityId entity) {
  const Load* setter = nullptr;
  int changing = 0;
  bool comes_back = false;
  for (const Load& load : scenario.load) {
    if (load.entity != entity || load.is<loads::Arrivals>()) continue;
    if (const auto* deletes = load.as<loads::Deletes>()) {
      comes_back = comes_back || deletes->reinsert.has_value();
      continue;
    }
    ++changing;
    setter = &load;
  }
  const bool one = changing == 1 && !setter->set().empty();
  return one && !(comes_back && setter->is<loads::Upserts>()) ? setter : nullptr;
}

/// Examines a sample of an entity's instances.
class EntityFit {
 public:
  EntityFit(const FitInput& input, EntityId id)
      : input_(input),
        id_(id),
        entity_(input.enlarged.scenario.entity(id)),
        setter_(only_setter(input.enlarged.scenario, id)),
        fields_(first_fields()),
        record_(input, id, "", fields_, 1),
        key_(make_tally({input, id, entity_.key_field}, *entity_.key)) {
    if (!entity_.life.empty()) life_ = std::make_unique<LifeTally>(input, id);
    if (entity_.per) child_ = std::make_unique<ChildTally>(input, id);
    if (setter_ == nullptr) return;
    for (const Field& field : setter_->set()) {
      const char* by = setter_->is<loads::Upserts>() ? " [set by put]" : " [set by update]";
      const auto at =
          std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == field.name; });
      std::size_t column = 1;
      for (auto before = fields_.begin(); before != at; ++before) column += columns_of(*before);
      sets_.push_back({column, make_tally({input_, id_, field.name + by, true}, *field.value)});
    }
  }

  void look() {
    const Ordinal count = input_.enlarged.rows.count(id_);
    const auto most = static_cast<Ordinal>(input_.sample);
    const Ordinal sampled = std::min(count, most);
    for (Ordinal i = 0; i < sampled; ++i) {
      // Evenly over all instances, so that every stage of the load is included.
      const auto ordinal = count <= most ? i
                                         : static_cast<Ordinal>(static_cast<double>(i) * static_cast<double>(count) /
                                                                static_cast<double>(sampled));
      see(ordinal);
    }
  }

  void conclude(std::vector<FitCheck>& out) const {
    key_->conclude(out);
    record_.conclude(out);
    for (const Set& set : sets_) set.tally->conclude(out);
    if (child_) child_->conclude(out);
    if (life_) life_->conclude(out);
  }

 private:
  struct Set {
    std::size_t column;
    std::unique_ptr<Tally> tally;
  };

  /// The fields as the first version has them. A field that an upsert sets is drawn by the upsert from the first
  /// version on; a field whose cause is ambiguous has no value here.
  [[nodiscard]] std::vector<Field> first_fields() const {
    std::vector<Field> fields = entity_.fields;
    if (entity_.preloaded) return fields;
    std::set<std::string> set;
    for (const Load& load : input_.enlarged.scenario.load) {
      if (load.entity != id_ || !load.is<loads::Upserts>()) continue;
      for (const Field& field : load.set()) set.insert(field.name);
    }
    for (Field& field : fields) {
      if (set.count(field.name) > 0) field.value = nullptr;
    }
    return fields;
  }

  void see(Ordinal ordinal) {
    if (child_) child_->see(ordinal);
    events_.clear();
    input_.enlarged.rows.life_of(id_, ordinal, events_);
    if (events_.empty()) return;
    const Micros created = events_.front().intended;
    input_.enlarged.rows.row(id_, ordinal, events_.front().version, row_);
    const Sight first{row_, 0, ordinal, created, created};
    key_->see(first, 0);
    record_.see(first);
    if (life_) life_->see(ordinal, events_);
    for (const LifeEvent& event : events_) {
      if (!sets_.empty() && was_set(event)) {
        input_.enlarged.rows.row(id_, ordinal, event.version, row_);
        for (const Set& set : sets_) set.tally->see({row_, 0, ordinal, created, event.intended}, set.column);
      }
    }
  }
  [[nodiscard]] bool was_set(const LifeEvent& event) const {
    if (event.phase == Phase::Reference || event.operation == Operation::Delete) return false;
    return event.operation == Operation::Update || setter_->is<loads::Upserts>();
  }

  const FitInput& input_;
  EntityId id_;
  const Entity& entity_;
  const Load* setter_;
  std::vector<Field> fields_;
  RecordTally record_;
  std::unique_ptr<Tally> key_;
  std::unique_ptr<LifeTally> life_;
  std::unique_ptr<ChildTally> child_;
  std::vector<Set> sets_;
  std::vector<LifeEvent> events_;
  Row row_;
};

}  // namespace

Scenario enlarged_for_fit(const Scenario& scenario, std::int64_t sample) {
  Scenario out = scenario;
  for (std::size_t i = 0; i < out.entities.size(); ++i) {
    Entity& entity = out.entities[i];
    if (!entity.life.empty() && !shows_state(entity)) show_state(entity);
    double expected = 0;
    for (const Load& load : out.load) {
      if (index_of(load.entity) == i) expected += ExpectedCount(scenario, load).total();
    }
    const double factor = expected > 0 ? static_cast<double>(sample) / expected : 1;
    if (factor <= 1) continue;
    for (Load& load : out.load) {
      if (index_of(load.entity) != i) continue;
      for (Stage& stage : load.stages) stage.from_rate *= factor, stage.to_rate *= factor;
    }
  }
  return out;
}

FitReport fit_scenario(const FitInput& input) {
  const Scenario& scenario = input.declared.scenario;
  FitReport report;
  report.scenario = scenario.name;
  report.file = scenario.file;
  report.seed = scenario.seed;
  report.sampled = input.sample;
  report.family_level = kFitFamilyLevel;
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const auto id = static_cast<EntityId>(i);
    for (const Load& load : scenario.load) {
      if (load.entity == id && load.is<loads::Arrivals>()) test_arrivals(input, load, report.checks);
    }
    EntityFit entity(input, id);
    entity.look();
    entity.conclude(report.checks);
    if (has_background_updates(scenario, id)) test_background_updates(input, id, report.checks);
  }
  settle_verdicts(report.checks, report.family_level);
  return report;
}

}  // namespace freshet
