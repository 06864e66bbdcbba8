// Opens the writers of every lane.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "clients/connection.h"
#include "generator/format/format.h"
#include "generator/write/kafka/kafka_writer.h"
#include "generator/write/mysql/mysql_writer.h"
#include "generator/write/targets.h"

namespace freshet {

namespace {

/// After a delete a row of it may come back under another key.
bool returns_elsewhere(const Entity& entity) {
  return entity.revival && std::any_of(entity.revival->to.begin(), entity.revival->to.end(),
                                       [&](NextState state) { return entity.life[state.value()].new_key; });
}

class OpenPool final : public WriterPool {
 public:
  OpenPool(const Scenario& scenario, WallTime epoch, const Addresses& addresses, const Clock& clock, OutcomeSink sink)
      : scenario_(scenario), epoch_(epoch), addresses_(addresses), clock_(clock), sink_(std::move(sink)) {}

  Status open(int lanes) {
    FRESHET_TRY(open_outlets());
    lanes_.resize(static_cast<std::size_t>(lanes));
    for (LaneWriters& lane : lanes_) {
      lane.by_entity.resize(scenario_.entities.size());
      lane.outcomes = std::make_shared<LaneOutcomes>(scenario_, sink_);
      FRESHET_TRY(open_mysql(lane));
      FRESHET_TRY(open_kafka(lane));
    }
    return {};
  }

  [[nodiscard]] LaneWriters& lane(int index) override { return lanes_.at(static_cast<std::size_t>(index)); }

  void flush(Instant deadline) override {
    for (const LaneWriters& lane : lanes_) {
      for (const auto& writer : lane.by_entity) {
        if (writer) writer->release_held();
      }
      for (const auto& writer : lane.by_entity) {
        if (writer) writer->flush(deadline);
      }
    }
  }

  [[nodiscard]] std::map<std::string, std::map<std::string, std::int64_t>> stream_faults() const override {
    std::map<std::string, std::map<std::string, std::int64_t>> out;
    for (const auto& [entity, topic] : topics_) {
      if (!topic.struck) continue;
      out[topic.name] = {{"dropped", topic.struck->dropped},
                         {"duplicated", topic.struck->duplicated},
                         {"poisoned", topic.struck->poisoned},
                         {"late", topic.struck->late},
                         {"out_of_order", topic.struck->out_of_order}};
    }
    return out;
  }

  [[nodiscard]] std::string broken() const override { return breakdown_.reason(); }
  [[nodiscard]] std::vector<Refusal> refusals() const override { return breakdown_.refusals(); }

  [[nodiscard]] std::map<std::size_t, kafka::Producer::Figures> kafka_figures() const override {
    std::map<std::size_t, kafka::Producer::Figures> sums;
    for (const auto& [connection, outlet] : outlets_) sums[connection] = outlet->figures();
    for (const auto& [connection, outlet] : transactional_) {
      const kafka::Producer::Figures figures = outlet->figures();
      kafka::Producer::Figures& sum = sums[connection];
      sum.settings = figures.settings;
      sum.messages += figures.messages;
      sum.bytes += figures.bytes;
      sum.sent_bytes += figures.sent_bytes;
    }
    return sums;
  }

 private:
  [[nodiscard]] std::string named(std::size_t connection) const {
    return "connection \"" + scenario_.connections[connection].name + "\"";
  }

  Status open_outlets() {
    for (const WriteTarget& write : scenario_.write) {
      const KafkaTarget* kafka = write.topic();
      if (kafka == nullptr || outlets_.contains(kafka->connection)) continue;
      auto outlet = KafkaOutlet::open(addresses_.kafka.at(kafka->connection), breakdown_);
      if (!outlet.ok()) return outlet.error().in(named(kafka->connection));
      FRESHET_TRY(configure(**outlet, kafka->connection));
      outlets_[kafka->connection] = std::move(*outlet);
    }
    return prepare_topics();
  }

  /// What the lanes share of their topics; schemas are registered here, once.
  Status prepare_topics() {
    for (const WriteTarget& write : scenario_.write) {
      const KafkaTarget* target = write.topic();
      if (target == nullptr) continue;
      const Entity& entity = scenario_.entity(write.entity);
      KafkaWriter::Topic topic{target->topic, target->key_column, entity.record};
      if (target->format == KafkaTarget::Format::Avro) {
        const auto address = registry_address(*target, process_environment());
        if (!address.ok()) return address.error();
        topic.avro = std::make_shared<const AvroWriter>(entity);
        const auto id = registry::register_schema(address.value(), target->topic + "-value", topic.avro->schema());
        if (!id.ok()) return id.error();
        topic.schema_id = id.value();
      }
      if (target->format == KafkaTarget::Format::Debezium) {
        topic.envelopes = DebeziumWriter::Source{scenario_.name, table_of(scenario_, write.entity), epoch_};
      }
      if (target->headers) topic.named = entity.name;
      if (target->faults) {
        topic.faults =
            std::make_shared<const StreamFaults>(*target->faults, scenario_.seed, entity.name, scenario_.time_scale);
        topic.struck = std::make_shared<StreamFaultCounts>();
        topic.keeps_deletes = returns_elsewhere(entity);
      }
      topics_.emplace(write.entity, std::move(topic));
    }
    return {};
  }

