// Writes changes to Kafka topics: a message per change, keyed by the entity's message key, a delete as a tombstone.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/seams.h"
#include "generator/format/avro_writer.h"
#include "generator/format/json_writer.h"
#include "generator/write/kafka_outlet.h"
#include "generator/write/stream_faults.h"

namespace freshet {

/// One lane's way to its topics. Outcomes come with the delivery reports, from the producer's thread.
///
/// Value: the row, stamp columns included, as one JSON object or as an Avro datum behind the frame of the registry that
/// knows its schema; key: canonical text of the key column. Versions of an instance share a key, hence a partition, and
/// the idempotent producer keeps their order there. Headers, where
/// wanted: "entity", "operation", "version", and "intended", the microseconds from the schedule's zero, in decimal
/// digits.
class KafkaWriter final : public Writer {
 public:
  struct Topic {
    std::string name;
    int key_column = 0;
    RecordType record;
    std::shared_ptr<const AvroWriter> avro = nullptr;  ///< null: JSON
    std::uint32_t schema_id = 0;                       ///< of the Avro schema at its registry
    std::string named = {};                            ///< the entity's name where messages carry headers, else empty
    std::shared_ptr<const StreamFaults> faults = nullptr;
    std::shared_ptr<StreamFaultCounts> struck = nullptr;  ///< of its faults
  };

  /// `clock` outlives the writer and is the system's: delivery reports carry its instants. `transaction`: the most
  /// messages of one, 0 = none; its outlet is then a transactional one and no other lane's. What is due together and
  /// fits is one transaction, and stands or falls as a whole.
  KafkaWriter(std::shared_ptr<KafkaOutlet> outlet, std::map<EntityId, Topic> topics,
              std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, int transaction = 0);

  void write(std::span<const Write> batch) override;
  void flush(Instant deadline) override;

 private:
  /// A topic with what renders its rows.
  struct Route {
    Topic topic;
    std::unique_ptr<JsonWriter> json;  ///< null: Avro
    Fragments fragments;               ///< of Avro
  };
  /// A message that is rendered; key and value are pieces of text_.
  struct Rendered {
    const Topic* topic;
    std::size_t key = 0;
    std::size_t value = 0;
    std::size_t end = 0;
    std::array<char, 24> version{};
    std::array<char, 24> intended{};
    std::array<kafka::Header, 4> headers{};
  };
  [[nodiscard]] Route& route(EntityId entity) { return *routes_[index_of(entity)]; }
  void send(const Write& write);
  void render(const Write& write, Route& route);
  /// Whether the last of them was taken.
  bool send_rendered();
  void refuse(std::size_t index, const Status& why, int code);
  void withhold(const Change& change);
  void strike(const Topic& topic);
  void send_repeats();
  bool send_for_nobody(const kafka::Producer::Message& message);
  void end_transaction();
  [[nodiscard]] kafka::Producer::Message message_of(std::size_t index);
  static std::span<const kafka::Header> headers(const Change& change, Rendered& rendered);

  const std::shared_ptr<KafkaOutlet> outlet_;
  std::vector<std::unique_ptr<Route>> routes_;  ///< by entity; null: not written here
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::uint16_t lane_;
  const int transaction_;
  int open_ = 0;  ///< messages of the present transaction
  RepeatedMessages repeats_;
  // What is rendered and not sent, side by side; kept for their capacity.
  std::vector<Change> changes_;
  std::vector<Rendered> rendered_;
  std::vector<std::uint64_t> tickets_;
  std::vector<kafka::Producer::Message> messages_;
  Buffer text_;
  std::string key_;
};

}  // namespace freshet
