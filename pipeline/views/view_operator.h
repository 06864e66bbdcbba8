// One view as a function of rows: in which rows of the view does an input row take part, given the other input?
//
// Nothing is stored per row of a view. When an input row changes, the view rows that it takes part in are computed
// before and after the change and compared: those that are gone are deleted, new or changed ones are upserted, equal
// ones stay. A row of a view is its columns, then one cell per version component (View::versions_of).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/recycled.h"
#include "pipeline/state/hash_index.h"
#include "pipeline/state/row_table.h"
#include "scenarios/tables/tables.h"

namespace freshet {

/// A row of a view with its key text.
struct ViewRow {
  Row row;
  std::string key;
};
using ViewRows = Recycled<ViewRow>;

/// True if no version component of `row` is below that of `other`.
[[nodiscard]] bool versions_at_least(const Row& row, const Row& other, std::size_t first, std::size_t components);

class ViewOperator {
 public:
  /// `tables` are the rows of the inputs; joins use both, other views none. All must outlive the operator.
  ViewOperator(const Scenario& scenario, const View& view, std::array<RowTable*, 2> tables);

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] const RecordType& stored() const { return stored_; }
  /// Marks the columns of the input's record that the view reads.
  void mark_read(std::size_t input, std::vector<char>& columns) const;
  [[nodiscard]] std::size_t components() const { return stored_.width() - view_.record.width(); }

  /// True if the two rows of the input differ in something that the view shows or joins on, or if versions went back,
  /// which means that the row now comes from another instance.
  [[nodiscard]] bool differ(std::size_t input, const Row& before, const Row& after) const;

  /// Appends the view's rows that `row`, as the input's row, takes part in with the tables as they are. `other` is the
  /// row's image on the other side of the change, if it has one. Views whose rows may be claimed by several pairs of
  /// input rows give all rows of the groups that either image belongs to: the pair with the largest input keys
  /// (first input's, then second's) stands.
  void collect(std::size_t input, const Row* row, const Row* other, ViewRows& out);

  /// Compares the results of collect() before and after a change.
  struct Difference {
    std::vector<ViewRow*> gone;
    std::vector<std::array<ViewRow*, 2>> put;  ///< before (null: new), after
  };
  void compare(ViewRows& before, ViewRows& after, Difference& out);

  /// The number of rows that could not be shown because a key column was null.
  [[nodiscard]] std::int64_t null_keys() const { return null_keys_; }

 private:
  struct VersionSource {
    std::size_t cell = 0;       // index in the input's row
    std::size_t component = 0;  // index in the view's versions
  };
  struct Side {
    RowTable* table = nullptr;
    ColumnIndex on_column{};  // of a join
    bool by_key = false;      // the join column is the key of this input: at most one row per value
    const RecordType* record = nullptr;
    std::vector<ColumnIndex> used;  // columns that affect the view's image
    std::vector<VersionSource> versions;
  };

  void resolve(const Scenario& scenario, std::size_t input, RowTable* table);
  void find_contested(const Scenario& scenario);
  [[nodiscard]] bool on_text(std::size_t input, const Row& row, std::string& text) const;
  template <typename Visit>
  void each_match(std::size_t input, const std::string& text, Visit visit);
  void collect_group(const std::string& text, ViewRows& out);
  void compose(const Row* first, const Row* second, ViewRows& out);
  void compose_one(std::array<const Row*, 2> inputs, std::size_t item, ViewRows& out);
  void add_key(ViewRows& out);
  [[nodiscard]] bool same_image(const ViewRow& a, const ViewRow& b) const;

  const View& view_;
  RecordType stored_;
  std::array<Side, 2> sides_;
  bool join_ = false;
  bool contested_ = false;
  std::int64_t null_keys_ = 0;
  // Scratch.
  std::string text_, other_text_;
  Row partner_, first_, second_;
  HashIndex by_key_;
  std::vector<char> matched_;
};

}  // namespace freshet
