// The declared views, kept the naive way: maps of rows, and everything that a change touches is computed again. Shares
// nothing with the pipeline's operators nor with the judge's model of the views; the fake pipeline runs one, the
// expectations another.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/row.h"
#include "scenarios/model/scenario.h"

namespace freshet::fakes {

/// A row with the versions of the entities it was made of.
struct VersionedRow {
  Row row;
  std::map<EntityId, Version> versions;
  std::string image;  ///< canonical text of the row
};

using ChangeId = std::tuple<EntityId, Ordinal, Version>;

/// What a change does to one row of a view.
struct ViewChange {
  ViewId view{};
  std::string key;
  bool existed = false;
  std::optional<VersionedRow> now;  ///< empty: the row is gone
  std::optional<ChangeId> by = {};  ///< who caused it, if known
};

/// Views of joins on equality, unnests and projections. Rows without a join's value take no part in it.
class NaiveViews {
 public:
  explicit NaiveViews(const Scenario& scenario);

  /// An instance has this row now; `row` null: it was deleted. Appends what that does to the views, inputs of other
  /// views first. A row whose image stays the same keeps its versions and is not told.
  void apply(EntityId entity, const std::string& key, const Row* row, Version version, std::vector<ViewChange>& out);

  /// All rows of a view by key.
  [[nodiscard]] std::map<std::string, VersionedRow> rows(ViewId view) const;

 private:
  using RowsByKey = std::map<std::string, VersionedRow>;
  /// What one view has read, and shows, by the text on which it joins (without a join: by the input's key).
  struct Place {
    std::array<std::map<std::string, RowsByKey>, 2> inputs;
    std::array<std::map<std::string, std::string>, 2> text_of;  ///< by input and key
    std::map<std::string, RowsByKey> shown;
  };

  void change_input(ViewId view, std::size_t input, const std::string& key, const std::optional<VersionedRow>& now,
                    std::vector<ViewChange>& out);
  void refresh(ViewId view, const std::string& text, std::vector<ViewChange>& out);
  void compose(const View& view, const VersionedRow& left, const VersionedRow* right, RowsByKey& out) const;
  void compose_one(const View& view, const VersionedRow& left, const VersionedRow* right, std::size_t line,
                   std::size_t item, RowsByKey& out) const;
  [[nodiscard]] const RecordType& record_of(const View::Input& input) const;

  const Scenario& scenario_;
  std::vector<Place> places_;
};

/// The canonical text of one column, empty for null.
[[nodiscard]] std::string text_of(const Row& row, const RecordType& record, ColumnIndex column);

}  // namespace freshet::fakes
