// The machine that executes programs. Private to machine.cc and machine_lists.cc.
#pragma once

#include <string_view>
#include <vector>

#include "generator/row/machine.h"
#include "generator/row/workspace.h"

namespace freshet {

/// The machine of one thread, for one row.
class Machine {
 public:
  Machine(const RowContext& row_context, const Program& program, Scratch& scratch, Row& out)
      : row_context_(row_context),
        program_(program),
        registers_(scratch.registers.data()),
        subjects_(scratch.subjects.data()),
        choices_(scratch.choices.data()),
        picked_(scratch.picked),
        times_(scratch.times),
        out_(out) {}

  void enter_row(Ordinal ordinal, Micros created, Version version) { enter(0, ordinal, created, version, kAnyInstant); }
  void run(BlockIndex block);

 private:
  void enter(SubjectIndex index, Ordinal ordinal, Micros created, Version version, Micros instant);
  [[gnu::noinline]] void follow_updates(const Program::SubjectRule& rule, Subject& subject, Version version,
                                        Micros instant);
  [[gnu::noinline]] void follow_life(const Program::SubjectRule& rule, Subject& subject, Version version,
                                     Micros instant);
  [[gnu::noinline]] void enter_parent(const Instruction& step);

  // Slow steps are separate functions, so that run() is a loop without calls for the others.
  [[gnu::noinline]] Cell sequence(const Instruction& step);
  [[gnu::noinline]] Cell key(const Instruction& step);
  [[gnu::noinline]] Cell uuid(const Instruction& step);
  [[gnu::noinline]] Cell ordered_uuid(const Instruction& step);
  [[gnu::noinline]] Cell time(const Instruction& step);
  [[gnu::noinline]] Cell data(const Instruction& step);
  [[gnu::noinline]] Cell when(const Instruction& step);
  [[gnu::noinline]] Cell nullable(const Instruction& step);
  /// The text that `append` adds to the row.
  template <typename Append>
  Cell text(const Append& append) {
    Cell cell = out_.add_text({});
    append(out_.text);
    cell.size = static_cast<std::uint32_t>(out_.text.size() - static_cast<std::size_t>(cell.number));
    return cell;
  }
  Cell plain_text(std::string_view value) {
    Cell cell = out_.add_text(value);
    cell.plain = true;
    return cell;
  }
  Cell arithmetic(const Instruction& step);
  [[gnu::noinline]] Cell long_arithmetic(const Instruction& step);
  Cell override_value(const Instruction& step);
  [[gnu::noinline]] Cell overridden(const Instruction& step);
  [[gnu::noinline]] Cell list(const Instruction& step);
  [[gnu::noinline]] Cell sum_of_cells(const Instruction& step);
  [[gnu::noinline]] Cell sum_of_items(const Instruction& step);
  /// Calls done(i) after each item.
  template <typename Done>
  void run_items(const Instruction& step, const Program::ListRule& rule, std::size_t items, const Done& done);
  std::size_t items_of(const Instruction& step, const Program::ListRule& rule);
  void pick_for_items(const Instruction& step, const Program::ListRule& rule, std::size_t items);

  [[nodiscard]] std::uint64_t random(const Instruction& step) const {
    return draw(step.stream, subjects_[step.subject].position);
  }
  [[nodiscard]] static Cell number(const Instruction& step, std::int64_t value) {
    return step.kind == Kind::Decimal ? decimal_cell(value) : integer_cell(value);
  }
  [[gnu::always_inline]] Value evaluate(const Instruction& step);
  [[gnu::noinline]] Value evaluate_rare(const Instruction& step);
  [[gnu::always_inline]] void move(const Instruction& step);
  [[gnu::noinline]] void move_rarely(const Instruction& step);
  [[gnu::always_inline]] void refer(const Instruction& step, Ordinal ordinal);
  void choose(const Instruction& step);
  void leave_out(const Instruction& choice);
  [[gnu::always_inline]] void embed(const Instruction& step);

  const RowContext& row_context_;
  const Program& program_;
  Cell* registers_;
  Subject* subjects_;
  Choice* choices_;
  std::vector<Ordinal>& picked_;
  TimeText& times_;
  Row& out_;
};

}  // namespace freshet
