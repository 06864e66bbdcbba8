// Watches of references whose rows show the key of the instance that was picked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fit/watches/watch.h"

namespace freshet {

class ReferenceWatch : public Watch {
 protected:
  ReferenceWatch(const WatchPlace& place, const constructs::Ref& ref, std::size_t key_column);
  [[nodiscard]] const Cell& key_cell(const Sight& sight, std::size_t column) const {
    return sight.cell(column + key_column_);
  }
  /// The instance; nullopt for a key that no instance has.
  [[nodiscard]] std::optional<Ordinal> picked(const Sight& sight, std::size_t column);

  FitCheck check_;
  const FitInput& input_;
  const constructs::Ref& ref_;
  const Entity& target_;

 private:
  std::size_t key_column_;
  std::string key_;
};

/// By ordinal, for a pick that is weighted by a column of an entity with rows or keys.
[[nodiscard]] std::vector<double> weights_of_column(const FitInput& input, EntityId entity, ColumnIndex column);

/// For a pick of a living instance.
[[nodiscard]] std::unique_ptr<Watch> watch_living_pick(const WatchPlace& place, const constructs::Ref& ref,
                                                       std::size_t key_column);

}  // namespace freshet
