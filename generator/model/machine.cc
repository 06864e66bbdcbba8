#include "generator/model/machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "base/result.h"

namespace freshet {
namespace {

constexpr std::size_t kMostOperands = 16;
constexpr std::int64_t kMostItems = 1'000'000;
constexpr Version kAnyVersion = std::numeric_limits<Version>::max();
constexpr Micros kAnyInstant = std::numeric_limits<Micros>::max();

/// An instance, or an item of a list, whose columns are being computed.
struct Subject {
  std::uint64_t position = 0;  ///< what its draws count
  Ordinal ordinal = 0;
  Micros created = 0;   ///< intended time of version 1
  Micros intended = 0;  ///< of this version
  Version version = 1;
  int state = 0;
};

/// Which alternative of an Override holds: the one that the last version with a word in it chose.
struct Choice {
  int alternative = -1;
  Version version = 1;
  Micros intended = 0;
};

/// A thread's work space. Grows to the largest program and stays.
struct Scratch {
  std::vector<Cell> registers;
  std::vector<Subject> subjects;
  std::vector<Choice> choices;

  void make_room(const Program& program) {
    if (registers.size() < program.registers) registers.resize(program.registers);
    if (subjects.size() < program.subjects.size()) subjects.resize(program.subjects.size());
    if (choices.size() < program.slots.size()) choices.resize(program.slots.size());
  }
};

class Machine {
 public:
  Machine(const World& world, const Program& program, Scratch& scratch, Row& out)
      : world_(world),
        program_(program),
        registers_(scratch.registers.data()),
        subjects_(scratch.subjects.data()),
        choices_(scratch.choices.data()),
        out_(out) {}

  void enter_row(Ordinal ordinal, Version version) {
    enter(0, ordinal, world_.timeline.created(program_.subjects[0].entity, ordinal), version, kAnyInstant);
  }
  void run(BlockIndex block);

 private:
  void enter(SubjectIndex index, Ordinal ordinal, Micros created, Version version, Micros instant);
  void follow_updates(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant);
  void follow_life(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant);
  void enter_parent(const Step& step);

  Cell constant(const Step& step);
  Cell sequence(const Step& step);
  Cell uuid(const Step& step);
  Cell time(const Step& step);
  Cell arithmetic(const Step& step);
  Cell override_value(const Step& step);
  Cell list(const Step& step);
  Cell sum_of_cells(const Step& step);
  Cell sum_of_items(const Step& step);
  std::size_t items_of(const Step& step, const Program::ListRule& rule);
  void run_item(const Step& step, const Program::ListRule& rule, std::size_t index);

  [[nodiscard]] std::uint64_t random(const Step& step) const {
    return draw(step.stream, subjects_[step.subject].position);
  }
  [[nodiscard]] static Cell number(const Step& step, std::int64_t value) {
    return step.kind == Kind::Decimal ? decimal_cell(value) : integer_cell(value);
  }
  Cell evaluate(const Step& step);

  const World& world_;
  const Program& program_;
  Cell* registers_;
  Subject* subjects_;
  Choice* choices_;
  Row& out_;
};

/// Adds cells up: exactly, or as doubles where they are.
class Total {
 public:
  void add(const Cell& cell) {
    if (cell.kind == Kind::Null) return;
    if (cell.kind == Kind::Double) {
      real_ += as_double(cell);
    } else {
      units_ += cell.number;
    }
  }
  [[nodiscard]] Cell of_kind(Kind kind) const {
    if (kind == Kind::Double) return double_cell(real_);
    const std::int64_t units = rescale(units_, 0, 0);
    return kind == Kind::Decimal ? decimal_cell(units) : integer_cell(units);
  }

