#include "generator/write/null/null_writer.h"

namespace freshet {

LaneWriters null_writers(const Scenario& scenario, const OutcomeSink& sink, const Clock& clock) {
  LaneWriters writers;
  writers.outcomes = std::make_shared<LaneOutcomes>(scenario, sink);
  const auto null = std::make_shared<NullWriter>(writers.outcomes, clock);
  writers.by_entity.resize(scenario.entities.size());
  for (const WriteTarget& write : scenario.write) writers.by_entity[index_of(write.entity)] = null;
  return writers;
}

}  // namespace freshet
