// The judge's own model of a view: naive, single-threaded, one root instance at a time. It shares no code with
// pipeline/, or both would be wrong together.
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
  std::uint32_t line = 0;  ///< of an unnest: 1, 2, 3…; else 0
  Row image;
};

/// An instant in the form in which a row carries it; nothing for what is none.
[[nodiscard]] std::optional<WallTime> instant_of(const Row& row, const Cell& cell, constructs::Time::Form form);

/// All inputs of a view belong to one root instance (a basket and its payment): the view's rows of that root depend on
/// the versions of these instances alone. They have one ordinal (Scenario::family_of), which is
/// called their root here. One thread per object.
class ViewModel {
 public:
  /// `scenario` and `rows` must outlive it.
  ViewModel(const Scenario& scenario, const Rows& rows, ViewId view);

  [[nodiscard]] ViewId view() const { return id_; }
  /// The view's rows of `root` when input i (View::versions_of[i]) lives at versions[i]; 0 = it does not live (not yet
  /// committed, deleted, or never existing). Fills `out` (its elements are reused). A null joins nothing; an empty list
  /// unnests to no row.
  ///
  /// Of a view with windows: what this root contributes to them, one row per row of the view's input that is in a
  /// window, each as if it were alone in its group (WindowGroups adds them up). Several may have one key.
  void rows(Ordinal root, std::span<const Version> versions, std::vector<ExpectedRow>& out) const;
  /// Empties `out`, which this model filled, and keeps the buffers of its elements for the next rows().
  void clear(std::vector<ExpectedRow>& out) const { resize(out, 0); }
  /// The latest version ≤ `version` of input i at which something that this view shows changed: an insert, a
  /// re-insert, a key change, or an update of a column that the view uses. Independent of the other inputs, so that it
  /// does not matter in which order a pipeline saw them. A delete is its own effective version; 0 before the first.
  [[nodiscard]] Version effective(std::size_t input, Ordinal root, Version version) const;
  /// The view shows the same of both versions of input i, whatever the other inputs are.
  [[nodiscard]] bool shows_same(std::size_t input, Ordinal root, Version a, Version b) const;
  /// Root instance and line of a view row by its key columns; false when no key of this run.
  [[nodiscard]] bool locate(const Row& found, Ordinal& root, std::uint32_t& line) const;
  /// Replaces `key` by the canonical text of the row's key columns, as in ExpectedRow.
  void key_of(const Row& image, std::string& key) const;
  /// No version of input i after its insert can change the view's image (known from the declaration alone).
  [[nodiscard]] bool ignores_updates(std::size_t input) const { return ignores_updates_[input]; }

 private:
  using Relation = std::vector<ExpectedRow>;
  /// The rows of one input at one place, and which version of an entity's instance they are.
  struct Scratch {
    Relation rows;
    Ordinal root = 0;
    Version version = 0;  ///< 0: of none
  };
  /// Like the vector's own, but its elements come from and go to `spare_`.
  void resize(Relation& relation, std::size_t size) const;
  /// The rows of one input of `view`, in the scratch space of that place.
  const Relation& input_rows(ViewId view, std::size_t input, Ordinal root, std::span<const Version> versions) const;
  void evaluate(ViewId view, Ordinal root, std::span<const Version> versions, Relation& out) const;
  /// `row` of the input as the only one of its window. False when it is in none.
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
  mutable Relation spare_;                             ///< never more than were in use at once
  mutable Row older_, newer_;
  mutable std::vector<LifeEvent> life_;
};

}  // namespace freshet
