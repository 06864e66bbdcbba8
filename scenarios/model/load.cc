#include "scenarios/model/load.h"

#include <algorithm>

#include "base/overloaded.h"

namespace freshet {

const Pick* Load::pick() const {
  return std::visit(Overloaded{[](const loads::Arrivals&) -> const Pick* { return nullptr; },
                               [](const OneOf<loads::Updates, loads::Deletes, loads::Upserts> auto& on_rows) {
                                 return &on_rows.pick;
                               }},
                    changes);
}

const std::vector<Field>& Load::set() const {
  static const std::vector<Field> kNone;
  return std::visit(
      Overloaded{[](const OneOf<loads::Arrivals, loads::Deletes> auto&) -> const std::vector<Field>& { return kNone; },
                 [](const OneOf<loads::Updates, loads::Upserts> auto& setting) -> const std::vector<Field>& {
                   return setting.set;
                 }},
      changes);
}

Micros Load::backfill() const {
  const auto* arrivals = as<loads::Arrivals>();
  return arrivals != nullptr ? arrivals->backfill : Micros{};
}

double Load::expected_backfill() const {
  const auto* arrivals = as<loads::Arrivals>();
  return arrivals != nullptr ? arrivals->backfill_rate * static_cast<double>(arrivals->backfill.count()) / 1e6 : 0;
}

double Load::greatest_rate() const {
  double greatest = 0;
  for (const Stage& stage : stages) greatest = std::max({greatest, stage.from_rate, stage.to_rate});
  return greatest;
}

}  // namespace freshet