  /// One writer for all tables of a connection, so that what is due together commits together.
  Status open_mysql(LaneWriters& lane) {
    std::map<std::size_t, std::map<EntityId, TableStatements>> tables;
    std::map<std::size_t, MysqlWriter::Options> options;
    for (const WriteTarget& write : scenario_.write) {
      if (const auto* target = std::get_if<MysqlTarget>(&write.target)) {
        tables[target->connection][write.entity] = table_statements(scenario_.entity(write.entity), target->table);
        options[target->connection].commit = target->commit;
        if (write.mirror) options[target->connection].mirrors[write.entity] = open_mirror(write);
      }
    }
    for (auto& [connection, statements] : tables) {
      auto opened = MysqlWriter::open(addresses_.mysql.at(connection), statements, lane.outcomes, clock_, breakdown_,
                                      options[connection]);
      if (!opened.ok()) return opened.error().in(named(connection));
      const std::shared_ptr<Writer> writer = std::move(*opened);
      for (const auto& [entity, unused] : statements) lane.by_entity[index_of(entity)] = writer;
    }
    return {};
  }

  /// What the table has committed is told to the topic. The change's outcome is the table's; a message that does not
  /// get through ends the run, because the two would differ.
  std::shared_ptr<Writer> open_mirror(const WriteTarget& write) {
    const auto told = [this, name = write.mirror->topic](std::span<const Settled> settled) {
      for (const Settled& one : settled) {
        if (one.outcome == Outcome::Committed) continue;
        breakdown_.report("topic " + name + " lacks a change that its table has (error " + std::to_string(one.code) +
                          ")");
      }
    };
    const std::map<EntityId, KafkaWriter::Topic> topics{{write.entity, topics_.at(write.entity)}};
    return std::make_shared<KafkaWriter>(outlets_.at(write.mirror->connection), topics,
                                         std::make_shared<LaneOutcomes>(scenario_, told), clock_);
  }

  /// Topics without transactions share a producer of all lanes; a transaction is one lane's, and needs one of its own.
  Status open_kafka(LaneWriters& lane) {
    std::map<std::pair<std::size_t, int>, std::map<EntityId, KafkaWriter::Topic>> topics;
    for (const WriteTarget& write : scenario_.write) {
      if (const auto* target = std::get_if<KafkaTarget>(&write.target)) {
        topics[{target->connection, target->transaction}][write.entity] = topics_.at(write.entity);
      }
    }
    for (const auto& [shared, by_entity] : topics) {
      const auto& [connection, transaction] = shared;
      std::shared_ptr<KafkaOutlet> outlet = outlets_.at(connection);
      if (transaction > 0) {
        auto own = open_transactional(connection);
        if (!own.ok()) return own.error();
        outlet = std::move(*own);
      }
      const auto writer = std::make_shared<KafkaWriter>(outlet, by_entity, lane.outcomes, clock_, transaction);
      for (const auto& [entity, unused] : by_entity) lane.by_entity[index_of(entity)] = writer;
    }
    return {};
  }

  Result<std::shared_ptr<KafkaOutlet>> open_transactional(std::size_t connection) {
    kafka::Address address = addresses_.kafka.at(connection);
    // No other producer, of this run or another, may have the same name: the broker would fence one of them off.
    address.properties["transactional.id"] = "freshet-" + std::to_string(::getpid()) + "-" +
                                             std::to_string(epoch_micros(clock_.wall())) + "-" +
                                             std::to_string(transactional_.size());
    auto outlet = KafkaOutlet::open(address, breakdown_);
    if (!outlet.ok()) return outlet.error().in(named(connection));
    FRESHET_TRY(configure(**outlet, connection));
    transactional_.emplace_back(connection, *outlet);
    return outlet;
  }

  Status configure(KafkaOutlet& outlet, std::size_t connection) {
    for (const WriteTarget& write : scenario_.write) {
      const KafkaTarget* kafka = write.topic();
      if (kafka == nullptr || kafka->connection != connection || kafka->compression.empty()) continue;
      FRESHET_TRY(outlet.configure_topic(kafka->topic, {{"compression.codec", kafka->compression}}));
    }
    return {};
  }

  const Scenario& scenario_;
  const WallTime epoch_;
  const Addresses& addresses_;
  const Clock& clock_;
  const OutcomeSink sink_;
  Breakdown breakdown_;
  std::map<std::size_t, std::shared_ptr<KafkaOutlet>> outlets_;  ///< by connection
  std::map<EntityId, KafkaWriter::Topic> topics_;                ///< an entity has one at most
  std::vector<LaneWriters> lanes_;
  std::vector<std::pair<std::size_t, std::shared_ptr<KafkaOutlet>>> transactional_;  ///< of one lane, by connection
};

}  // namespace

Result<std::unique_ptr<WriterPool>> WriterPool::open(const Scenario& scenario, WallTime epoch,
                                                     const Addresses& addresses, int lanes, const Clock& clock,
                                                     OutcomeSink sink) {
  auto pool = std::make_unique<OpenPool>(scenario, epoch, addresses, clock, std::move(sink));
  FRESHET_TRY(pool->open(lanes));
  return std::unique_ptr<WriterPool>(std::move(pool));
}

}  // namespace freshet
