// The judge's own model of a view: naive, single-threaded, one root instance at a time. It shares no code with
// pipeline/, or both would be wrong together.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/rows.h"
#include "scenarios/scenario.h"

namespace freshet {

/// One row that the view must hold. `image` has the view's columns.
struct ExpectedRow {
  std::string key;         ///< canonical text of the key columns
  std::uint32_t line = 0;  ///< of an unnest: 1, 2, 3…; else 0
  Row image;
};

/// All inputs of a view belong to one root instance (a basket and its payment): the view's rows of that root depend on
/// the versions of these instances alone. One thread per object.
class ViewModel {
 public:
  ViewModel(const Scenario& scenario, const Rows& rows, ViewId view);

  /// The view's rows of `root` when input i (View::versions_of[i]) lives at versions[i]; 0 = it does not live (not yet
  /// committed, deleted, or never existing). Fills `out` (its elements are reused).
  void rows(Ordinal root, std::span<const Version> versions, std::vector<ExpectedRow>& out) const;
  /// The latest version ≤ `version` of input i at which something that this view shows changed: an insert, a
  /// re-insert, a key change, or an update of a column that the view uses. Independent of the other inputs, so that it
  /// does not matter in which order a pipeline saw them.
  [[nodiscard]] Version effective(std::size_t input, Ordinal root, Version version) const;
  /// Root instance and line of a view row by its key columns; false when no key of this run.
  [[nodiscard]] bool locate(const Row& found, Ordinal& root, std::uint32_t& line) const;
  /// No version of input i after its insert can change the view's image (known from the declaration alone).
  [[nodiscard]] bool ignores_updates(std::size_t input) const { return ignores_updates_[input]; }

 private:
  const Scenario& scenario_;
  const Rows& rows_;
  const View& view_;
  std::vector<bool> ignores_updates_;
};

}  // namespace freshet
