#include "generator/row/machine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>

#include "base/result.h"
#include "generator/row/running.h"

namespace freshet {

inline void Machine::enter(SubjectIndex index, Ordinal ordinal, Micros created, Version version, Micros instant) {
  const Program::SubjectRule& rule = program_.subjects[index];
  Subject& subject = subjects_[index];
  subject = Subject{ordinal, ordinal, created, created, 1, 0, false, 0, 0};
  for (const std::uint16_t slot : rule.slots) choices_[slot] = Choice{};
  if (rule.updates != nullptr) {
    if (!rule.updates->of(ordinal).empty()) follow_updates(rule, subject, version, instant);
  } else if (rule.lives) {
    follow_life(rule, subject, version, instant);
  }
}

void Machine::follow_updates(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant) {
  const auto entries = rule.updates->of(subject.ordinal);
  const Version first = rule.updates->first();
  auto count = static_cast<Version>(entries.size());
  if (version != kAnyVersion) count = std::min(count, version - first);
  if (instant != kAnyInstant) count = std::min(count, rule.updates->version_at(subject.ordinal, instant) - first);
  if (count > 0 && entries[count - 1].operation == Operation::Delete) --count;  // the image before it
  if (count == 0) return;
  subject.version = first + count;
  subject.intended = entries[count - 1].intended;
  for (const std::uint16_t slot : rule.slots) {
    const std::vector<int>& by_cause = program_.slots[slot].by_cause;
    for (Version i = count; i > 0; --i) {
      const int alternative = by_cause[entries[i - 1].load];
      if (alternative < 0) continue;
      choices_[slot] = Choice{alternative, first + i, entries[i - 1].intended};
      break;
    }
  }
}

void Machine::follow_life(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant) {
  LifePoint point{.intended = subject.created};
  while (point.version < version && world_.timeline.advance(rule.entity, subject.ordinal, point)) {
    if (point.intended > instant) return;
    if (point.operation == Operation::Delete) continue;  // the image before it, unless the life continues
    subject.version = point.version;
    subject.intended = point.intended;
    subject.state = point.state;
    subject.key_changes = point.key_changes;
    for (const std::uint16_t slot : rule.slots) {
      const int alternative = program_.slots[slot].by_cause[point.state];
      if (alternative >= 0) choices_[slot] = Choice{alternative, point.version, point.intended};
    }
  }
}

void Machine::enter_parent(const Step& step) {
  const Subject& child = subjects_[step.subject];
  const EntityId entity = program_.subjects[step.subject].entity;
  const Micros created = world_.timeline.parent_created(entity, child.ordinal, child.created);
  enter(step.dst, world_.timeline.owner(entity, child.ordinal), created, kAnyVersion, child.created);
}

Cell Machine::sequence(const Step& step) {
  const SequenceFormat& format = program_.sequences[step.table];
  const Ordinal ordinal = subjects_[step.subject].ordinal;
  if (step.kind != Kind::Text) return number(step, format.number(ordinal));
  Cell cell = text([&](std::string& out) { format.append(ordinal, out); });
  cell.plain = format.plain();
  return cell;
}

Cell Machine::key(const Step& step) {
  const EntityKey& key = world_.keys[step.table];
  const Subject& subject = subjects_[step.subject];
  if (key.sequence) return text([&](std::string& out) { key.sequence->append(subject.key_number(), out); });
  const UuidText uuid = key.uuid_of(subject.key_number(), world_.epoch + subject.created);
  return plain_text({uuid.data(), uuid.size()});
}

Cell Machine::uuid(const Step& step) {
  const std::uint64_t first = random(step);
  const std::uint64_t second = mix64(first ^ kGolden);
  const UuidText text = render_uuid(first >> 16, first, second);
  return plain_text({text.data(), text.size()});
}

Cell Machine::ordered_uuid(const Step& step) {
  const Subject& subject = subjects_[step.subject];
  const std::uint64_t first = random(step);
  const UuidText text = render_ordered_uuid(world_.epoch + subject.created, first, mix64(first ^ kGolden));
  return plain_text({text.data(), text.size()});
}

Cell Machine::time(const Step& step) {
  using Form = constructs::Time::Form;
  const Program::TimeRule& rule = program_.times[step.table];
  const Subject& subject = subjects_[step.subject];
  WallTime base{};
  if (rule.instant == constructs::Time::Instant::Created) base = world_.epoch + subject.created;
  if (rule.instant == constructs::Time::Instant::Intended) base = world_.epoch + subject.intended;
  const Micros offset{rule.offset.whole(random(step))};
  const WallTime at = rule.minus ? base - offset : base + offset;
  switch (rule.form) {
    case Form::Native:
      return time_cell(epoch_micros(at));
    case Form::WholeSeconds:
      return integer_cell(floor_divide(epoch_micros(at), kMicrosPerSecond.count()));
    case Form::WholeMillis:
      return integer_cell(floor_divide(epoch_micros(at), 1000));
    case Form::WholeMicros:
      return integer_cell(epoch_micros(at));
    default: {
      Cell cell =
          text([&](std::string& out) { append_time_text(times_, rule.form, at, rule.zone, rule.zone_text, out); });
      cell.plain = true;
      return cell;
    }
  }
}

Cell Machine::data(const Step& step) {
  const Program::DataRule& rule = program_.data[step.table];
  const Row& line = rule.table->rows[subjects_[step.subject].ordinal % rule.table->rows.size()];
  const Cell& cell = line.cells[rule.column];
  if (cell.kind != Kind::Text) return cell;
  Cell lent;
  lent.kind = Kind::Text;
  lent.lent = true;
  lent.number = std::bit_cast<std::int64_t>(line.text_of(cell).data());
  lent.size = cell.size;
  return lent;
}

Cell Machine::when(const Step& step) {
  const Program::Alternative& chosen = program_.conditions[step.table].of(out_, registers_[step.source]);
  run(chosen.block);
  return registers_[chosen.value];
}

Cell Machine::nullable(const Step& step) {
  const Program::NullableRule& rule = program_.nullables[step.table];
  if (unit(random(step)) < rule.share) return null_cell();
  run(rule.value.block);
  return registers_[rule.value.value];
}

inline Cell Machine::arithmetic(const Step& step) {
  const Program::Formula& formula = program_.formulas[step.table];
  if (formula.terms.size() == 2 && step.kind != Kind::Double) {
    const auto [left, left_scale] = formula.terms[0];
    const auto [right, right_scale] = formula.terms[1];
    std::int64_t units = 0;
    if (compute_small(formula.operation, registers_[left], left_scale, registers_[right], right_scale, step.scale,
                      units)) {
      return number(step, units);
    }
  }
  return long_arithmetic(step);
}

Cell Machine::long_arithmetic(const Step& step) {
  const Program::Formula& formula = program_.formulas[step.table];
  std::array<Operand, kMostOperands> operands;
  FRESHET_CHECK(formula.terms.size() <= operands.size(), "arithmetic takes at most 16 operands");
  for (std::size_t i = 0; i < formula.terms.size(); ++i) {
    operands[i] = Operand{registers_[formula.terms[i].source], formula.terms[i].scale};
  }
  return compute(formula.operation, {operands.data(), formula.terms.size()}, step.kind, step.scale);
}

Cell Machine::override_value(const Step& step) {
  const Program::OverrideRule& rule = program_.overrides[step.table];
  const Choice& choice = choices_[rule.slot];
  return choice.alternative < 0 ? registers_[step.source] : overridden(step);
}

Cell Machine::overridden(const Step& step) {
  const Program::OverrideRule& rule = program_.overrides[step.table];
  const Choice& choice = choices_[rule.slot];
  Subject& versioned = subjects_[rule.versioned];
  versioned = subjects_[step.subject];
  versioned.position = combine(versioned.ordinal, choice.version);
  versioned.version = choice.version;
  versioned.intended = choice.intended;
  const auto& alternative = rule.alternatives[static_cast<std::size_t>(choice.alternative)];
  run(alternative.block);
  return registers_[alternative.value];
}

inline Value Machine::evaluate(const Step& step) {
  switch (step.op) {
    case Op::Constant:
      return program_.literals[step.table].cells[0];
    case Op::Whole:
      return number(step, program_.samplers[step.table].whole(random(step)));
    case Op::Choice: {
      const Program::ChoiceTable& table = program_.choices[step.table];
      return table.values[table.alias.pick(random(step))].second;
    }
    case Op::State:
      return program_.states[step.table][subjects_[step.subject].state].second;
    case Op::Stamp:
      return integer_cell(subjects_[step.subject].version);
    case Op::UpdatedAt:
      return time_cell(epoch_micros(world_.epoch + subjects_[step.subject].intended));
    case Op::Formula:
      return arithmetic(step);
    case Op::Override:
      return override_value(step);
    case Op::Day: {
      const Program::DayRule& rule = program_.days[step.table];
      const auto since = static_cast<std::uint64_t>(rule.instant.whole(random(step)) - rule.begin);
      return rule.texts.of(since / (24 * 3600 * kMicrosPerSecond.count()));
    }
    default:
      return evaluate_rare(step);
  }
}

Value Machine::evaluate_rare(const Step& step) {
  switch (step.op) {
    case Op::Sequence:
      return sequence(step);
    case Op::Key:
      return key(step);
    case Op::Uuid:
      return uuid(step);
    case Op::Real:
      return double_cell(program_.samplers[step.table].real(random(step)));
    case Op::Time:
      return time(step);
    case Op::List:
      return list(step);
    case Op::SumOfCells:
      return sum_of_cells(step);
    case Op::SumOfItems:
      return sum_of_items(step);
    case Op::OrderedUuid:
      return ordered_uuid(step);
    case Op::Chance:
      return boolean_cell(unit(random(step)) < program_.shares[step.table]);
    case Op::Pattern: {
      const PatternText& pattern = program_.patterns[step.table];
      Cell cell = text([&](std::string& out) { pattern.append(random(step), out); });
      cell.plain = pattern.plain();
      return cell;
    }
    case Op::Words: {
      const std::uint64_t drawn = random(step);
      const std::int64_t length = std::max<std::int64_t>(0, program_.samplers[step.table].whole(drawn));
      Cell cell = text([&](std::string& out) { append_words(static_cast<std::size_t>(length), mix64(drawn), out); });
      cell.plain = length > 0;  // letters, spaces and a full stop
      return cell;
    }
    case Op::Person: {
      const Program::PersonRule& rule = program_.people[step.table];
      return text([&](std::string& out) { program_.peoples[rule.people].append(rule.part, random(step), out); });
    }
    case Op::Data:
      return data(step);
    case Op::When:
      return when(step);
    case Op::Nullable:
      return nullable(step);
    default:
      return null_cell();  // not a rare step, or one without a value
  }
}

inline void Machine::embed(const Step& step) {
  const std::size_t width = step.source;
  const Cell* line = program_.frozen[step.table].cells.data() + subjects_[step.subject].ordinal * width;
  Cell* to = registers_ + step.dst;
  for (const Cell* const end = line + width; line != end; ++line) set(*to++, *line);
}

inline void Machine::refer(const Step& step, Ordinal ordinal) {
  enter(step.dst, ordinal, world_.timeline.reference_instant(), kAnyVersion, subjects_[step.subject].created);
}

void Machine::choose(const Step& step) {
  const Program::Chooser& chooser = program_.choosers[step.table];
  const Subject from = subjects_[step.subject];
  std::optional<Ordinal> chosen;
  if (chooser.picker) {
    chosen = chooser.picker->pick(from.position, from.created);
  } else if (!subjects_[step.source].absent) {
    chosen = subjects_[step.source].ordinal;
  }
  if (!chosen) return leave_out(step);
  const Micros created = world_.timeline.created(program_.subjects[step.dst].entity, *chosen);
  enter(step.dst, *chosen, created, kAnyVersion, from.created);
  run(chooser.block);
}

/// There is no such instance, so there is nothing that it refers to either.
void Machine::leave_out(const Step& choice) {
  subjects_[choice.dst].absent = true;
  const Program::Block range = program_.blocks[program_.choosers[choice.table].block];
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    const Step& step = program_.steps[i];
    if (step.op == Op::Choose) {
      leave_out(step);
    } else if (step.op == Op::Embed) {
      const std::size_t width = program_.frozen[step.table].columns.size();
      std::fill_n(registers_ + step.dst, width, null_cell());
    } else if (step.op >= kFirstMove) {
      subjects_[step.dst].absent = true;
    } else {
      registers_[step.dst] = null_cell();
    }
  }
}

