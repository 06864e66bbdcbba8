// The state of a Machine: subjects, registers and sums, kept from row to row. Private to machine.cc and
// machine_lists.cc.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/row.h"
#include "generator/row/arithmetic.h"
#include "generator/row/program.h"

namespace freshet {

inline constexpr std::size_t kMostOperands = 16;
inline constexpr std::int64_t kMostItems = 1'000'000;
inline constexpr Version kAnyVersion = std::numeric_limits<Version>::max();
inline constexpr Micros kAnyInstant = Micros::max();

/// An instance, or an item of a list, whose columns are being computed.
struct Subject {
  std::uint64_t position = 0;  ///< the position of its draws
  Ordinal ordinal = 0;
  Micros created{};   ///< intended time of version 1
  Micros intended{};  ///< of this version
  Version version = 1;
  std::size_t state = 0;
  bool absent = false;       ///< a reference found no instance
  std::uint32_t picked = 0;  ///< for an item: where its picks begin in Scratch::picked
  std::uint32_t key_changes = 0;

  [[nodiscard]] Ordinal key_number() const { return freshet::key_number(ordinal, key_changes); }
};

/// Which alternative of an Override applies: the one chosen by the last version that sets the field.
struct Choice {
  int alternative = -1;
  Version version = 1;
  Micros intended{};
};

/// Cells are moved as a whole: a load of 16 bytes right after two stores of 8 would stall until the stores are in the
/// cache.
using CellWords [[gnu::vector_size(sizeof(Cell))]] = std::int64_t;
inline void set(Cell& to, const Cell& from) {
  CellWords words;
  std::memcpy(&words, &from, sizeof words);
  std::memcpy(static_cast<void*>(&to), &words, sizeof words);
}

/// A cell in two registers of the processor. Compilers split a Cell into its bits when they inline a function that
/// returns one.
struct Value {
  [[gnu::always_inline]] Value(const Cell& cell) { std::memcpy(this, &cell, sizeof *this); }
  std::int64_t head;
  std::int64_t number;
};
inline void set(Cell& to, const Value& from) {
  const CellWords words = {from.head, from.number};
  std::memcpy(static_cast<void*>(&to), &words, sizeof words);
}

/// Copies the cells of a row or an item from their registers.
inline void put_cells(const Cell* registers, const std::vector<Program::Output>& outputs, Cell* to) {
  for (const Program::Output& output : outputs) {
    const Cell* from = registers + output.from;
    Cell* const first = to;
    for (const Cell* const end = from + output.size; from != end; ++from) set(*to++, *from);
    if (output.run > 1) first->run = first->lent ? output.run & 63 : 0;
  }
}

/// The work space of a thread. Grows to the largest program and stays.
struct Scratch {
  std::vector<Cell> registers;
  std::vector<Subject> subjects;
  std::vector<Choice> choices;
  std::vector<Ordinal> picked;  ///< for the items of the lists that are being computed
  TimeText times;

  void make_room(const Program& program) {
    if (registers.size() < program.registers) registers.resize(program.registers);
    if (subjects.size() < program.subjects.size()) subjects.resize(program.subjects.size());
    if (choices.size() < program.slots.size()) choices.resize(program.slots.size());
  }
};

/// Adds cells up: exactly, or as doubles if they are doubles.
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

}  // namespace freshet
