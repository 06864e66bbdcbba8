// Opens the writers of every lane.
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "generator/write/kafka_writer.h"
#include "generator/write/mysql_writer.h"
#include "generator/write/targets.h"
#include "scenarios/connection.h"

namespace freshet {

namespace {

class OpenPool final : public WriterPool {
 public:
  OpenPool(const Scenario& scenario, const Addresses& addresses, const Clock& clock, OutcomeSink sink)
      : scenario_(scenario), addresses_(addresses), clock_(clock), sink_(std::move(sink)) {}

  Status open(int lanes) {
    FRESHET_TRY(open_outlets());
    lanes_.resize(static_cast<std::size_t>(lanes));
    for (LaneWriters& lane : lanes_) {
      lane.by_entity.resize(scenario_.entities.size());
      lane.outcomes = std::make_shared<LaneOutcomes>(scenario_, sink_);
      FRESHET_TRY(open_mysql(lane));
      open_kafka(lane);
    }
    return {};
  }

  [[nodiscard]] LaneWriters& lane(int index) override { return lanes_.at(static_cast<std::size_t>(index)); }

  void flush(Instant deadline) override {
    for (const LaneWriters& lane : lanes_) {
      for (const auto& writer : lane.by_entity) {
        if (writer) writer->flush(deadline);
      }
    }
  }

  [[nodiscard]] std::string broken() const override { return breakdown_.reason(); }

 private:
  [[nodiscard]] std::string named(std::size_t connection) const {
    return "connection \"" + scenario_.connections[connection].name + "\"";
  }

  Status open_outlets() {
    for (const WriteTarget& write : scenario_.write) {
      const auto* kafka = std::get_if<KafkaTarget>(&write.target);
      if (kafka == nullptr || outlets_.contains(kafka->connection)) continue;
      auto outlet = KafkaOutlet::open(addresses_.kafka.at(kafka->connection), breakdown_);
      if (!outlet.ok()) return outlet.error().in(named(kafka->connection));
      outlets_[kafka->connection] = std::move(*outlet);
    }
    return prepare_topics();
  }

  /// What the lanes share of their topics; schemas are registered here, once.
  Status prepare_topics() {
    for (const WriteTarget& write : scenario_.write) {
      const auto* target = std::get_if<KafkaTarget>(&write.target);
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
      topics_[target->connection].emplace(write.entity, std::move(topic));
    }
    return {};
  }

  /// One writer for all tables of a connection, so that what is due together commits together.
  Status open_mysql(LaneWriters& lane) {
    std::map<std::size_t, std::map<EntityId, TableStatements>> tables;
    for (const WriteTarget& write : scenario_.write) {
      if (const auto* target = std::get_if<MysqlTarget>(&write.target)) {
        tables[target->connection][write.entity] = table_statements(scenario_.entity(write.entity), target->table);
      }
    }
    for (auto& [connection, statements] : tables) {
      auto opened =
          MysqlWriter::open(addresses_.mysql.at(connection), statements, lane.outcomes, clock_, breakdown_, {});
      if (!opened.ok()) return opened.error().in(named(connection));
      const std::shared_ptr<Writer> writer = std::move(*opened);
      for (const auto& [entity, unused] : statements) lane.by_entity[index_of(entity)] = writer;
    }
    return {};
  }

  void open_kafka(LaneWriters& lane) {
    for (const auto& [connection, by_entity] : topics_) {
      const auto writer = std::make_shared<KafkaWriter>(outlets_.at(connection), by_entity, lane.outcomes, clock_);
      for (const auto& [entity, unused] : by_entity) lane.by_entity[index_of(entity)] = writer;
    }
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const Clock& clock_;
  const OutcomeSink sink_;
  Breakdown breakdown_;
  std::map<std::size_t, std::shared_ptr<KafkaOutlet>> outlets_;  ///< by connection
  std::map<std::size_t, std::map<EntityId, KafkaWriter::Topic>> topics_;
  std::vector<LaneWriters> lanes_;
};

}  // namespace

Result<std::unique_ptr<WriterPool>> WriterPool::open(const Scenario& scenario, const Addresses& addresses, int lanes,
                                                     const Clock& clock, OutcomeSink sink) {
  auto pool = std::make_unique<OpenPool>(scenario, addresses, clock, std::move(sink));
  FRESHET_TRY(pool->open(lanes));
  return std::unique_ptr<WriterPool>(std::move(pool));
}

}  // namespace freshet
