// What the ledger says of all inputs of one view row's root, and what the view must have held because of it.
#pragma once

#include <functional>
#include <vector>

#include "base/rows.h"
#include "metrics/ledger/ledger.h"
#include "metrics/oracle/view_model.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The expected rows of one root at a time. One thread.
class RootHistory {
 public:
  /// The canaries and markers of the view, ascending: those of the model, and those that were sent.
  [[nodiscard]] static std::vector<Ordinal> canaries(const Scenario& scenario, const Rows& rows, const Ledger& ledger,
                                                     const View& view);

  /// All must outlive it.
  RootHistory(const Rows& rows, const Ledger& ledger, const ViewModel& model, const View& view)
      : rows_(rows), ledger_(ledger), model_(model), view_(view), inputs_(view.versions_of.size()) {}

  /// Turns to this root. Free when it is the one already there.
  void turn_to(Ordinal root);
  /// The rows that the view must hold at the end; meaningless while indeterminate().
  [[nodiscard]] const std::vector<ExpectedRow>& expected() const { return expected_; }
  /// That version of an input committed, and is none of a delete.
  [[nodiscard]] bool committed(std::size_t input, Version version) const;
  /// An outcome among the inputs is unknown, so that nobody can tell what the view must hold.
  [[nodiscard]] bool indeterminate() const { return indeterminate_; }
  /// Of an indeterminate root: how many rows the unknown outcomes decide about, or touch.
  [[nodiscard]] std::int64_t indeterminate_rows();
  /// True when `accept` holds for a row with this key in the view at some combination of committed versions of the
  /// inputs. Sources are not ordered among each other, so that the view may have passed through any of them.
  /// Every row at every combination of versions of the inputs, those of unknown outcome included.
  void each_possible(const std::function<void(const ExpectedRow&)>& visit);
  [[nodiscard]] bool ever(const std::string& key, const std::function<bool(const ExpectedRow&)>& accept);

 private:
  struct Input {
    std::vector<Version> images;    ///< committed, deletes apart
    std::vector<Version> unknown;   ///< of unknown outcome, deletes apart
    Version last = 0;               ///< that lives at the end; 0: none
    Version last_with_unknown = 0;  ///< the same if all that is unknown did commit
  };
  void read_lives();
  /// Until `visit` says that it has seen enough.
  bool each_combination(const std::vector<std::vector<Version>>& images,
                        const std::function<bool(const ExpectedRow&)>& visit);

  const Rows& rows_;
  const Ledger& ledger_;
  const ViewModel& model_;
  const View& view_;
  std::optional<Ordinal> root_;
  std::vector<Input> inputs_;
  bool indeterminate_ = false;
  std::vector<ExpectedRow> expected_;
  std::vector<ExpectedRow> earlier_;
  std::vector<LifeEvent> life_;
  std::vector<Version> versions_;
};

}  // namespace freshet
