// A view with windows: one row per group and window, kept current as rows of its input come, change and go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/state/group_table.h"
#include "pipeline/views/view_operator.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Pure, one thread. Changes are taken one by one; flush() tells what they came to, so that many changes of one group
/// make one row change, and changes that cancel out make none.
///
/// The stored row ends with "group_version", a number that rises with every row that is emitted: of two states of a
/// group, the later one has the larger. It orders the states for the sink and says nothing about the inputs; what is in
/// a group, its content tells (docs/adr/0005-windows-by-content.md).
///
/// State: the groups that have rows (GroupTable). A group that was
/// forgotten by age begins again with the next row that comes to it; a row that leaves it then changes nothing.
class GroupOperator {
 public:
  /// `view` has `tumble`; `stored` is its stored record. All must outlive the operator.
  GroupOperator(const View& view, const RecordType& stored, GroupTable& groups);

  /// A row of the input appears (no `before`), changes, or goes (no `after`). `at`: µs of any clock, for
  /// forget_older().
  void change(const Row* before, const Row* after, WallTime at = {});
  /// Drops groups that were last changed before `at`; their rows in the sink stay. Visits all groups, after flush().
  /// Returns how many were dropped.
  std::size_t forget_older(WallTime at);

  /// Emits each group whose image changed since the last flush, in the order in which they were first changed: as it is
  /// now or, if it has no rows any more, as deleted with its last image. The receiver may swap the buffers.
  using Emit = std::function<void(bool deleted, ViewRow& row)>;
  void flush(const Emit& emit);

  /// Marks the columns of the input's record that the view reads.
  void mark_read(std::vector<char>& columns) const;
  /// The number of input rows that are in no window: a null in the group, or no time.
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::size_t bytes() const { return groups_.bytes(); }

 private:
  struct Measured {
    ColumnIndex column{};
    bool summed = false;
    bool ordered = false;
  };

  /// Fills key_row_ and key_. Returns false if the row is in no window.
  bool locate(const Row& row);
  void apply(const Row& row, int sign, WallTime at);
  void image(const Group& group, Row& out) const;
  [[nodiscard]] Cell measure(std::size_t at, const Group& group) const;

  const View& view_;
  const RecordType& stored_;
  std::vector<Measured> measured_;
  std::vector<std::size_t> argument_of_;  // by view column
  GroupTable& groups_;
  std::vector<std::string> touched_;
  std::int64_t left_out_ = 0;
  // Scratch.
  std::string key_, packed_;
  Row key_row_;
  ViewRow out_;
};

}  // namespace freshet