/// Executes the steps that give no value.
inline void Machine::move(const Step& step) {
  if (step.op == Op::Embed) return embed(step);
  if (step.op == Op::Picked) return refer(step, picked_[subjects_[step.subject].picked + step.source]);
  move_rarely(step);
}

void Machine::move_rarely(const Step& step) {
  if (step.op == Op::Parent) return enter_parent(step);
  if (step.op == Op::Choose) return choose(step);
  if (step.op == Op::Same) return refer(step, subjects_[step.source].ordinal);
  refer(step, program_.pickers[step.table].pick(subjects_[step.subject].position));
}

void Machine::run(BlockIndex block) {
  const Program::Block range = program_.blocks[block];
  const Step* const end = program_.steps.data() + range.end;
  for (const Step* step = program_.steps.data() + range.begin; step != end; ++step) {
    if (step->op >= kFirstMove) {
      move(*step);
    } else {
      set(registers_[step->dst], evaluate(*step));
    }
  }
}

void run_program(const World& world, const Program& program, Ordinal ordinal, Micros created, Version version,
                 Row& out) {
  thread_local Scratch scratch;
  scratch.make_room(program);
  // Like reset(), without setting nulls: all columns are written below.
  out.cells.resize(program.width);
  out.text.clear();
  Machine machine(world, program, scratch, out);
  machine.enter_row(ordinal, created, std::max<Version>(version, 1));
  machine.run(0);
  put_cells(scratch.registers.data(), program.outputs, out.cells.data());
}

}  // namespace freshet