 private:
  Int128 units_ = 0;
  double real_ = 0;
};

void Machine::enter(SubjectIndex index, Ordinal ordinal, Micros created, Version version, Micros instant) {
  const Program::SubjectRule& rule = program_.subjects[index];
  Subject& subject = subjects_[index];
  subject = Subject{ordinal, ordinal, created, created, 1, 0};
  for (const std::uint16_t slot : rule.slots) choices_[slot] = Choice{};
  if (rule.updates != nullptr) {
    follow_updates(rule, subject, version, instant);
  } else if (rule.lives) {
    follow_life(rule, subject, version, instant);
  }
}

void Machine::follow_updates(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant) {
  const auto entries = rule.updates->of(subject.ordinal);
  auto count = static_cast<Version>(entries.size());
  if (version != kAnyVersion) count = std::min(count, version - 1);
  if (instant != kAnyInstant) count = std::min(count, rule.updates->version_at(subject.ordinal, instant) - 1);
  if (count == 0) return;
  subject.version = count + 1;
  subject.intended = entries[count - 1].intended;
  for (const std::uint16_t slot : rule.slots) {
    const std::vector<int>& by_cause = program_.slots[slot].by_cause;
    for (Version i = count; i > 0; --i) {
      const int alternative = by_cause[entries[i - 1].load];
      if (alternative < 0) continue;
      choices_[slot] = Choice{alternative, i + 1, entries[i - 1].intended};
      break;
    }
  }
}

void Machine::follow_life(const Program::SubjectRule& rule, Subject& subject, Version version, Micros instant) {
  LifePoint point{.intended = subject.created};
  while (point.version < version && world_.timeline.advance(rule.entity, subject.ordinal, point)) {
    if (point.intended > instant || point.operation == Operation::Delete) return;
    subject.version = point.version;
    subject.intended = point.intended;
    subject.state = point.state;
    for (const std::uint16_t slot : rule.slots) {
      const int alternative = program_.slots[slot].by_cause[static_cast<std::size_t>(point.state)];
      if (alternative >= 0) choices_[slot] = Choice{alternative, point.version, point.intended};
    }
  }
}

void Machine::enter_parent(const Step& step) {
  const Subject& child = subjects_[step.subject];
  const EntityId entity = program_.subjects[step.subject].entity;
  const Micros created = world_.timeline.parent_created(entity, child.ordinal, child.created);
  enter(step.dst, child.ordinal, created, kAnyVersion, child.created);
}

Cell Machine::constant(const Step& step) {
  const Row& literal = program_.literals[step.table];
  const Cell& cell = literal.cells[0];
  return cell.kind == Kind::Text ? out_.add_text(literal.text_of(cell)) : cell;
}

Cell Machine::sequence(const Step& step) {
  const SequenceFormat& format = program_.sequences[step.table];
  const Ordinal ordinal = subjects_[step.subject].ordinal;
  if (step.kind != Kind::Text) return number(step, format.number(ordinal));
  Cell cell = out_.add_text({});
  format.append(ordinal, out_.text);
  cell.size = static_cast<std::uint32_t>(out_.text.size() - cell.begin);
  return cell;
}

Cell Machine::uuid(const Step& step) {
  const std::uint64_t first = random(step);
  const std::uint64_t second = mix64(first ^ kGolden);
  const UuidText text = render_uuid(first >> 16, first, second);
  return out_.add_text({text.data(), text.size()});
}

Cell Machine::time(const Step& step) {
  const Program::TimeRule& rule = program_.times[step.table];
  const Subject& subject = subjects_[step.subject];
  const Micros base = rule.instant == Expression::Instant::Created ? subject.created : subject.intended;
  const Micros at = world_.epoch + base + rule.offset.whole(random(step));
  if (rule.form == Expression::TimeForm::Native) return time_cell(at);
  Cell cell = out_.add_text({});
  if (rule.form == Expression::TimeForm::IsoMillis) {
    append_iso_time(at + rule.zone, out_.text);
    out_.text.resize(out_.text.size() - 4);  // three digits of µs and the Z
    out_.text.append(rule.zone_text);
  } else {
    const std::int64_t millis = (at >= 0 ? at : at - 999) / 1000;
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), millis).ptr;
    out_.text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }
  cell.size = static_cast<std::uint32_t>(out_.text.size() - cell.begin);
  return cell;
}

Cell Machine::arithmetic(const Step& step) {
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
  if (choice.alternative < 0) return registers_[step.source];
  Subject& versioned = subjects_[rule.versioned];
  versioned = subjects_[step.subject];
  versioned.position = combine(versioned.ordinal, choice.version);
  versioned.version = choice.version;
  versioned.intended = choice.intended;
  const auto& alternative = rule.alternatives[static_cast<std::size_t>(choice.alternative)];
  run(alternative.block);
  return registers_[alternative.value];
}

std::size_t Machine::items_of(const Step& step, const Program::ListRule& rule) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(rule.count.whole(random(step)), 0, kMostItems));
}

