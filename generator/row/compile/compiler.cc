#include "generator/row/compile/compiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "generator/row/columns.h"
#include "generator/row/compile/compilation.h"

namespace freshet {

Register Compiler::column(Scope& scope, ColumnIndex index, Image image) {
  const auto [at, fresh] = scope.columns.try_emplace({index, image}, kPending);
  FRESHET_CHECK(fresh || at->second != kPending, "a column does not depend on itself");
  if (fresh) {
    const Register value = stored_column(scope, index, image);
    scope.columns[{index, image}] = value;
    return value;
  }
  return at->second;
}

Register Compiler::stored_column(Scope& scope, ColumnIndex index, Image image) {
  const Entity& entity = scenario_.entity(scope.entity);
  const bool row = scope.outer == nullptr;
  const Place place{scope.block, scope.subject, image, row ? "#key" : ""};
  if (row && index == ColumnIndex{0}) {
    const bool uuid = entity.key->is<constructs::Uuid>() || entity.key->is<constructs::OrderedUuid>();
    if (uuid || entity.changes_key()) {
      return emit_value(place, Op::Key, entity.key->type, index_of(scope.entity));
    }
    return expression(scope, *entity.key, place);
  }
  if (row && index == entity.version_column) return emit_value(place, Op::Stamp, {Kind::Integer, 0, 0, {}}, 0);
  if (row && index == entity.updated_at_column) return emit_value(place, Op::UpdatedAt, {Kind::Time, 0, 0, {}}, 0);
  const auto [field, part] = field_of(*scope.fields, scope.first_column(), index);
  FRESHET_CHECK(field != nullptr, "every column belongs to a field");
  if (const auto* ref = field->value->as<constructs::Ref>()) {
    return column(reference(scope, *ref, scope.prefix + field->name), ref->embed_columns[part], Image::Current);
  }
  return field_column(scope, *field, index, image);
}

Register Compiler::field_column(Scope& scope, const Field& field, ColumnIndex index, Image image) {
  if (image == Image::Current && scope.outer == nullptr && settable(scenario_, scope.entity, field)) {
    return override_column(scope, field, index, column(scope, index, Image::First));
  }
  return expression(scope, *field.value, Place{scope.block, scope.subject, image, scope.prefix + field.name});
}

Register Compiler::override_column(Scope& scope, const Field& field, ColumnIndex index, Register first) {
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
      consider(scenario_.load[updates->loads()[i].load].set(), std::to_string(i));
    }
  }
  rule.slot = static_cast<std::uint16_t>(add(program_.slots, std::move(slot)));
  program_.subjects[scope.subject].slots.push_back(rule.slot);
  const ColumnType& type = entity.record[index].type;
  const std::size_t table = add(program_.overrides, std::move(rule));
  const Register dst = emit_value({scope.block, scope.subject, Image::Current, {}}, Op::Override, type, table);
  blocks_[scope.block].back().source = first;
  return dst;
}

