#include "generator/write/kafka/kafka_writers.h"

#include <unistd.h>

#include <algorithm>

#include "clients/connection.h"
#include "generator/format/format.h"

namespace freshet {

namespace {

/// True if a deleted row may come back under another key.
bool returns_elsewhere(const Entity& entity) {
  return entity.revival && std::any_of(entity.revival->to.begin(), entity.revival->to.end(),
                                       [&](NextState state) { return entity.life[state.value()].new_key; });
}

void add(const kafka::Producer::Figures& figures, ServerFigures& sum) {
  sum.settings = figures.settings;
  sum.counters["messages"] += figures.messages;
  sum.counters["message_bytes"] += figures.bytes;
  sum.counters["sent_bytes"] += figures.sent_bytes;
}

}  // namespace

Result<std::unique_ptr<BackendWriters>> KafkaWriters::open(const WriterSetting& setting) {
  std::unique_ptr<KafkaWriters> writers(new KafkaWriters(setting));
  FRESHET_TRY(writers->open_shared_producers());
  FRESHET_TRY(writers->prepare_topics());
  return std::unique_ptr<BackendWriters>(std::move(writers));
}

Status KafkaWriters::open_shared_producers() {
  for (const WriteTarget& write : setting_.scenario.write) {
    const KafkaTarget* kafka = write.topic();
    if (kafka == nullptr || shared_producers_.contains(kafka->connection)) continue;
    const auto& address = address_at<kafka::Address>(setting_.addresses, kafka->connection);
    FRESHET_ASSIGN(shared_producers_[kafka->connection], open_producer(address, kafka->connection));
  }
  return {};
}

/// Prepares what the lanes share of their topics; schemas are registered here, once.
Status KafkaWriters::prepare_topics() {
  for (const WriteTarget& write : setting_.scenario.write) {
    if (const KafkaTarget* target = write.topic()) FRESHET_TRY(prepare_topic(*target, write.entity));
  }
  return {};
}

Status KafkaWriters::prepare_topic(const KafkaTarget& target, EntityId id) {
  const Scenario& scenario = setting_.scenario;
  const Entity& entity = scenario.entity(id);
  KafkaWriter::Topic topic{target.topic, target.key_column, entity.record};
  if (target.format == KafkaTarget::Format::Avro) {
    FRESHET_ASSIGN(const registry::Address address, registry_address(target, setting_.addresses.environment));
    topic.avro = std::make_shared<const AvroWriter>(entity);
    FRESHET_ASSIGN(topic.schema_id, registry::register_schema(address, target.topic + "-value", topic.avro->schema()));
  }
  if (target.format == KafkaTarget::Format::Debezium) {
    topic.envelopes = DebeziumWriter::Source{scenario.name, table_of(scenario, id), setting_.epoch};
  }
  if (target.headers) topic.named = entity.name;
  if (target.faults) {
    topic.faults =
        std::make_shared<const StreamFaults>(*target.faults, scenario.seed, entity.name, scenario.time_scale);
    topic.fault_counts = std::make_shared<StreamFaultCounts>();
    topic.keeps_deletes = returns_elsewhere(entity);
  }
  topics_.emplace(id, std::move(topic));
  return {};
}

std::shared_ptr<Writer> KafkaWriters::open_mirror(const WriteTarget& write,
                                                  const std::shared_ptr<LaneOutcomes>& outcomes) {
  const std::map<EntityId, KafkaWriter::Topic> topics{{write.entity, topics_.at(write.entity)}};
  return std::make_shared<KafkaWriter>(shared_producers_.at(write.topic()->connection), topics, outcomes,
                                       setting_.clock);
}

Status KafkaWriters::open_lane(LaneWriters& lane) {
  std::map<std::pair<std::size_t, int>, std::map<EntityId, KafkaWriter::Topic>> topics;
  for (const WriteTarget& write : setting_.scenario.write) {
    if (const auto* target = std::get_if<KafkaTarget>(&write.target)) {
      topics[{target->connection, target->transaction}][write.entity] = topics_.at(write.entity);
    }
  }
  for (const auto& [shared, by_entity] : topics) {
    const auto& [connection, transaction] = shared;
    std::shared_ptr<SharedProducer> shared_producer = shared_producers_.at(connection);
    if (transaction > 0) {
      FRESHET_ASSIGN(shared_producer, open_transactional(connection));
    }
    const auto writer =
        std::make_shared<KafkaWriter>(shared_producer, by_entity, lane.outcomes, setting_.clock, transaction);
    for (const auto& [entity, unused] : by_entity) lane.by_entity[index_of(entity)] = writer;
  }
  return {};
}

Result<std::shared_ptr<SharedProducer>> KafkaWriters::open_transactional(std::size_t connection) {
  kafka::Address address = address_at<kafka::Address>(setting_.addresses, connection);
  // No other producer, of this run or another, may have the same name: the broker would fence one of them off.
  address.properties["transactional.id"] = "freshet-" + std::to_string(::getpid()) + "-" +
                                           std::to_string(epoch_micros(setting_.clock.wall())) + "-" +
                                           std::to_string(transactional_.size());
  FRESHET_ASSIGN(const std::shared_ptr<SharedProducer> shared_producer, open_producer(address, connection));
  transactional_.emplace_back(connection, shared_producer);
  return shared_producer;
}

Result<std::shared_ptr<SharedProducer>> KafkaWriters::open_producer(const kafka::Address& address,
                                                                    std::size_t connection) {
  auto shared_producer = SharedProducer::open(address, setting_.first_failure);
  if (!shared_producer.ok()) return shared_producer.error().in(named(setting_.scenario, connection));
  FRESHET_TRY(configure(**shared_producer, connection));
  return shared_producer;
}

Status KafkaWriters::configure(SharedProducer& shared_producer, std::size_t connection) {
  for (const WriteTarget& write : setting_.scenario.write) {
    const KafkaTarget* kafka = write.topic();
    if (kafka == nullptr || kafka->connection != connection || kafka->compression.empty()) continue;
    FRESHET_TRY(shared_producer.configure_topic(kafka->topic, {{"compression.codec", kafka->compression}}));
  }
  return {};
}

std::map<std::size_t, ServerFigures> KafkaWriters::figures() const {
  std::map<std::size_t, ServerFigures> sums;
  for (const auto& [connection, shared_producer] : shared_producers_) add(shared_producer->figures(), sums[connection]);
  for (const auto& [connection, shared_producer] : transactional_) add(shared_producer->figures(), sums[connection]);
  return sums;
}

std::map<std::string, std::map<std::string, std::int64_t>> KafkaWriters::faults() const {
  std::map<std::string, std::map<std::string, std::int64_t>> out;
  for (const auto& [entity, topic] : topics_) {
    if (!topic.fault_counts) continue;
    out[topic.name] = {{"dropped", topic.fault_counts->dropped},
                       {"duplicated", topic.fault_counts->duplicated},
                       {"poisoned", topic.fault_counts->poisoned},
                       {"late", topic.fault_counts->late},
                       {"out_of_order", topic.fault_counts->out_of_order}};
  }
  return out;
}

}  // namespace freshet