void Machine::run_item(const Step& step, const Program::ListRule& rule, std::size_t index) {
  Subject& item = subjects_[rule.item];
  item = subjects_[step.subject];
  item.position = combine(item.position, index);
  run(rule.body);
}

Cell Machine::list(const Step& step) {
  const Program::ListRule& rule = program_.lists[step.table];
  const std::size_t items = items_of(step, rule);
  const std::size_t width = rule.columns.size();
  const Cell cell = out_.add_list(items, width);
  for (std::size_t i = 0; i < items; ++i) {
    run_item(step, rule, i);
    Cell* columns = out_.cells.data() + cell.begin + i * width;  // the body may have moved the cells
    for (std::size_t c = 0; c < width; ++c) columns[c] = registers_[rule.columns[c]];
  }
  return cell;
}

Cell Machine::sum_of_cells(const Step& step) {
  const Cell& cell = registers_[step.source];
  const Program::CellSum& sum = program_.cell_sums[step.table];
  Total total;
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    total.add(out_.cells[cell.begin + i * sum.width + sum.column]);
  }
  return total.of_kind(step.kind);
}

Cell Machine::sum_of_items(const Step& step) {
  const Program::ListRule& rule = program_.lists[step.table];
  const std::size_t items = items_of(step, rule);
  Total total;
  for (std::size_t i = 0; i < items; ++i) {
    run_item(step, rule, i);
    total.add(registers_[rule.columns[0]]);
  }
  return total.of_kind(step.kind);
}

Cell Machine::evaluate(const Step& step) {
  switch (step.op) {
    case Op::Constant:
      return constant(step);
    case Op::Sequence:
      return sequence(step);
    case Op::Key: {
      const UuidText text = world_.keys[step.table].uuid->render(subjects_[step.subject].ordinal);
      return out_.add_text({text.data(), text.size()});
    }
    case Op::Uuid:
      return uuid(step);
    case Op::Whole:
      return number(step, program_.samplers[step.table].whole(random(step)));
    case Op::Real:
      return double_cell(program_.samplers[step.table].real(random(step)));
    case Op::Choice: {
      const Program::ChoiceTable& table = program_.choices[step.table];
      return out_.add_text(table.values.text_of(table.values.cells[table.alias.pick(random(step))]));
    }
    case Op::Time:
      return time(step);
    case Op::State:
      return out_.add_text(program_.states[step.table][static_cast<std::size_t>(subjects_[step.subject].state)]);
    case Op::Stamp:
      return integer_cell(subjects_[step.subject].version);
    case Op::UpdatedAt:
      return time_cell(world_.epoch + subjects_[step.subject].intended);
    case Op::Arithmetic:
      return arithmetic(step);
    case Op::Override:
      return override_value(step);
    case Op::List:
      return list(step);
    case Op::SumOfCells:
      return sum_of_cells(step);
    case Op::SumOfItems:
      return sum_of_items(step);
    case Op::Pick:
    case Op::Same:
    case Op::Parent:
      break;
  }
  return null_cell();
}

void Machine::run(BlockIndex block) {
  const Program::Block range = program_.blocks[block];
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    const Step& step = program_.steps[i];
    switch (step.op) {
      case Op::Pick: {
        const Subject& from = subjects_[step.subject];
        const Ordinal picked = program_.pickers[step.table].pick(from.position);
        enter(step.dst, picked, kReferenceInstant, kAnyVersion, from.created);
        break;
      }
      case Op::Same:
        enter(step.dst, subjects_[step.source].ordinal, kReferenceInstant, kAnyVersion,
              subjects_[step.subject].created);
        break;
      case Op::Parent:
        enter_parent(step);
        break;
      default:
        registers_[step.dst] = evaluate(step);
    }
  }
}

}  // namespace

void run_program(const World& world, const Program& program, Ordinal ordinal, Version version, Row& out) {
  thread_local Scratch scratch;
  scratch.make_room(program);
  out.reset(program.outputs.size());
  Machine machine(world, program, scratch, out);
  machine.enter_row(ordinal, std::max<Version>(version, 1));
  machine.run(0);
  for (std::size_t i = 0; i < program.outputs.size(); ++i) out.cells[i] = scratch.registers[program.outputs[i]];
}

}  // namespace freshet
