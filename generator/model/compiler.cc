#include "generator/model/compiler.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"

namespace freshet {
namespace {

/// Which image of an instance: as its version is, or as version 1 was (what a `set` starts from).
enum class Image : std::uint8_t { Current, First };

/// Instance or list item while its columns are being compiled. Columns are compiled when they are asked for, so that
/// they come in order of dependence, once each, and only if needed.
struct Scope {
  EntityId entity{};
  const std::vector<Field>* fields = nullptr;
  std::string prefix;      ///< of the concerns of its draws: "" or "basketItems."
  SubjectIndex subject{};  ///< at run time
  BlockIndex block{};      ///< where its columns are computed
  Scope* outer = nullptr;  ///< of an item: the row that holds the list
  bool whole_row = false;  ///< all of its columns are asked for
  Scope* parent = nullptr;
  std::map<const Expression*, Scope*> references;
  std::map<std::pair<int, Image>, Register> columns;
  std::map<int, std::uint16_t> slots;  ///< by column
};

/// Where an expression's steps go, and for whom they draw.
struct Place {
  BlockIndex block;
  SubjectIndex subject;
  Image image;
  std::string concern;  ///< names the stream
};

constexpr Register kPending = std::numeric_limits<Register>::max();

class Compiler {
 public:
  Compiler(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, const WeightsOf& weights)
      : scenario_(scenario), timeline_(timeline), seed_(seed), weights_(weights) {}

  Program compile(EntityId entity) {
    Scope& row = new_scope(entity, new_block());
    row.whole_row = true;
    const auto width = static_cast<int>(scenario_.entity(entity).record.width());
    for (int i = 0; i < width; ++i) program_.outputs.push_back(column(row, i, Image::Current));
    for (const std::vector<Step>& block : blocks_) {
      Program::Block& range = program_.blocks.emplace_back();
      range.begin = static_cast<std::uint32_t>(program_.steps.size());
      program_.steps.insert(program_.steps.end(), block.begin(), block.end());
      range.end = static_cast<std::uint32_t>(program_.steps.size());
    }
    return std::move(program_);
  }

 private:
  BlockIndex new_block() {
    blocks_.emplace_back();
    return static_cast<BlockIndex>(blocks_.size() - 1);
  }
  Register new_register() {
    FRESHET_CHECK(program_.registers < kPending, "an entity's rows need below 65,535 values");
    return static_cast<Register>(program_.registers++);
  }
  SubjectIndex new_subject(EntityId entity) {
    Program::SubjectRule rule;
    rule.entity = entity;
    rule.updates = timeline_.updates(entity);
    rule.lives = timeline_.has_life(entity);
    program_.subjects.push_back(std::move(rule));
    return static_cast<SubjectIndex>(program_.subjects.size() - 1);
  }
  Scope& new_scope(EntityId entity, BlockIndex block) {
    Scope& scope = scopes_.emplace_back();
    scope.entity = entity;
    scope.fields = &scenario_.entity(entity).fields;
    scope.block = block;
    scope.subject = new_subject(entity);
    return scope;
  }
  Step& emit(BlockIndex block, Op op) {
    Step& step = blocks_[block].emplace_back();
    step.op = op;
    return step;
  }
  Register emit_value(const Place& place, Op op, const ColumnType& type, std::size_t table) {
    const Register dst = new_register();
    Step& step = emit(place.block, op);
    step.kind = type.kind;
    step.scale = static_cast<std::uint8_t>(type.scale);
    step.subject = place.subject;
    step.dst = dst;
    step.table = static_cast<std::uint32_t>(table);
    step.stream = stream_;
    return dst;
  }

  Register column(Scope& scope, int index, Image image);
  Register stored_column(Scope& scope, int index, Image image);
  Register field_column(Scope& scope, const Field& field, int index, Image image);
  Register override_column(Scope& scope, const Field& field, int index, Register first);
  Scope& reference(Scope& scope, const Expression& ref, const std::string& concern);
  Scope& through(Scope& scope, const Expression& ref);
  Scope& parent(Scope& scope);
  Scope& item_scope(Scope& scope, const Expression& list, const std::string& concern);

  Register expression(Scope& scope, const Expression& value, const Place& place);
  Register path(Scope& scope, const Expression& value, Image image);
  Register draw_value(const Expression& value, const Place& place);
  Register choice(const Expression& value, const Place& place);
  Register time(const Expression& value, const Place& place);
  Register formula(Scope& scope, const Expression& value, const Place& place, Arithmetic operation);
  Register list(Scope& scope, const Expression& value, const Place& place);
  Register sum(Scope& scope, const Expression& value, const Place& place);
  Register sum_of_items(Scope& scope, const Field& list, const Expression& value, const Place& place);
  Program::Alternative alternative(Scope& scope, const Expression& value, Place place);
  Register when(Scope& scope, const Expression& value, const Place& place);
  Register nullable(Scope& scope, const Expression& value, const Place& place);
  Register person(Scope& scope, const Expression& value, const Place& place);

  void use_stream(const Scope& scope, const std::string& concern) {
    stream_ = stream_of(seed_, scenario_.entity(scope.entity).name, concern);
  }
  template <typename Table, typename Entry>
  static std::size_t add(Table& table, Entry&& entry) {
    table.push_back(std::forward<Entry>(entry));
    return table.size() - 1;
  }

