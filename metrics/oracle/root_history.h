// The outcomes of all inputs of one root, and the rows that the view must have held because of them.
#pragma once

#include <functional>
#include <vector>

#include "base/rows.h"
#include "metrics/ledger/ledger.h"
#include "metrics/oracle/view_model.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The expected rows, one root at a time. One thread.
class RootHistory {
 public:
  /// The canaries and markers of the view, ascending: those of the model and those that were sent.
  [[nodiscard]] static std::vector<Ordinal> canaries(const Scenario& scenario, const Rows& rows, const Ledger& ledger,
                                                     const View& view);

  /// All must outlive it.
  RootHistory(const Rows& rows, const Ledger& ledger, const ViewModel& model, const View& view)
      : rows_(rows), ledger_(ledger), model_(model), view_(view), inputs_(view.versions_of.size()) {}

  /// Moves to this root. Free if it is the current one.
  void turn_to(Ordinal root);
  /// The rows that the view must hold at the end. Meaningless while indeterminate().
  [[nodiscard]] const std::vector<ExpectedRow>& expected() const { return expected_; }
  /// True if that version of an input committed and is not a delete.
  [[nodiscard]] bool committed(std::size_t input, Version version) const;
  /// True if the outcome of a change of an input is unknown, so that the expected rows are unknown too.
  [[nodiscard]] bool indeterminate() const { return indeterminate_; }
  /// For an indeterminate root: the number of rows that the unknown outcomes affect.
  [[nodiscard]] std::int64_t indeterminate_rows();
  /// Visits every row of the view at every combination of versions of the inputs, including those with an unknown
  /// outcome. Sources are not ordered relative to each other, so the view may have passed through any combination.
  void each_possible(const std::function<void(const ExpectedRow&)>& visit);
  [[nodiscard]] bool ever(const std::string& key, const std::function<bool(const ExpectedRow&)>& accept);

 private:
  struct Input {
    std::vector<Version> images;    ///< committed versions that are not deletes
    std::vector<Version> unknown;   ///< versions with an unknown outcome that are not deletes
    Version last = 0;               ///< the version that exists at the end; 0 if none
    Version last_with_unknown = 0;  ///< the same if all changes with an unknown outcome committed
  };
  void read_lives();
  /// Stops when `visit` returns true.
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
