// ChangeSource: the changes that a scenario makes, as far as somebody wants them: reference rows first, then the
// schedule.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "generator/schedule/schedule.h"

namespace freshet {

struct ChangeSelection {
  std::vector<bool> entities;        ///< by EntityId: wanted
  std::optional<std::int64_t> rows;  ///< at most so many changes of each
  std::optional<Micros> from;        ///< from this instant of the schedule on, without reference rows
  bool deletes = true;
  int shard = 0;  ///< of `shards`: the instances whose root it owns
  int shards = 1;
};

/// One thread.
class ChangeSource {
 public:
  /// As for make_schedule; the scenario outlives it.
  ChangeSource(const Scenario& scenario, const Rows& model, const RunIdentity& identity, ChangeSelection selection);

  /// The next change that is wanted; false when there is none.
  bool next(Change& out);
  /// The one that next() gave last is a reference row. Nobody can go on behind some of these: `from` has none of them.
  [[nodiscard]] bool at_reference() const { return at_reference_; }
  /// Deletes of wanted entities that were passed over because deletes are not wanted.
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
  std::size_t open_ = 0;            ///< wanted entities that have some left
  std::int64_t deletes_left_out_ = 0;
};

}  // namespace freshet
