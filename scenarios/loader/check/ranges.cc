#include "scenarios/loader/check/ranges.h"

#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr double kDeviations = 9;    // no normal variate is drawn farther from the mean
constexpr double kExponential = 40;  // limit in means, likewise: -ln 2^-53 is 36.7
constexpr double kInstant = 1e16;    // microseconds since the epoch in the year 2286
constexpr double kVersions = 1e9;

double power_of_ten(const ColumnType& type) { return type.kind == Kind::Decimal ? std::pow(10, type.scale) : 1; }

std::pair<double, double> ends_of(const Distribution& law) {
  namespace d = distributions;
  using Ends = std::pair<double, double>;
  Ends ends = std::visit(Overloaded{
                             [](const d::Constant& constant) {
                               return Ends{constant.value, constant.value};
                             },
                             [](const d::Uniform& uniform) {
                               return Ends{uniform.least, uniform.most};
                             },
                             [](const d::Normal& normal) {
                               const double reach = kDeviations * normal.deviation;
                               return Ends{normal.mean - reach, normal.mean + reach};
                             },
                             [](const d::LogNormal& lognormal) {
                               const double reach = kDeviations * lognormal.sigma;
                               return Ends{lognormal.median * std::exp(-reach), lognormal.median * std::exp(reach)};
                             },
                             [&](const d::Exponential& exponential) {
                               return Ends{0, law.min.value_or(0) + kExponential * exponential.mean};
                             },
                             [](const d::Geometric& geometric) {
                               return Ends{1, 1 + kExponential * geometric.mean};
                             },
                             [](const d::Zipf& zipf) {
                               return Ends{1, zipf.ranks};
                             },
                             [&](const OneOf<d::Histogram, d::Quantiles> auto&) {
                               return Ends{least_of(law), most_of(law)};
                             },
                         },
                         law.shape);
  if (law.min) ends = {std::max(ends.first, *law.min), std::max(ends.second, *law.min)};
  if (law.max) ends = {std::min(ends.first, *law.max), std::min(ends.second, *law.max)};
  return ends;
}

double most_items(const constructs::List& list) {
  return std::clamp(ends_of(list.count).second, 0.0, static_cast<double>(kMaxItems));
}

}  // namespace

void Ranges::Reach::widen(const Reach& other) {
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
}

double Ranges::greatest(EntityId entity, ColumnIndex column) {
  const ColumnType& type = scenario_.entity(entity).record[column].type;
  return of_column({entity}, column).greatest * power_of_ten(type);
}

double Ranges::greatest_sum(const View& view, const ViewColumn& sum) {
  ViewColumn input;
  input.column = sum.column;
  const Scenario::Provenance from = scenario_.provenance(view, input);
  if (!from.entity) return 0;
  Place place{*from.entity};
  if (from.item_column) {
    const Declared list = declared_at(scenario_.entity(*from.entity), from.column);
    if (list.value == nullptr) return 0;
    place.items = &list.value->as<constructs::List>()->fields;
  }
  const ColumnIndex column = from.item_column.value_or(from.column);
  return of_column(place, column).greatest * power_of_ten(sum.type) * rows_of(view.inputs[0]);
}

Ranges::Reach Ranges::of_column(const Place& place, ColumnIndex column) {
  const auto* fields = place.items != nullptr ? place.items : &scenario_.entity(place.entity).fields;
  const auto [found, fresh] = known_.try_emplace({fields, column});
  if (!fresh) return found->second;
  found->second = first_in(place, column);
  if (place.items == nullptr) widen_by_updates(place, column, found->second);
  return found->second;
}

Declared Ranges::declared_in(const Place& place, ColumnIndex column) const {
  return place.items != nullptr ? declared_among(*place.items, ColumnIndex{0}, column)
                                : declared_at(scenario_.entity(place.entity), column);
}

/// The reach in the first version of a row.
Ranges::Reach Ranges::first_in(const Place& place, ColumnIndex column) {
  const Declared declared = declared_in(place, column);
  if (declared.value == nullptr) return {1, kVersions};  // a key, or a stamp
  const auto* ref = declared.value->as<constructs::Ref>();
  if (ref == nullptr) return of(*declared.value, place);
  return of_column({ref->entity}, ref->embed_columns[declared.embedded]);
}

/// Adds later versions, which are computed from the first: the new value of a column may refer to that column.
void Ranges::widen_by_updates(const Place& place, ColumnIndex column, Reach& reach) {
  const Entity& entity = scenario_.entity(place.entity);
  const std::string& name = entity.record[column].name;
  const auto widen = [&](const std::vector<Field>& set) {
    for (const Field& field : set) {
      if (field.name == name && field.value != nullptr) reach.widen(of(*field.value, place));
    }
  };
  for (const LifeState& state : entity.life) widen(state.set);
  if (entity.revival) widen(entity.revival->set);
  for (const Load& load : scenario_.load) {
    if (load.entity == place.entity) widen(load.set());
  }
}

