#include "scenarios/loader/check/ranges.h"

#include <algorithm>
#include <cmath>

#include "scenarios/loader/values/declared.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

using Construct = Expression::Kind;

constexpr double kDeviations = 9;    // farther from the mean no normal variate is drawn
constexpr double kExponential = 40;  // means, likewise: -ln 2^-53 is 36.7
constexpr double kInstant = 1e16;    // microseconds since the epoch in the year 2286
constexpr double kVersions = 1e9;

double power_of_ten(const ColumnType& type) { return type.kind == Kind::Decimal ? std::pow(10, type.scale) : 1; }

std::pair<double, double> ends_of(const Distribution& law) {
  std::pair<double, double> ends{law.a, law.a};
  switch (law.law) {
    case Distribution::Law::Constant:
      break;
    case Distribution::Law::Uniform:
      ends = {law.a, law.b};
      break;
    case Distribution::Law::Normal:
      ends = {law.a - kDeviations * law.b, law.a + kDeviations * law.b};
      break;
    case Distribution::Law::Lognormal:
      ends = {law.a * std::exp(-kDeviations * law.b), law.a * std::exp(kDeviations * law.b)};
      break;
    case Distribution::Law::Exponential:
      ends = {0, law.min.value_or(0) + kExponential * law.a};
      break;
    case Distribution::Law::Geometric:
      ends = {1, 1 + kExponential * law.a};
      break;
    case Distribution::Law::Zipf:
      ends = {1, law.max.value_or(1)};
      break;
    case Distribution::Law::Histogram:
    case Distribution::Law::Quantiles:
      ends = {*std::min_element(law.points.begin(), law.points.end()),
              *std::max_element(law.points.begin(), law.points.end())};
      break;
  }
  if (law.min) ends = {std::max(ends.first, *law.min), std::max(ends.second, *law.min)};
  if (law.max) ends = {std::min(ends.first, *law.max), std::min(ends.second, *law.max)};
  return ends;
}

double most_items(const Expression& list) {
  return std::clamp(ends_of(list.law).second, 0.0, static_cast<double>(kMaxItems));
}

}  // namespace

void Ranges::Reach::widen(const Reach& other) {
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
}

double Ranges::greatest(EntityId entity, int column) {
  const ColumnType& type = scenario_.entity(entity).record.columns[static_cast<std::size_t>(column)].type;
  return of_column({entity}, column).greatest * power_of_ten(type);
}

double Ranges::greatest_sum(const View& view, const ViewColumn& sum) {
  ViewColumn input;
  input.column = sum.column;
  const Scenario::Provenance from = scenario_.provenance(view, input);
  if (!from.entity) return 0;
  Place place{*from.entity};
  int column = from.column;
  if (from.item_column >= 0) {
    const Declared list = declared_at(scenario_.entity(*from.entity), from.column);
    if (list.value == nullptr) return 0;
    place.items = &list.value->fields;
    column = from.item_column;
  }
  return of_column(place, column).greatest * power_of_ten(sum.type) * rows_of(view.inputs[0]);
}

Ranges::Reach Ranges::of_column(const Place& place, int column) {
  const auto* fields = place.items != nullptr ? place.items : &scenario_.entity(place.entity).fields;
  const auto [found, fresh] = known_.try_emplace({fields, column});
  if (!fresh) return found->second;
  found->second = first_in(place, column);
  if (place.items == nullptr) widen_by_updates(place, column, found->second);
  return found->second;
}

/// In the first version of a row.
Ranges::Reach Ranges::first_in(const Place& place, int column) {
  const Declared declared = place.items != nullptr ? declared_among(*place.items, 0, column)
                                                   : declared_at(scenario_.entity(place.entity), column);
  if (declared.value == nullptr) return {1, kVersions};  // a key, or a stamp
  if (declared.value->kind != Construct::Ref) return of(*declared.value, place);
  return of_column({declared.value->entity}, declared.value->embed_columns[declared.embedded]);
}

/// In later versions, which are made of the first: what a column is set to may refer to that column.
void Ranges::widen_by_updates(const Place& place, int column, Reach& reach) {
  const Entity& entity = scenario_.entity(place.entity);
  const std::string& name = entity.record.columns[static_cast<std::size_t>(column)].name;
  const auto widen = [&](const std::vector<Field>& set) {
    for (const Field& field : set) {
      if (field.name == name && field.value != nullptr) reach.widen(of(*field.value, place));
    }
  };
  for (const LifeState& state : entity.life) widen(state.set);
  if (entity.revival) widen(entity.revival->set);
  for (const Load& load : scenario_.load) {
    if (load.entity == place.entity) widen(load.set);
  }
}

