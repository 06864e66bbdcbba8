#include "app/state_forecast.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pipeline/native/view_graph.h"

namespace freshet {

StateForecast forecast_state(const Scenario& scenario, const Rows& model, const PlannedLoad& plan) {
  constexpr Ordinal kSampled = 2'000;  // rows of each entity
  std::vector<ViewId> views;
  for (const Observe& observe : scenario.observe) views.push_back(observe.view);
  ViewGraph graph(scenario, views, [](const ViewDelta&) {});
  StateForecast out;
  Row row;
  std::vector<LifeEvent> life;
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const auto id = static_cast<EntityId>(i);
    if (!graph.reads(id)) continue;
    const Ordinal last = std::min<Ordinal>(model.count(id), kSampled);
    for (Ordinal ordinal = 0; ordinal < last; ++ordinal) {
      life.clear();
      model.life_of(id, ordinal, life);
      if (life.empty() || life.front().operation == Operation::Delete) continue;
      model.row(id, ordinal, life.front().version, row);
      graph.upsert(id, row);
    }
    const Entity& entity = scenario.entities[i];
    std::array<std::int64_t, kOperations> changes{};
    if (const auto found = plan.changes.find(id); found != plan.changes.end()) changes = found->second;
    const std::int64_t born =
        (entity.preloaded ? entity.rows.value_or(0) : 0) + changes[static_cast<std::size_t>(Operation::Insert)];
    const std::int64_t dead = std::min(born, changes[static_cast<std::size_t>(Operation::Delete)]);
    out.rows += born - dead;
    out.bytes += graph.bytes_for(id, static_cast<std::size_t>(born - dead), static_cast<std::size_t>(dead));
  }
  return out;
}

}  // namespace freshet
