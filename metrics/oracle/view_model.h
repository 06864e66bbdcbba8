// The reference model of a view: naive, single-threaded, one root instance at a time. It shares no code with pipeline/,
// so that the same bug cannot be in both.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rows.h"
#include "metrics/oracle/view_columns.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One row that the view must hold. `image` has the view's columns.
struct ExpectedRow {
  std::string key;         ///< canonical text of the key columns
  std::uint32_t line = 0;  ///< line number of an unnest: 1, 2, 3…; else 0
  Row image;
};

/// The instant that a cell of a row stands for; nullopt if it is not an instant.
[[nodiscard]] std::optional<WallTime> instant_of(const Row& row, const Cell& cell, constructs::Time::Form form);

/// All inputs of a view belong to one root instance (a basket and its payment), and the view's rows of that root depend
/// only on the versions of these instances. The instances share one ordinal (Scenario::family_of), called their root
/// here. Use one object per thread.
class ViewModel {
 public:
  /// `scenario` and `rows` must outlive it.
  ViewModel(const Scenario& scenario, const Rows& rows, ViewId view);

  [[nodiscard]] ViewId view() const { return id_; }
  /// Fills `out` with the view's rows of `root` when input i (View::versions_of[i]) is at versions[i]. 0 means that the
  /// input does not exist (not yet committed, deleted, or never created). The elements of `out` are reused. A null
  /// joins nothing; an empty list unnests to no row.
  ///
  /// In a view with windows: the contributions of this root, one for each row of the view's input that falls in a
  /// window, each as if it were alone in its group (WindowGroups adds them up). Several may have the same key.
  void rows(Ordinal root, std::span<const Version> versions, std::vector<ExpectedRow>& out) const;
  /// Empties `out`, which this model filled, and keeps its elements' buffers for the next rows().
  void clear(std::vector<ExpectedRow>& out) const { resize(out, 0); }
  /// The latest version ≤ `version` of input i that changed something the view shows: an insert, a re-insert, a key
  /// change, or an update of a column that the view uses. It does not depend on the other inputs, so the order in which
  /// a pipeline saw them does not matter. A delete is its own effective version. Returns 0 before the first version.
  [[nodiscard]] Version effective(std::size_t input, Ordinal root, Version version) const;
  /// True if the view shows the same for both versions of input i, whatever the other inputs are.
  [[nodiscard]] bool shows_same(std::size_t input, Ordinal root, Version a, Version b) const;
  /// Finds the root instance and line of a view row by its key columns. Returns false if the key is not of this run.
  [[nodiscard]] bool locate(const Row& found, Ordinal& root, std::uint32_t& line) const;
  /// Replaces `key` with the canonical text of the row's key columns, as in ExpectedRow.
  void key_of(const Row& image, std::string& key) const;
  /// True if no version of input i after its insert can change the view's image, as far as the declaration tells.
  [[nodiscard]] bool ignores_updates(std::size_t input) const { return ignores_updates_[input]; }

 private:
  using Relation = std::vector<ExpectedRow>;
  /// The rows of one input at one position, and the version of the entity's instance they belong to.
  struct Scratch {
    Relation rows;
    Ordinal root = 0;
    Version version = 0;  ///< 0: none
  };
  /// Like vector::resize, but elements come from and go to `spare_`.
  void resize(Relation& relation, std::size_t size) const;
  /// The rows of one input of `view`, in the scratch space for that position.
  const Relation& input_rows(ViewId view, std::size_t input, Ordinal root, std::span<const Version> versions) const;
  void evaluate(ViewId view, Ordinal root, std::span<const Version> versions, Relation& out) const;
  /// The contribution of `row` as if it were alone in its window. Returns false if it falls in no window.
  static bool contribution(const View& view, const Row& row, Row& out);
  [[nodiscard]] bool joins(const View& view, const Row& left, const Row& right) const;
  [[nodiscard]] const ColumnType& type_of(const View::Input& input, ColumnIndex column) const;

  const Scenario& scenario_;
  const Rows& rows_;
  const ViewId id_;
  const View& view_;
  std::vector<std::vector<UsedColumn>> used_;
  std::vector<bool> ignores_updates_;
  mutable std::vector<std::vector<Scratch>> scratch_;  ///< by view and input
  mutable Relation spare_;                             ///< never more than were in use at the same time
  mutable Row older_, newer_;
  mutable std::vector<LifeEvent> life_;
};

}  // namespace freshet
