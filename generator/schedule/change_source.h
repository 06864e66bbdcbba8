// ChangeSource: the changes that a scenario makes, as far as they are selected: reference rows first, then the
// schedule.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "generator/schedule/schedule.h"

namespace freshet {

struct ChangeSelection {
  std::vector<bool> entities;        ///< by EntityId: selected
  std::optional<std::int64_t> rows;  ///< maximum number of changes per entity
  std::optional<Micros> from;        ///< from this instant of the schedule on, without reference rows
  bool deletes = true;
  int shard = 0;  ///< out of `shards`: the instances whose root belongs to it
  int shards = 1;
};

/// For one thread.
class ChangeSource {
 public:
  /// Arguments as for make_schedule; the scenario must outlive it.
  ChangeSource(const Scenario& scenario, const Rows& model, const RunIdentity& identity, ChangeSelection selection);

  /// The next selected change; false if there is none.
  bool next(Change& out);
  /// True if the last change from next() is a reference row. It is impossible to resume between these: `from` excludes
  /// all of them.
  [[nodiscard]] bool at_reference() const { return at_reference_; }
  /// The number of deletes of selected entities that were skipped because deletes are not selected.
  [[nodiscard]] std::int64_t deletes_left_out() const { return deletes_left_out_; }

 private:
  bool take(Change& out);
  [[nodiscard]] bool wanted(const Change& change);

  const ChangeSelection selection_;
  std::vector<Change> reference_;
  std::size_t next_reference_ = 0;
  bool at_reference_ = false;
  std::unique_ptr<Schedule> schedule_;
  std::vector<std::int64_t> left_;  ///< by EntityId
  std::size_t open_ = 0;            ///< selected entities that have changes left
  std::int64_t deletes_left_out_ = 0;
};

}  // namespace freshet
