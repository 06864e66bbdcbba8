// What the windows of a view must hold, added up from what the roots contribute: the judge's own arithmetic.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "metrics/view_model.h"
#include "scenarios/scenario.h"

namespace freshet {

/// One thread. Memory: one entry per group and window that holds something, and, where contributions can be taken back,
/// one per value that a min or max is over.
class WindowGroups {
 public:
  enum class Keep : std::uint8_t {
    Values,    ///< contributions may be taken back
    Extremes,  ///< they are only ever added
  };
  /// `view` has windows and must outlive this.
  WindowGroups(const View& view, Keep keep);

  /// Rows as ViewModel::rows() gives them.
  void add(const ExpectedRow& contribution) { apply(contribution, 1); }
  /// Takes back what was added before. Only with Keep::Values.
  void remove(const ExpectedRow& contribution);

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
    std::map<Cell, std::int64_t, Order> counted;  ///< how often each value is there; Extremes: the two outermost
  };
  struct Group {
    std::int64_t rows = 0;
    Row first;  ///< for the columns of the key
    std::vector<Total> totals;
  };
  void apply(const ExpectedRow& contribution, int sign);
  void count(Total& total, const Cell& cell, int sign) const;

  const View& view_;
  const Keep keep_;
  std::unordered_map<std::string, Group> groups_;
  mutable Row scratch_;
};

}  // namespace freshet