Ranges::Reach Ranges::of(const Expression& expression, const Place& place) {
  namespace c = constructs;
  const double scale = power_of_ten(expression.type);
  return std::visit(
      Overloaded{
          [&](const c::Constant& constant) { return of_cell(constant.literal.cells[0], scale).value_or(Reach{}); },
          [&](const c::Draw& draw) -> Reach {
            const auto [low, high] = ends_of(draw.distribution);
            const double least = low > 0 ? low : high < 0 ? -high : 0;
            return {least / scale, std::max(std::abs(low), std::abs(high)) / scale};
          },
          [](const c::Time&) -> Reach {
            return {1, kInstant};
          },
          [&](const c::Path& path) { return of_path(path, place); },
          [&](const c::Sum& sum) { return of_sum(sum, place); },
          [&](const c::Arithmetic& arithmetic) { return of_arithmetic(arithmetic, place); },
          [&](const c::When& when) {
            Reach reach = of(*when.otherwise, place);
            for (const c::When::Case& each : when.cases) reach.widen(of(*each.result, place));
            return reach;
          },
          [&](const c::Nullable& nullable) { return of(*nullable.value, place); },
          [&](const c::Data& data) { return of_data(data, scale); },
          [](const OneOf<c::Sequence, c::Uuid, c::OrderedUuid, c::Choice, c::State, c::Ref, c::List, c::Chance,
                         c::Pattern, c::Words, c::Person> auto&) { return Reach{}; },  // not numbers
      },
      expression.construct);
}

/// None for what is no exact number.
std::optional<Ranges::Reach> Ranges::of_cell(const Cell& cell, double scale) {
  if (cell.kind != Kind::Integer && cell.kind != Kind::Decimal) return std::nullopt;
  const double value = std::abs(static_cast<double>(cell.number)) / scale;
  return Reach{value, value};
}

Ranges::Reach Ranges::of_data(const constructs::Data& data, double scale) {
  const auto [known, fresh] = of_data_.try_emplace({data.table.get(), data.column});
  Reach& reach = known->second;
  if (!fresh) return reach;
  reach = {HUGE_VAL, 0};
  for (const Row& row : data.table->rows) {
    if (const auto value = of_cell(row[data.column], scale)) reach.widen(*value);
  }
  return reach;
}

Ranges::Reach Ranges::of_path(const constructs::Path& path, const Place& place) {
  const Entity& entity = scenario_.entity(place.entity);
  switch (path.record) {
    case constructs::Path::Record::Own:
      return of_column(place, path.column);
    case constructs::Path::Record::Outer:
      return of_column({place.entity}, path.column);
    case constructs::Path::Record::Parent:
      break;
  }
  return entity.per ? of_column({*entity.per}, path.column) : Reach{};
}

Ranges::Reach Ranges::of_sum(const constructs::Sum& sum, const Place& place) {
  const Declared declared = declared_in(place, sum.list);
  const auto* list = declared.value != nullptr ? declared.value->as<constructs::List>() : nullptr;
  if (list == nullptr) return {};
  const Reach item = of_column({place.entity, &list->fields}, sum.column);
  return {0, item.greatest * most_items(*list)};
}

Ranges::Reach Ranges::of_arithmetic(const constructs::Arithmetic& arithmetic, const Place& place) {
  using Operation = constructs::Arithmetic::Operation;
  Reach reach = of(*arithmetic.operands[0], place);
  for (std::size_t i = 1; i < arithmetic.operands.size(); ++i) {
    const Expression& operand = *arithmetic.operands[i];
    const Reach other = of(operand, place);
    switch (arithmetic.operation) {
      case Operation::Multiply:
        reach = {reach.least * other.least, reach.greatest * other.greatest};
        break;
      case Operation::Divide: {
        // Division by zero gives null, so the smallest divisor is the smallest nonzero value.
        const double least = other.least > 0 ? other.least : 1 / power_of_ten(operand.type);
        reach = {0, reach.greatest / least};
        break;
      }
      case Operation::Add:
      case Operation::Subtract:
        reach = {0, reach.greatest + other.greatest};
        break;
    }
  }
  return reach;
}

double Ranges::rows_of(EntityId id) const {
  constexpr double kChance = 1.5;  // arrivals are random: this many times the mean, and kMore
  constexpr double kMore = 1'000;
  const Entity& entity = scenario_.entity(id);
  if (entity.rows) return static_cast<double>(*entity.rows);
  if (entity.per) return rows_of(*entity.per) * static_cast<double>(entity.most);
  double rows = 0;
  for (const Load& load : scenario_.load) {
    if (load.entity != id || !load.is<loads::Arrivals>()) continue;
    rows += load.expected_backfill();
    for (const Stage& stage : load.stages) {
      rows += (stage.from_rate + stage.to_rate) / 2 * static_cast<double>(stage.duration.count()) / 1e6;
    }
    rows += load.greatest_rate() * static_cast<double>(scenario_.warm_up.count()) / 1e6;
  }
  return rows * kChance + kMore;
}

const constructs::List* Ranges::list_of(const View& view) const {
  ViewColumn column;
  column.column = *view.unnest_column;
  const Scenario::Provenance from = scenario_.provenance(view, column);
  if (!from.entity) return nullptr;
  const Declared declared = declared_at(scenario_.entity(*from.entity), from.column);
  return declared.value != nullptr ? declared.value->as<constructs::List>() : nullptr;
}

double Ranges::rows_of(const View::Input& input) const {
  if (input.entity) return rows_of(*input.entity);
  const View& view = scenario_.view(*input.view);
  const double rows = rows_of(view.inputs[0]);
  const constructs::List* list = view.unnest_column ? list_of(view) : nullptr;
  return list == nullptr ? rows : rows * most_items(*list);
}

}  // namespace freshet::loading