  const Scenario& scenario_;
  const Timeline& timeline_;
  std::uint64_t seed_;
  const WeightsOf& weights_;
  Stream stream_{};
  Program program_;
  std::deque<Scope> scopes_;  // addresses must hold
  std::vector<std::vector<Step>> blocks_;
  std::map<std::string, std::size_t> peoples_;  ///< by entity and group: in program_.peoples
};

std::size_t width_of(const Field& field) {
  return field.value->kind == Expression::Kind::Ref ? field.value->embed_columns.size() : 1;
}

/// The field that a column belongs to, and which of the field's columns it is.
std::pair<const Field*, int> field_of(const std::vector<Field>& fields, int first, int column) {
  for (const Field& field : fields) {
    const auto width = static_cast<int>(width_of(field));
    if (column < first + width) return {&field, column - first};
    first += width;
  }
  return {nullptr, 0};
}

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
    if (entity.key->kind == Expression::Kind::Uuid || entity.key->kind == Expression::Kind::UuidOrdered) {
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
  if (image == Image::Current && scope.outer == nullptr) {
    const Entity& entity = scenario_.entity(scope.entity);
    bool settable = false;
    for (const LifeState& state : entity.life) {
      for (const Field& set : state.set) settable = settable || set.name == field.name;
    }
    for (const Load& load : scenario_.load) {
      if (load.entity != scope.entity) continue;
      for (const Field& set : load.set) settable = settable || set.name == field.name;
    }
    if (settable) return override_column(scope, field, index, column(scope, index, Image::First));
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

Scope& Compiler::reference(Scope& scope, const Expression& ref, const std::string& concern) {
  const auto known = scope.references.find(&ref);
  if (known != scope.references.end()) return *known->second;
  if (!ref.via.empty()) return through(scope, ref);
  Scope& target = new_scope(ref.entity, scope.block);
  scope.references[&ref] = &target;
  use_stream(scope, concern);
  std::vector<double> weights;
  if (ref.pick.law == Pick::Law::Weighted) weights = weights_(ref.entity, static_cast<std::size_t>(ref.pick.column));
  const std::size_t picker =
      add(program_.pickers, ReferencePicker(timeline_, ref.entity, ref.pick, ref.living, weights, stream_));
  Step& step = emit(scope.block, Op::Pick);
  step.subject = scope.subject;
  step.dst = target.subject;
  step.table = static_cast<std::uint32_t>(picker);
  return target;
}

/// The instance that the sibling's instance refers to, as of the creation of this row and not of that one.
Scope& Compiler::through(Scope& scope, const Expression& ref) {
  for (const Field& sibling : *scope.fields) {
    if (sibling.name != ref.via || sibling.value->kind != Expression::Kind::Ref) continue;
    Scope& holder = reference(scope, *sibling.value, scope.prefix + sibling.name);
    for (const Field& field : *holder.fields) {
      if (field.value->kind != Expression::Kind::Ref || field.value->entity != ref.entity) continue;
      Scope& held = reference(holder, *field.value, holder.prefix + field.name);
      Scope& target = new_scope(ref.entity, scope.block);
      scope.references[&ref] = &target;
      Step& step = emit(scope.block, Op::Same);
      step.subject = scope.subject;
      step.source = held.subject;
      step.dst = target.subject;
      return target;
    }
  }
  FRESHET_CHECK(false, "`via` names a reference to an entity that refers on");
  return scope;
}

Scope& Compiler::parent(Scope& scope) {
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

Scope& Compiler::item_scope(Scope& scope, const Expression& list, const std::string& concern) {
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
      std::vector<std::string> names;
      for (const LifeState& state : scenario_.entity(scope.entity).life) names.push_back(state.name);
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
  Program::ChoiceTable table{AliasTable(weights), Row{}};
  table.values.reset(value.values.size());
  for (std::size_t i = 0; i < value.values.size(); ++i) table.values.cells[i] = table.values.add_text(value.values[i]);
  return emit_value(place, Op::Choice, value.type, add(program_.choices, std::move(table)));
}

Register Compiler::time(const Expression& value, const Place& place) {
  const int minutes = value.zone_minutes < 0 ? -value.zone_minutes : value.zone_minutes;
  std::string zone(1, value.zone_minutes < 0 ? '-' : '+');
  for (const int part : {minutes / 60, minutes % 60}) {
    if (zone.size() > 1) zone += ':';
    zone += static_cast<char>('0' + part / 10);
    zone += static_cast<char>('0' + part % 10);
  }
  const Micros shift = static_cast<Micros>(value.zone_minutes) * 60 * kMicrosPerSecond;
  Program::TimeRule rule{value.instant, value.form, shift, std::move(zone), Sampler(value.law), value.minus};
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
  Program::ListRule rule{Sampler(value.law), item.subject, item.block, {}};
  const auto width = static_cast<int>(value.type.item->width());
  for (int i = 0; i < width; ++i) rule.columns.push_back(column(item, i, Image::Current));
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
  Program::ListRule rule{Sampler(field.value->law), item.subject, item.block, {}};
  rule.columns.push_back(column(item, value.item_column, Image::Current));
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

}  // namespace

Program compile(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, EntityId entity,
                const WeightsOf& weights) {
  return Compiler(scenario, timeline, seed, weights).compile(entity);
}

}  // namespace freshet
