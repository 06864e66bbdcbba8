// How large numbers can get: a bound for each column, from what its expression draws and computes.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "scenarios/loader/values/declared.h"
#include "scenarios/model/scenario.h"

namespace freshet::loading {

class Ranges {
 public:
  explicit Ranges(const Scenario& scenario) : scenario_(scenario) {}

  /// A bound on the absolute values of the column, which must contain numbers, in units of its scale. For unbounded
  /// distributions, the bound is what a generator of 53 random bits can draw.
  [[nodiscard]] double greatest(EntityId entity, ColumnIndex column);

  /// The same for a sum over all rows of the run, since a group cannot have more.
  [[nodiscard]] double greatest_sum(const View& view, const ViewColumn& sum);

 private:
  /// The smallest and largest absolute value of a number.
  struct Reach {
    double least = 0;
    double greatest = 0;

    void widen(const Reach& other);
  };
  /// The context of an expression: a row of an entity, or an item of one of its lists.
  struct Place {
    EntityId entity{};
    const std::vector<Field>* items = nullptr;
  };

  Reach of_column(const Place& place, ColumnIndex column);
  Reach first_in(const Place& place, ColumnIndex column);
  void widen_by_updates(const Place& place, ColumnIndex column, Reach& reach);
  [[nodiscard]] Declared declared_in(const Place& place, ColumnIndex column) const;
  Reach of(const Expression& expression, const Place& place);
  Reach of_path(const constructs::Path& path, const Place& place);
  Reach of_sum(const constructs::Sum& sum, const Place& place);
  Reach of_arithmetic(const constructs::Arithmetic& arithmetic, const Place& place);
  Reach of_data(const constructs::Data& data, double scale);
  [[nodiscard]] static std::optional<Reach> of_cell(const Cell& cell, double scale);
  [[nodiscard]] double rows_of(EntityId entity) const;
  [[nodiscard]] double rows_of(const View::Input& input) const;
  [[nodiscard]] const constructs::List* list_of(const View& view) const;

  const Scenario& scenario_;
  std::map<std::pair<const std::vector<Field>*, ColumnIndex>, Reach> known_;  ///< by fields of an entity or an item
  std::map<std::pair<const DataTable*, ColumnIndex>, Reach> of_data_;
};

}  // namespace freshet::loading
