#include "generator/row/compile/compiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "generator/row/columns.h"
#include "generator/row/compile/compilation.h"

namespace freshet {

Register Compiler::column(Scope& scope, int index, Image image) {
  const auto [at, fresh] = scope.columns.try_emplace({index, image}, kPending);
  FRESHET_CHECK(fresh || at->second != kPending, "a column does not depend on itself");
  if (fresh) {
    const Register value = stored_column(scope, index, image);
    scope.columns[{index, image}] = value;
    return value;
  }
  return at->second;
}

Register Compiler::stored_column(Scope& scope, int index, Image image) {
  const Entity& entity = scenario_.entity(scope.entity);
  const bool row = scope.outer == nullptr;
  const Place place{scope.block, scope.subject, image, row ? "#key" : ""};
  if (row && index == 0) {
    const bool uuid = entity.key->kind == Expression::Kind::Uuid || entity.key->kind == Expression::Kind::UuidOrdered;
    if (uuid || entity.changes_key()) {
      return emit_value(place, Op::Key, entity.key->type, index_of(scope.entity));
    }
    return expression(scope, *entity.key, place);
  }
  if (row && index == entity.version_column) return emit_value(place, Op::Stamp, {Kind::Integer, 0, 0, {}}, 0);
  if (row && index == entity.updated_at_column) return emit_value(place, Op::UpdatedAt, {Kind::Time, 0, 0, {}}, 0);
  const auto [field, part] = field_of(*scope.fields, row ? 1 : 0, index);
  FRESHET_CHECK(field != nullptr, "every column belongs to a field");
  if (field->value->kind == Expression::Kind::Ref) {
    Scope& target = reference(scope, *field->value, scope.prefix + field->name);
    return column(target, field->value->embed_columns[static_cast<std::size_t>(part)], Image::Current);
  }
  return field_column(scope, *field, index, image);
}

Register Compiler::field_column(Scope& scope, const Field& field, int index, Image image) {
  if (image == Image::Current && scope.outer == nullptr && settable(scenario_, scope.entity, field)) {
    return override_column(scope, field, index, column(scope, index, Image::First));
  }
  return expression(scope, *field.value, Place{scope.block, scope.subject, image, scope.prefix + field.name});
}

Register Compiler::override_column(Scope& scope, const Field& field, int index, Register first) {
  const Entity& entity = scenario_.entity(scope.entity);
  Program::OverrideRule rule;
  Program::Slot slot;
  rule.versioned = new_subject(scope.entity);
  const auto consider = [&](const std::vector<Field>& sets, const std::string& cause) {
    int alternative = -1;
    for (const Field& set : sets) {
      if (set.name != field.name) continue;
      alternative = static_cast<int>(rule.alternatives.size());
      const BlockIndex block = new_block();
      const Place place{block, rule.versioned, Image::First, "#set/" + cause + '/' + field.name};
      rule.alternatives.push_back({block, expression(scope, *set.value, place)});
    }
    slot.by_cause.push_back(alternative);
  };
  for (const LifeState& state : entity.life) consider(state.set, state.name);
  if (const UpdateIndex* updates = timeline_.updates(scope.entity)) {
    for (std::size_t i = 0; i < updates->loads().size(); ++i) {
      consider(scenario_.load[updates->loads()[i].load].set, std::to_string(i));
    }
  }
  rule.slot = static_cast<std::uint16_t>(add(program_.slots, std::move(slot)));
  program_.subjects[scope.subject].slots.push_back(rule.slot);
  const ColumnType& type = entity.record.columns[static_cast<std::size_t>(index)].type;
  const std::size_t table = add(program_.overrides, std::move(rule));
  const Register dst = emit_value({scope.block, scope.subject, Image::Current, {}}, Op::Override, type, table);
  blocks_[scope.block].back().source = first;
  return dst;
}

Compiler::Scope& Compiler::reference(Scope& scope, const Expression& ref, const std::string& concern) {
  const auto known = scope.references.find(&ref);
  if (known != scope.references.end()) return *known->second;
  if (!ref.via.empty()) return through(scope, ref);
  use_stream(scope, concern);
  if (ref.living || ref.pick.law == Pick::Law::Weighted || ref.pick.law == Pick::Law::Recent ||
      timeline_.arrivals(ref.entity) != nullptr) {
    std::vector<double> weights;
    if (ref.pick.law == Pick::Law::Weighted) weights = weights_(ref.entity, static_cast<std::size_t>(ref.pick.column));
    return choose(scope, ref, ReferencePicker(timeline_, ref.entity, ref.pick, ref.living, weights, stream_), 0);
  }
  Scope& target = new_scope(ref.entity, scope.block);
  target.optional = scope.optional;
  scope.references[&ref] = &target;
  const std::size_t picker = add(program_.pickers, InstancePicker(ref.pick, timeline_.popularity(ref.entity), stream_));
  Step& step = emit(scope.block, Op::Pick);
  step.subject = scope.subject;
  step.dst = target.subject;
  step.table = static_cast<std::uint32_t>(picker);
  embed_frozen(target, ref.embed_columns);
  return target;
}

/// The instance that the sibling's instance refers to, as of the creation of this row and not of that one.
Compiler::Scope& Compiler::through(Scope& scope, const Expression& ref) {
  for (const Field& sibling : *scope.fields) {
    if (sibling.name != ref.via || sibling.value->kind != Expression::Kind::Ref) continue;
    Scope& holder = reference(scope, *sibling.value, scope.prefix + sibling.name);
    for (const Field& field : *holder.fields) {
      if (field.value->kind != Expression::Kind::Ref || field.value->entity != ref.entity) continue;
      Scope& held = reference(holder, *field.value, holder.prefix + field.name);
      if (holder.optional || held.optional) return choose(scope, ref, std::nullopt, held.subject);
      Scope& target = new_scope(ref.entity, scope.block);
      scope.references[&ref] = &target;
      Step& step = emit(scope.block, Op::Same);
      step.subject = scope.subject;
      step.source = held.subject;
      step.dst = target.subject;
      embed_frozen(target, ref.embed_columns);
      return target;
    }
  }
  FRESHET_CHECK(false, "`via` names a reference to an entity that refers on");
  return scope;
}

/// An instance that there may be or not: picked, or (without a picker) that of subject `followed`.
Compiler::Scope& Compiler::choose(Scope& scope, const Expression& ref, std::optional<ReferencePicker> picker,
                                  SubjectIndex followed) {
  Scope& target = new_scope(ref.entity, new_block());
  target.optional = true;
  scope.references[&ref] = &target;
  const std::size_t chooser = add(program_.choosers, Program::Chooser{std::move(picker), target.block});
  Step& step = emit(scope.block, Op::Choose);
  step.subject = scope.subject;
  step.source = followed;
  step.dst = target.subject;
  step.table = static_cast<std::uint32_t>(chooser);
  embed_frozen(target, ref.embed_columns);
  return target;
}

Compiler::Scope& Compiler::parent(Scope& scope) {
  if (scope.parent != nullptr) return *scope.parent;
  const auto owner = scenario_.entity(scope.entity).per;
  FRESHET_CHECK(owner.has_value(), "only children have a parent");
  Scope& target = new_scope(*owner, scope.block);
  scope.parent = &target;
  Step& step = emit(scope.block, Op::Parent);
  step.subject = scope.subject;
  step.dst = target.subject;
  return target;
}

Compiler::Scope& Compiler::item_scope(Scope& scope, const Expression& list, const std::string& concern) {
  Scope& item = new_scope(scope.entity, new_block());
  item.fields = &list.fields;
  item.prefix = concern + '.';
  item.outer = &scope;
  return item;
}

Register Compiler::expression(Scope& scope, const Expression& value, const Place& place) {
  using enum Expression::Kind;
  use_stream(scope, place.concern);
  switch (value.kind) {
    case Constant:
      return emit_value(place, Op::Constant, value.type, add(program_.literals, value.literal));
    case Sequence:
      return emit_value(place, Op::Sequence, value.type,
                        add(program_.sequences, SequenceFormat(value.text, value.first)));
    case Uuid:
      return emit_value(place, Op::Uuid, value.type, 0);
    case Draw:
      return draw_value(value, place);
    case Choice:
      return choice(value, place);
    case Time:
      return time(value, place);
    case State: {
      Program::Texts names;
      for (const LifeState& state : scenario_.entity(scope.entity).life) names.emplace_back(state.name, Cell{});
      return emit_value(place, Op::State, value.type, add(program_.states, std::move(names)));
    }
    case Path:
      return path(scope, value, place.image);
    case List:
      return list(scope, value, place);
    case Sum:
      return sum(scope, value, place);
    case Multiply:
      return formula(scope, value, place, Arithmetic::Multiply);
    case Divide:
      return formula(scope, value, place, Arithmetic::Divide);
    case Add:
      return formula(scope, value, place, Arithmetic::Add);
    case Subtract:
      return formula(scope, value, place, Arithmetic::Subtract);
    case UuidOrdered:
      return emit_value(place, Op::OrderedUuid, value.type, 0);
    case Chance:
      return emit_value(place, Op::Chance, value.type, add(program_.shares, value.weights[0]));
    case Pattern:
      return emit_value(place, Op::Pattern, value.type, add(program_.patterns, PatternText(value.pattern)));
    case Words:
      return emit_value(place, Op::Words, value.type, add(program_.samplers, Sampler(value.law)));
    case Person:
      return person(scope, value, place);
    case Data: {
      const Program::DataRule rule{value.data, static_cast<std::size_t>(value.column)};
      return emit_value(place, Op::Data, value.type, add(program_.data, rule));
    }
    case When:
      return when(scope, value, place);
    case Nullable:
      return nullable(scope, value, place);
    case Ref:
      break;
  }
  FRESHET_CHECK(false, "a reference is a field, never a value");
  return 0;
}

Register Compiler::path(Scope& scope, const Expression& value, Image image) {
  if (value.parent) {
    Scope* row = &scope;
    while (row->outer != nullptr) row = row->outer;
    return column(parent(*row), value.column, Image::Current);
  }
  if (!value.outer) return column(scope, value.column, image);
  FRESHET_CHECK(scope.outer != nullptr, "only a list item has something around it");
  return column(*scope.outer, value.column, image);
}

Register Compiler::draw_value(const Expression& value, const Place& place) {
  const Op op = value.type.kind == Kind::Double ? Op::Real : Op::Whole;
  return emit_value(place, op, value.type, add(program_.samplers, Sampler(value.law)));
}

Register Compiler::choice(const Expression& value, const Place& place) {
  std::vector<double> weights = value.weights;
  if (weights.empty()) weights.assign(value.values.size(), 1.0);
  Program::ChoiceTable table{AliasTable(weights), {}};
  for (const std::string& text : value.values) table.values.emplace_back(text, Cell{});
  return emit_value(place, Op::Choice, value.type, add(program_.choices, std::move(table)));
}

namespace {

/// Of a date between two others; none when they are too far apart for a table.
std::optional<Program::DayRule> days_between(const Expression& value, Micros zone) {
  constexpr std::int64_t kDay = 24 * 3600 * kMicrosPerSecond.count();
  if (value.instant != Expression::Instant::Absolute || value.form != Expression::TimeForm::Date || value.minus) {
    return std::nullopt;
  }
  Sampler instant(value.law);
  const auto range = instant.even_range();
  if (!range) return std::nullopt;
  const std::int64_t first = floor_divide(range->least + zone.count(), kDay);
  const std::int64_t last = floor_divide(range->most + zone.count(), kDay);
  const auto days = static_cast<std::size_t>(last - first) + 1;
  if (first < DayTexts::kFirst || last > DayTexts::kLast || days > DayTexts::kMostDays) return std::nullopt;
  return Program::DayRule{std::move(instant), first * kDay - zone.count(), DayTexts(first, days)};
}

}  // namespace

Register Compiler::time(const Expression& value, const Place& place) {
  const Micros shift = value.zone_minutes * 60 * kMicrosPerSecond;
  if (const auto days = days_between(value, shift)) {
    return emit_value(place, Op::Day, value.type, add(program_.days, *days));
  }
  Program::TimeRule rule{value.instant,      value.form, shift, zone_text(value.zone_minutes),
                         Sampler(value.law), value.minus};
  return emit_value(place, Op::Time, value.type, add(program_.times, std::move(rule)));
}

Register Compiler::formula(Scope& scope, const Expression& value, const Place& place, Arithmetic operation) {
  Program::Formula formula{operation, {}};
  for (std::size_t i = 0; i < value.operands.size(); ++i) {
    Place inner = place;
    inner.concern += '/' + std::to_string(i);
    const Expression& operand = *value.operands[i];
    formula.terms.push_back({expression(scope, operand, inner), operand.type.scale});
  }
  FRESHET_CHECK(!formula.terms.empty() && (operation != Arithmetic::Divide || formula.terms.size() == 2),
                "arithmetic has operands, a division two");
  return emit_value(place, Op::Arithmetic, value.type, add(program_.formulas, std::move(formula)));
}

Register Compiler::list(Scope& scope, const Expression& value, const Place& place) {
  Scope& item = item_scope(scope, value, place.concern);
  item.whole_row = true;
  const std::size_t width = value.type.item->width();
  Program::ListRule rule{Sampler(value.law), item.subject, item.block, width, outputs_of(item, width), {}};
  rule.picks = picks_of(item);
  use_stream(scope, place.concern);
  return emit_value(place, Op::List, value.type, add(program_.lists, std::move(rule)));
}

Register Compiler::sum(Scope& scope, const Expression& value, const Place& place) {
  const auto [field, part] = field_of(*scope.fields, scope.outer == nullptr ? 1 : 0, value.column);
  FRESHET_CHECK(field != nullptr && field->value->kind == Expression::Kind::List, "a sum is over a list");
  if (!scope.whole_row) return sum_of_items(scope, *field, value, place);
  const Register source = column(scope, value.column, place.image);
  const Program::CellSum rule{field->value->type.item->width(), static_cast<std::size_t>(value.item_column)};
  const Register dst = emit_value(place, Op::SumOfCells, value.type, add(program_.cell_sums, rule));
  blocks_[place.block].back().source = source;
  return dst;
}

/// Of an instance of which little else is asked: the items are computed as far as the sum needs them, and not kept.
Register Compiler::sum_of_items(Scope& scope, const Field& field, const Expression& value, const Place& place) {
  const std::string concern = scope.prefix + field.name;
  Scope& item = item_scope(scope, *field.value, concern);
  const Register summed = column(item, value.item_column, Image::Current);
  Program::ListRule rule{Sampler(field.value->law), item.subject, item.block, 1, {{summed, 1, 0}}, {}};
  rule.picks = picks_of(item);
  use_stream(scope, concern);
  return emit_value(place, Op::SumOfItems, value.type, add(program_.lists, std::move(rule)));
}

/// Steps of their own for a value that may not be wanted. Columns that it reads are computed outside, always.
Program::Alternative Compiler::alternative(Scope& scope, const Expression& value, Place place) {
  place.block = new_block();
  const BlockIndex block = place.block;
  return {block, expression(scope, value, place)};
}

Register Compiler::when(Scope& scope, const Expression& value, const Place& place) {
  Program::Condition condition;
  condition.at_least = value.at_least;
  condition.text = value.operands[0]->type.kind == Kind::Text;
  const Register tested = expression(scope, *value.operands[0], place);
  for (std::size_t i = 1; i < value.operands.size(); ++i) {
    Place inner = place;
    const auto index = static_cast<std::uint32_t>(i - 1);
    if (i + 1 == value.operands.size()) {
      inner.concern += "/else";
    } else if (condition.text) {
      inner.concern += '/' + value.values[index];
      condition.texts.emplace_back(value.values[index], index);
    } else {
      inner.concern += '/' + std::to_string(value.thresholds[index]);
      condition.thresholds.emplace_back(value.thresholds[index], index);
    }
    condition.alternatives.push_back(alternative(scope, *value.operands[i], inner));
  }
  std::sort(condition.texts.begin(), condition.texts.end());
  std::sort(condition.thresholds.begin(), condition.thresholds.end());
  const Register dst = emit_value(place, Op::When, value.type, add(program_.conditions, std::move(condition)));
  blocks_[place.block].back().source = tested;
  return dst;
}

Register Compiler::nullable(Scope& scope, const Expression& value, const Place& place) {
  const Program::NullableRule rule{value.weights[0], alternative(scope, *value.operands[0], place)};
  use_stream(scope, place.concern + "/null");
  return emit_value(place, Op::Nullable, value.type, add(program_.nullables, rule));
}

/// The stream is the person's and not the field's: all parts of one person take the same draw.
Register Compiler::person(Scope& scope, const Expression& value, const Place& place) {
  const std::string group = scope.prefix + value.path;
  auto [at, fresh] = peoples_.try_emplace(scenario_.entity(scope.entity).name + '/' + group, program_.peoples.size());
  if (fresh) program_.peoples.emplace_back(value.locales, value.weights);
  use_stream(scope, "#person/" + group);
  const Program::PersonRule rule{person_part(value.text), at->second};
  return emit_value(place, Op::Person, value.type, add(program_.people, rule));
}

Program compile(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, EntityId entity,
                FrozenRows& frozen, const WeightsOf& weights) {
  return Compiler(scenario, timeline, seed, frozen, weights).compile(entity);
}

}  // namespace freshet