Compiler::Scope& Compiler::reference(Scope& scope, const constructs::Ref& ref, const std::string& concern) {
  const auto known = scope.references.find(&ref);
  if (known != scope.references.end()) return *known->second;
  if (!ref.via.empty()) return through(scope, ref);
  use_stream(scope, concern);
  const auto* weighted = ref.pick.as<picks::Weighted>();
  const bool arrives = timeline_.arrivals(ref.entity) != nullptr;
  if (ref.living || weighted != nullptr || ref.pick.is<picks::Recent>() || arrives) {
    std::vector<double> weights;
    if (weighted != nullptr) weights = weights_(ref.entity, weighted->column);
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

/// The instance that the sibling's instance refers to, as of the creation of this row, not of that one.
Compiler::Scope& Compiler::through(Scope& scope, const constructs::Ref& ref) {
  for (const Field& sibling : *scope.fields) {
    const auto* through = sibling.name == ref.via ? sibling.value->as<constructs::Ref>() : nullptr;
    if (through == nullptr) continue;
    Scope& holder = reference(scope, *through, scope.prefix + sibling.name);
    for (const Field& field : *holder.fields) {
      const auto* on = field.value->as<constructs::Ref>();
      if (on == nullptr || on->entity != ref.entity) continue;
      Scope& held = reference(holder, *on, holder.prefix + field.name);
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

/// An instance that may not exist: picked, or (without a picker) that of subject `followed`.
Compiler::Scope& Compiler::choose(Scope& scope, const constructs::Ref& ref, std::optional<ReferencePicker> picker,
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

Compiler::Scope& Compiler::item_scope(Scope& scope, const constructs::List& list, const std::string& concern) {
  Scope& item = new_scope(scope.entity, new_block());
  item.fields = &list.fields;
  item.prefix = concern + '.';
  item.outer = &scope;
  return item;
}

Register Compiler::expression(Scope& scope, const Expression& value, const Place& place) {
  namespace c = constructs;
  use_stream(scope, place.concern);
  const ColumnType& type = value.type;
  const auto step = [&](Op op, std::size_t table) { return emit_value(place, op, type, table); };
  return std::visit(
      Overloaded{
          [&](const c::Constant& constant) { return step(Op::Constant, add(program_.literals, constant.literal)); },
          [&](const c::Sequence& sequence) {
            return step(Op::Sequence, add(program_.sequences, SequenceFormat(sequence.text, sequence.first)));
          },
          [&](const c::Uuid&) { return step(Op::Uuid, 0); },
          [&](const c::OrderedUuid&) { return step(Op::OrderedUuid, 0); },
          [&](const c::Draw& draw) { return draw_value(draw, type, place); },
          [&](const c::Choice& choosing) { return choice(choosing, type, place); },
          [&](const c::Time& instant) { return time(instant, type, place); },
          [&](const c::State&) { return state(scope, type, place); },
          [&](const c::Path& column) { return path(scope, column, place.image); },
          [&](const c::List& items) { return list(scope, items, type, place); },
          [&](const c::Sum& summed) { return sum(scope, summed, type, place); },
          [&](const c::Arithmetic& arithmetic) { return formula(scope, arithmetic, type, place); },
          [&](const c::Chance& chance) { return step(Op::Chance, add(program_.shares, chance.share)); },
          [&](const c::Pattern& pattern) {
            return step(Op::Pattern, add(program_.patterns, PatternText(pattern.parts)));
          },
          [&](const c::Words& words) { return step(Op::Words, add(program_.samplers, Sampler(words.length))); },
          [&](const c::Person& part) { return person(scope, part, type, place); },
          [&](const c::Data& data) {
            return step(Op::Data, add(program_.data, Program::DataRule{data.table, index_of(data.column)}));
          },
          [&](const c::When& condition) { return when(scope, condition, type, place); },
          [&](const c::Nullable& chance) { return nullable(scope, chance, type, place); },
          [](const c::Ref&) -> Register {
            FRESHET_CHECK(false, "a reference is a field, never a value");
            return 0;
          },
      },
      value.construct);
}

Register Compiler::state(const Scope& scope, const ColumnType& type, const Place& place) {
  Program::Texts names;
  for (const LifeState& each : scenario_.entity(scope.entity).life) names.emplace_back(each.name, Cell{});
  return emit_value(place, Op::State, type, add(program_.states, std::move(names)));
}

Register Compiler::path(Scope& scope, const constructs::Path& path, Image image) {
  switch (path.record) {
    case constructs::Path::Record::Own:
      return column(scope, path.column, image);
    case constructs::Path::Record::Outer:
      FRESHET_CHECK(scope.outer != nullptr, "only a list item has something around it");
      return column(*scope.outer, path.column, image);
    case constructs::Path::Record::Parent:
      break;
  }
  Scope* row = &scope;
  while (row->outer != nullptr) row = row->outer;
  return column(parent(*row), path.column, Image::Current);
}

Register Compiler::draw_value(const constructs::Draw& draw, const ColumnType& type, const Place& place) {
  const Op op = type.kind == Kind::Double ? Op::Real : Op::Whole;
  return emit_value(place, op, type, add(program_.samplers, Sampler(draw.distribution)));
}

Register Compiler::choice(const constructs::Choice& choice, const ColumnType& type, const Place& place) {
  std::vector<double> weights = choice.weights;
  if (weights.empty()) weights.assign(choice.values.size(), 1.0);
  Program::ChoiceTable table{AliasTable(weights), {}};
  for (const std::string& text : choice.values) table.values.emplace_back(text, Cell{});
  return emit_value(place, Op::Choice, type, add(program_.choices, std::move(table)));
}

namespace {

/// For a date between two others; none when they are too far apart for a table.
std::optional<Program::DayRule> days_between(const constructs::Time& time, Micros zone) {
  using Time = constructs::Time;
  constexpr std::int64_t kDay = 24 * 3600 * kMicrosPerSecond.count();
  if (time.instant != Time::Instant::Absolute || time.form != Time::Form::Date || time.minus) return std::nullopt;
  Sampler instant(time.offset);
  const auto range = instant.even_range();
  if (!range) return std::nullopt;
  const std::int64_t first = floor_divide(range->least + zone.count(), kDay);
  const std::int64_t last = floor_divide(range->most + zone.count(), kDay);
  const auto days = static_cast<std::size_t>(last - first) + 1;
  if (first < DayTexts::kFirst || last > DayTexts::kLast || days > DayTexts::kMostDays) return std::nullopt;
  return Program::DayRule{std::move(instant), first * kDay - zone.count(), DayTexts(first, days)};
}

}  // namespace

Register Compiler::time(const constructs::Time& time, const ColumnType& type, const Place& place) {
  const Micros shift = time.zone_minutes * 60 * kMicrosPerSecond;
  if (const auto days = days_between(time, shift)) {
    return emit_value(place, Op::Day, type, add(program_.days, *days));
  }
  Program::TimeRule rule{time.instant,         time.form, shift, zone_text(time.zone_minutes),
                         Sampler(time.offset), time.minus};
  return emit_value(place, Op::Time, type, add(program_.times, std::move(rule)));
}

Register Compiler::formula(Scope& scope, const constructs::Arithmetic& arithmetic, const ColumnType& type,
                           const Place& place) {
  Program::Formula formula{arithmetic.operation, {}};
  for (std::size_t i = 0; i < arithmetic.operands.size(); ++i) {
    Place inner = place;
    inner.concern += '/' + std::to_string(i);
    const Expression& operand = *arithmetic.operands[i];
    formula.terms.push_back({expression(scope, operand, inner), operand.type.scale});
  }
  const bool divides = arithmetic.operation == constructs::Arithmetic::Operation::Divide;
  FRESHET_CHECK(!formula.terms.empty() && (!divides || formula.terms.size() == 2),
                "arithmetic has operands, a division two");
  return emit_value(place, Op::Formula, type, add(program_.formulas, std::move(formula)));
}

Register Compiler::list(Scope& scope, const constructs::List& list, const ColumnType& type, const Place& place) {
  Scope& item = item_scope(scope, list, place.concern);
  item.whole_row = true;
  const std::size_t width = type.item->width();
  Program::ListRule rule{Sampler(list.count), item.subject, item.block, width, outputs_of(item, width), {}};
  rule.picks = picks_of(item);
  use_stream(scope, place.concern);
  return emit_value(place, Op::List, type, add(program_.lists, std::move(rule)));
}

Register Compiler::sum(Scope& scope, const constructs::Sum& sum, const ColumnType& type, const Place& place) {
  const Field* field = field_of(*scope.fields, scope.first_column(), sum.list).field;
  FRESHET_CHECK(field != nullptr && field->value->is<constructs::List>(), "a sum is over a list");
  if (!scope.whole_row) return sum_of_items(scope, *field, sum, type, place);
  const Register source = column(scope, sum.list, place.image);
  const Program::CellSum rule{field->value->type.item->width(), index_of(sum.column)};
  const Register dst = emit_value(place, Op::SumOfCells, type, add(program_.cell_sums, rule));
  blocks_[place.block].back().source = source;
  return dst;
}

/// For an instance of which little else is asked: the items are computed as far as the sum needs them, and not kept.
Register Compiler::sum_of_items(Scope& scope, const Field& field, const constructs::Sum& sum, const ColumnType& type,
                                const Place& place) {
  const std::string concern = scope.prefix + field.name;
  const auto& list = std::get<constructs::List>(field.value->construct);
  Scope& item = item_scope(scope, list, concern);
  const Register summed = column(item, sum.column, Image::Current);
  Program::ListRule rule{Sampler(list.count), item.subject, item.block, 1, {{summed, 1, 0}}, {}};
  rule.picks = picks_of(item);
  use_stream(scope, concern);
  return emit_value(place, Op::SumOfItems, type, add(program_.lists, std::move(rule)));
}

/// Compiles a value that may not be needed into steps of its own. Columns that it reads are always computed outside.
Program::Alternative Compiler::alternative(Scope& scope, const Expression& value, Place place) {
  place.block = new_block();
  const BlockIndex block = place.block;
  return {block, expression(scope, value, place)};
}

Register Compiler::when(Scope& scope, const constructs::When& when, const ColumnType& type, const Place& place) {
  Program::Condition condition;
  condition.at_least = when.at_least;
  condition.text = when.tested->type.kind == Kind::Text;
  const Register tested = expression(scope, *when.tested, place);
  for (const constructs::When::Case& each : when.cases) {
    Place inner = place;
    const auto index = static_cast<std::uint32_t>(condition.alternatives.size());
    std::visit(Overloaded{[&](const std::string& text) {
                            inner.concern += '/' + text;
                            condition.texts.emplace_back(text, index);
                          },
                          [&](std::int64_t threshold) {
                            inner.concern += '/' + std::to_string(threshold);
                            condition.thresholds.emplace_back(threshold, index);
                          }},
               each.value);
    condition.alternatives.push_back(alternative(scope, *each.result, inner));
  }
  Place otherwise = place;
  otherwise.concern += "/else";
  condition.alternatives.push_back(alternative(scope, *when.otherwise, otherwise));
  std::sort(condition.texts.begin(), condition.texts.end());
  std::sort(condition.thresholds.begin(), condition.thresholds.end());
  const Register dst = emit_value(place, Op::When, type, add(program_.conditions, std::move(condition)));
  blocks_[place.block].back().source = tested;
  return dst;
}

Register Compiler::nullable(Scope& scope, const constructs::Nullable& nullable, const ColumnType& type,
                            const Place& place) {
  const Program::NullableRule rule{nullable.share, alternative(scope, *nullable.value, place)};
  use_stream(scope, place.concern + "/null");
  return emit_value(place, Op::Nullable, type, add(program_.nullables, rule));
}

/// The stream belongs to the person, not to the field: all parts of one person use the same draw.
Register Compiler::person(Scope& scope, const constructs::Person& person, const ColumnType& type, const Place& place) {
  const std::string group = scope.prefix + person.group;
  auto [at, fresh] = peoples_.try_emplace(scenario_.entity(scope.entity).name + '/' + group, program_.peoples.size());
  if (fresh) program_.peoples.emplace_back(person.locales, person.weights);
  use_stream(scope, "#person/" + group);
  const Program::PersonRule rule{person_part(person.part), at->second};
  return emit_value(place, Op::Person, type, add(program_.people, rule));
}

Program compile(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, EntityId entity,
                FrozenRows& frozen, const WeightsOf& weights) {
  return Compiler(scenario, timeline, seed, frozen, weights).compile(entity);
}

}  // namespace freshet
