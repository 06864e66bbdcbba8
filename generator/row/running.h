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
  Machine(const World& world, const Program& program, Scratch& scratch, Row& out)
      : world_(world),
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
  [[gnu::noinline]] void enter_parent(const Step& step);

  // Slow steps are separate functions, so that run() is a loop without calls for the others.
  [[gnu::noinline]] Cell sequence(const Step& step);
  [[gnu::noinline]] Cell key(const Step& step);
  [[gnu::noinline]] Cell uuid(const Step& step);
  [[gnu::noinline]] Cell ordered_uuid(const Step& step);
  [[gnu::noinline]] Cell time(const Step& step);
  [[gnu::noinline]] Cell data(const Step& step);
  [[gnu::noinline]] Cell when(const Step& step);
  [[gnu::noinline]] Cell nullable(const Step& step);
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
  Cell arithmetic(const Step& step);
  [[gnu::noinline]] Cell long_arithmetic(const Step& step);
  Cell override_value(const Step& step);
  [[gnu::noinline]] Cell overridden(const Step& step);
  [[gnu::noinline]] Cell list(const Step& step);
  [[gnu::noinline]] Cell sum_of_cells(const Step& step);
  [[gnu::noinline]] Cell sum_of_items(const Step& step);
  /// Calls done(i) after each item.
  template <typename Done>
  void run_items(const Step& step, const Program::ListRule& rule, std::size_t items, const Done& done);
  std::size_t items_of(const Step& step, const Program::ListRule& rule);
  void pick_for_items(const Step& step, const Program::ListRule& rule, std::size_t items);

  [[nodiscard]] std::uint64_t random(const Step& step) const {
    return draw(step.stream, subjects_[step.subject].position);
  }
  [[nodiscard]] static Cell number(const Step& step, std::int64_t value) {
    return step.kind == Kind::Decimal ? decimal_cell(value) : integer_cell(value);
  }
  [[gnu::always_inline]] Value evaluate(const Step& step);
  [[gnu::noinline]] Value evaluate_rare(const Step& step);
  [[gnu::always_inline]] void move(const Step& step);
  [[gnu::noinline]] void move_rarely(const Step& step);
  [[gnu::always_inline]] void refer(const Step& step, Ordinal ordinal);
  void choose(const Step& step);
  void leave_out(const Step& choice);
  [[gnu::always_inline]] void embed(const Step& step);

  const World& world_;
  const Program& program_;
  Cell* registers_;
  Subject* subjects_;
  Choice* choices_;
  std::vector<Ordinal>& picked_;
  TimeText& times_;
  Row& out_;
};

}  // namespace freshet
