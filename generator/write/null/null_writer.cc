#include "generator/write/null/null_writer.h"

#include <algorithm>
#include <variant>

namespace freshet {

namespace {

/// The rows before updates and the room for large transactions are a part of what the generator costs.
NullWants wants_of(const Scenario& scenario) {
  NullWants wants;
  wants.before.resize(scenario.entities.size());
  for (const WriteTarget& write : scenario.write) {
    const KafkaTarget* topic = write.topic();
    if (topic != nullptr && topic->format == KafkaTarget::Format::Debezium) wants.before[index_of(write.entity)] = true;
    const auto* table = std::get_if<MysqlTarget>(&write.target);
    if (table != nullptr) wants.batch_max = std::max(wants.batch_max, table->commit.most);
  }
  return wants;
}

}  // namespace

LaneWriters null_writers(const Scenario& scenario, const OutcomeSink& sink, const Clock& clock) {
  LaneWriters writers;
  writers.outcomes = std::make_shared<LaneOutcomes>(scenario, sink);
  const auto null = std::make_shared<NullWriter>(writers.outcomes, clock, wants_of(scenario));
  writers.by_entity.resize(scenario.entities.size());
  for (const WriteTarget& write : scenario.write) writers.by_entity[index_of(write.entity)] = null;
  return writers;
}

}  // namespace freshet
