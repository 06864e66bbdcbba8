#include "pipeline/native/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "clients/connection.h"
#include "pipeline/views/view_operator.h"

namespace freshet {

namespace {

// The target of an entity; the first one if there are several, since all of them get the same changes.
Result<const WriteTarget*> target_of(const Scenario& scenario, EntityId entity) {
  const auto found = std::find_if(scenario.write.begin(), scenario.write.end(),
                                  [&](const WriteTarget& target) { return target.entity == entity; });
  if (found != scenario.write.end()) return &*found;
  return Error{ErrorKind::Usage,
               fmt::format("a view needs entity {}, which has no target", scenario.entity(entity).name),
               "name its table or topic under \"write\""};
}

Status plan_sources(const Scenario& scenario, const NativeOptions& options, PipelinePlan& plan) {
  std::vector<EntityId> entities;
  for (const ViewId view : plan.views) {
    for (const EntityId entity : scenario.view(view).versions_of) {
      if (std::find(entities.begin(), entities.end(), entity) == entities.end()) entities.push_back(entity);
    }
  }
  std::map<std::size_t, MysqlSourceOptions> mysql;
  std::map<std::size_t, KafkaSourceOptions> kafka;
  for (const EntityId entity : entities) {
    const Result<const WriteTarget*> target = target_of(scenario, entity);
    FRESHET_TRY(target);
    const Entity* declared = &scenario.entity(entity);
    if (const auto* table = std::get_if<MysqlTarget>(&target.value()->target)) {
      MysqlSourceOptions& source = mysql[table->connection];
      source.address = options.mysql[table->connection];
      source.tables.emplace_back(table->table, declared);
      source.entities.push_back(entity);
    } else if (const auto* topic = std::get_if<KafkaTarget>(&target.value()->target)) {
      KafkaSourceOptions& source = kafka[topic->connection];
      source.address = options.kafka[topic->connection];
      source.tells_ends = scenario.forgets();
      source.topics.push_back({topic->topic, entity, declared, topic->key_column == ColumnIndex{0}, topic->format});
      if (topic->format == KafkaTarget::Format::Avro) {
        const auto registry = registry_address(*topic, options.environment);
        if (!registry.ok()) return registry.error();
        source.topics.back().registry = registry.value();
      }
    } else {
      return Error{ErrorKind::Usage,
                   fmt::format("the pipeline cannot read the {} of entity {}", target.value()->place(), declared->name),
                   "write it to MySQL or Kafka"};
    }
  }
  for (auto& [connection, source] : mysql) plan.mysql.push_back(std::move(source));
  for (auto& [connection, source] : kafka) plan.kafka.push_back(std::move(source));
  return {};
}

Status plan_drill(const Scenario& scenario, const Drill& drill, PipelinePlan& plan) {
  if (!drill.active()) return {};
  if (drill.duplicate > 0) {
    return Error{ErrorKind::Usage, "drill: a table with a primary key cannot hold duplicates", "leave out duplicate"};
  }
  for (PlannedSink& sink : plan.sinks) {
    const View& view = scenario.view(sink.observe->view);
    if (!drill.view.empty() && view.name != drill.view) continue;
    if (view.tumble && drill.delayed > 0) {
      return Error{
          ErrorKind::Usage,
          fmt::format("drill: delays cannot be counted on view {}, which has windows: several changes share a row",
                      view.name),
          "delay a view without windows, with view=NAME"};
    }
    sink.drilled = true;
    return {};
  }
  return Error{ErrorKind::Usage, fmt::format("drill: view {} is not observed", drill.view), ""};
}

}  // namespace

Result<PipelinePlan> plan_pipeline(const Scenario& scenario, const NativeOptions& options) {
  PipelinePlan plan;
  for (const Observe& observe : scenario.observe) {
    plan.views.push_back(observe.view);
    plan.sinks.push_back({&observe, stored_record(scenario, scenario.view(observe.view)), false});
  }
  if (plan.sinks.empty()) {
    return Error{ErrorKind::Usage, "the pipeline has nothing to write", "name views under \"observe\""};
  }
  FRESHET_TRY(plan_sources(scenario, options, plan));
  FRESHET_TRY(plan_drill(scenario, options.drill, plan));
  return plan;
}

}  // namespace freshet
