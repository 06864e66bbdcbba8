// How large numbers can get: a bound for each column, from what its expression draws and computes.
#pragma once

#include <map>
#include <utility>

#include "scenarios/model/scenario.h"

namespace freshet::loading {

class Ranges {
 public:
  explicit Ranges(const Scenario& scenario) : scenario_(scenario) {}

  /// No value of the column, which holds numbers, is farther from zero, in units of the column's scale. Laws without an
  /// end count as far as a generator of 53 random bits draws them.
  [[nodiscard]] double greatest(EntityId entity, int column);

  /// The same of a sum over all rows of the run, which is no fewer than any group has.
  [[nodiscard]] double greatest_sum(const View& view, const ViewColumn& sum);

 private:
  /// How near to zero, and how far from it, a number can be.
  struct Reach {
    double least = 0;
    double greatest = 0;

    void widen(const Reach& other);
  };
  /// Where an expression stands: in a row of an entity, or in an item of one of its lists.
  struct Place {
    EntityId entity{};
    const std::vector<Field>* items = nullptr;
  };

  Reach of_column(const Place& place, int column);
  Reach first_in(const Place& place, int column);
  void widen_by_updates(const Place& place, int column, Reach& reach);
  Reach of(const Expression& expression, const Place& place);
  Reach of_path(const Expression& path, const Place& place);
  Reach of_sum(const Expression& sum, const Place& place);
  Reach of_arithmetic(const Expression& expression, const Place& place);
  [[nodiscard]] double rows_of(EntityId entity) const;
  [[nodiscard]] double rows_of(const View::Input& input) const;
  [[nodiscard]] const Expression* list_of(const View& view) const;

  const Scenario& scenario_;
  std::map<std::pair<const std::vector<Field>*, int>, Reach> known_;  ///< by the fields of an entity or of an item
  std::map<std::pair<const DataTable*, int>, Reach> of_data_;
};

}  // namespace freshet::loading
