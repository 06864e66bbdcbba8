// The expected content of the windows of a view: adds up the contributions of the roots, with its own arithmetic.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "metrics/oracle/view_model.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One thread. Memory: one entry per group and window that contains something, and one per value of a min or max that
/// may still be removed.
class WindowGroups {
 public:
  /// `view` has windows and must outlive this.
  explicit WindowGroups(const View& view);

  /// Adds a row as ViewModel::rows() returns it.
  void add(const ExpectedRow& contribution) { apply(contribution, 1); }
  /// Removes a contribution that was added and is not settled.
  void remove(const ExpectedRow& contribution);
  /// Declares that an added contribution will not be removed.
  void settle(const ExpectedRow& contribution);
  /// True if a column is a min or max; without one, settle() does nothing.
  [[nodiscard]] bool has_extremes() const { return has_extremes_; }

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] bool contains(const std::string& key) const { return groups_.contains(key); }
  /// The view's row of that group; returns false if there is none.
  bool image(const std::string& key, Row& out) const;
  /// The content of that row (append_content); empty if there is none.
  [[nodiscard]] std::string content(const std::string& key) const;
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  struct Order {
    bool operator()(const Cell& a, const Cell& b) const;
  };
  struct Total {
    std::int64_t values = 0;  ///< number of values that are not null
    std::int64_t sum = 0;
    std::map<Cell, std::int64_t, Order> counted;  ///< number of occurrences of each value that is not settled
    std::optional<Cell> least, most;              ///< of the settled values
    void add(const Cell& cell, int times);
    [[nodiscard]] Cell extreme(bool greatest) const;  ///< requires at least one value
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