Ranges::Reach Ranges::of(const Expression& expression, const Place& place) {
  switch (expression.kind) {
    case Construct::Constant: {
      const Cell& cell = expression.literal.cells[0];
      if (cell.kind != Kind::Integer && cell.kind != Kind::Decimal) return {};
      const double value = std::abs(static_cast<double>(cell.number)) / power_of_ten(expression.type);
      return {value, value};
    }
    case Construct::Draw: {
      const auto [low, high] = ends_of(expression.law);
      const double scale = power_of_ten(expression.type);
      const double least = low > 0 ? low : high < 0 ? -high : 0;
      return {least / scale, std::max(std::abs(low), std::abs(high)) / scale};
    }
    case Construct::Time:
      return {1, kInstant};
    case Construct::Path:
      return of_path(expression, place);
    case Construct::Sum:
      return of_sum(expression, place);
    case Construct::Multiply:
    case Construct::Divide:
    case Construct::Add:
    case Construct::Subtract:
      return of_arithmetic(expression, place);
    case Construct::When: {
      Reach reach = of(*expression.operands[1], place);
      for (std::size_t i = 2; i < expression.operands.size(); ++i) reach.widen(of(*expression.operands[i], place));
      return reach;
    }
    case Construct::Nullable:
      return of(*expression.operands[0], place);
    case Construct::Data: {
      const auto [known, fresh] = of_data_.try_emplace({expression.data.get(), expression.column});
      Reach& reach = known->second;
      if (!fresh) return reach;
      reach = {HUGE_VAL, 0};
      for (const Row& row : expression.data->rows) {
        const Cell& cell = row.cells[static_cast<std::size_t>(expression.column)];
        if (cell.kind != Kind::Integer && cell.kind != Kind::Decimal) continue;
        const double value = std::abs(static_cast<double>(cell.number)) / power_of_ten(expression.type);
        reach.widen({value, value});
      }
      return reach;
    }
    case Construct::Sequence:
    case Construct::Uuid:
    case Construct::Choice:
    case Construct::State:
    case Construct::Ref:
    case Construct::List:
    case Construct::UuidOrdered:
    case Construct::Chance:
    case Construct::Pattern:
    case Construct::Words:
    case Construct::Person:
      break;  // no numbers
  }
  return {};
}

Ranges::Reach Ranges::of_path(const Expression& path, const Place& place) {
  const Entity& entity = scenario_.entity(place.entity);
  if (path.parent) return entity.per ? of_column({*entity.per}, path.column) : Reach{};
  return of_column(path.outer ? Place{place.entity} : place, path.column);
}

Ranges::Reach Ranges::of_sum(const Expression& sum, const Place& place) {
  const Declared list = place.items != nullptr ? declared_among(*place.items, 0, sum.column)
                                               : declared_at(scenario_.entity(place.entity), sum.column);
  if (list.value == nullptr || list.value->kind != Construct::List) return {};
  const Reach item = of_column({place.entity, &list.value->fields}, sum.item_column);
  return {0, item.greatest * most_items(*list.value)};
}

Ranges::Reach Ranges::of_arithmetic(const Expression& expression, const Place& place) {
  Reach reach = of(*expression.operands[0], place);
  for (std::size_t i = 1; i < expression.operands.size(); ++i) {
    const Expression& operand = *expression.operands[i];
    const Reach other = of(operand, place);
    if (expression.kind == Construct::Multiply) {
      reach = {reach.least * other.least, reach.greatest * other.greatest};
    } else if (expression.kind == Construct::Divide) {
      // Nobody divides by zero: the least is then the least that is not.
      const double least = other.least > 0 ? other.least : 1 / power_of_ten(operand.type);
      reach = {0, reach.greatest / least};
    } else {
      reach = {0, reach.greatest + other.greatest};
    }
  }
  return reach;
}

double Ranges::rows_of(EntityId id) const {
  constexpr double kChance = 1.5;  // arrivals come by chance: so many times the mean, and kMore
  constexpr double kMore = 1'000;
  const Entity& entity = scenario_.entity(id);
  if (entity.rows) return static_cast<double>(*entity.rows);
  if (entity.per) return rows_of(*entity.per) * static_cast<double>(entity.most);
  double rows = 0;
  for (const Load& load : scenario_.load) {
    if (load.entity != id || load.kind != Load::Kind::Arrivals) continue;
    rows += load.backfill_rate * static_cast<double>(load.backfill.count()) / 1e6;
    double greatest_rate = 0;
    for (const Stage& stage : load.stages) {
      greatest_rate = std::max({greatest_rate, stage.from_rate, stage.to_rate});
      rows += (stage.from_rate + stage.to_rate) / 2 * static_cast<double>(stage.duration.count()) / 1e6;
    }
    rows += greatest_rate * static_cast<double>(scenario_.warm_up.count()) / 1e6;
  }
  return rows * kChance + kMore;
}

const Expression* Ranges::list_of(const View& view) const {
  ViewColumn column;
  column.column = view.unnest_column;
  const Scenario::Provenance from = scenario_.provenance(view, column);
  return from.entity ? declared_at(scenario_.entity(*from.entity), from.column).value : nullptr;
}

double Ranges::rows_of(const View::Input& input) const {
  if (input.entity) return rows_of(*input.entity);
  const View& view = scenario_.view(*input.view);
  const double rows = rows_of(view.inputs[0]);
  const Expression* list = view.unnest_column >= 0 ? list_of(view) : nullptr;
  return list == nullptr ? rows : rows * most_items(*list);
}

}  // namespace freshet::loading
