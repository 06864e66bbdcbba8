// What the windows of a view must hold, added up from what the roots contribute: the judge's own arithmetic.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "metrics/oracle/view_model.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One thread. Memory: one entry per group and window that holds something, and one per value that a min or max is over
/// and that may still be taken back.
class WindowGroups {
 public:
  /// `view` has windows and must outlive this.
  explicit WindowGroups(const View& view);

  /// Rows as ViewModel::rows() gives them.
  void add(const ExpectedRow& contribution) { apply(contribution, 1); }
  /// Takes back what was added before, and is not settled.
  void remove(const ExpectedRow& contribution);
  /// What was added before is there to stay.
  void settle(const ExpectedRow& contribution);
  /// Whether there is a min or max; without one, settle() does nothing.
  [[nodiscard]] bool has_extremes() const { return has_extremes_; }

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] bool contains(const std::string& key) const { return groups_.contains(key); }
  /// The view's row of that group; false when it has none.
  bool image(const std::string& key, Row& out) const;
  /// Its content (append_content), empty when it has no row.
  [[nodiscard]] std::string content(const std::string& key) const;
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  struct Order {
    bool operator()(const Cell& a, const Cell& b) const;
  };
  struct Total {
    std::int64_t values = 0;  ///< that are not null
    std::int64_t sum = 0;
    std::map<Cell, std::int64_t, Order> counted;  ///< how often each value is there that is not settled
    std::optional<Cell> least, most;              ///< of those that are
    void add(const Cell& cell, int times);
    [[nodiscard]] Cell extreme(bool greatest) const;  ///< there is a value
  };
  struct Group {
    std::int64_t rows = 0;
    Row first;  ///< for the columns of the key
    std::vector<Total> totals;
  };
  void apply(const ExpectedRow& contribution, int sign);

  const View& view_;
  bool has_extremes_ = false;
  std::unordered_map<std::string, Group> groups_;
  mutable Row scratch_;
};

}  // namespace freshet
