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
#include "generator/format/debezium_writer.h"
#include "generator/format/json_writer.h"
#include "generator/write/kafka/held_messages.h"
#include "generator/write/kafka/kafka_outlet.h"
#include "generator/write/kafka/stream_faults.h"

namespace freshet {

/// One lane's way to its topics. Outcomes come with the delivery reports, from the producer's thread.
///
/// Value: the row, stamp columns included, as one JSON object or as an Avro datum behind the frame of the registry that
/// knows its schema; or the envelope of Debezium. Key: canonical text of the key column. Versions of an instance share
/// a key, hence a partition, and the idempotent producer keeps their order there. Headers, where wanted: "entity",
/// "operation", "version", and "intended", the microseconds from the schedule's zero, in decimal digits.
///
/// A row that gets another key is the tombstone of the old one, then the row under the new one: two messages, in this
/// order, mostly on two partitions. With headers they are a delete and an insert, and name each other's key as
/// Debezium's do, "__debezium.newkey" and "__debezium.oldkey". In envelopes each tombstone follows the envelope of a
/// delete.
class KafkaWriter final : public Writer {
 public:
  struct Topic {
    std::string name;
    ColumnIndex key_column{};
    RecordType record;
    std::shared_ptr<const AvroWriter> avro = nullptr;  ///< null: JSON
    std::uint32_t schema_id = 0;                       ///< of the Avro schema at its registry
    std::string named = {};                            ///< the entity's name where messages carry headers, else empty
    std::shared_ptr<const StreamFaults> faults = nullptr;
    std::shared_ptr<StreamFaultCounts> struck = nullptr;             ///< of its faults
    bool keeps_deletes = false;                                      ///< none of them is dropped
    std::optional<DebeziumWriter::Source> envelopes = std::nullopt;  ///< of what they come from; none: no envelopes
  };

  /// `clock` outlives the writer and is the system's: delivery reports carry its instants. `transaction`: the most
  /// messages of one, 0 = none; its outlet is then a transactional one and no other lane's. What is due together and
  /// fits is one transaction, and stands or falls as a whole.
  KafkaWriter(std::shared_ptr<KafkaOutlet> outlet, std::map<EntityId, Topic> topics,
              std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, int transaction = 0);

  void write(std::span<const Write> batch) override;
  /// What is held back on purpose does not count as given.
  void flush(Instant deadline) override;
  void release_held() override;
  /// Envelopes hold it.
  [[nodiscard]] bool wants_before(EntityId entity) const override {
    const std::size_t index = index_of(entity);
    return index < routes_.size() && routes_[index] && routes_[index]->envelopes;
  }

 private:
  using Messages = HeldMessages::Messages;
  using Part = HeldMessages::Part;
  /// A topic with what renders its rows.
  struct Route {
    Topic topic;
    std::unique_ptr<JsonWriter> json;  ///< null: another format
    std::unique_ptr<DebeziumWriter> envelopes;
    Fragments fragments;  ///< of Avro
  };
  /// What the headers of a message point to, beside what outlives it.
  struct Headers {
    std::array<char, 24> version{};
    std::array<char, 24> intended{};
    std::string other_key;
    std::array<kafka::Header, 5> headers{};
  };
  /// A message that is rendered; key and value are pieces of text_.
  struct Rendered {
    const Topic* topic;
    std::size_t key = 0;
    std::size_t value = 0;
    std::size_t end = 0;
    Headers headers = {};
  };
  [[nodiscard]] Route& route(EntityId entity) { return *routes_[index_of(entity)]; }
  /// Whoever reads the message can tell which of two is older. A tombstone says nothing.
  [[nodiscard]] static bool has_version(const Write& write) {
    return write.change.operation != Operation::Delete && !write.rekeyed;
  }
  /// The change is one message, and nothing goes wrong with it on purpose.
  [[nodiscard]] static bool is_plain(const Write& write, const Route& route) {
    return !route.topic.faults && !write.rekeyed && !(route.envelopes && write.change.operation == Operation::Delete);
  }

  // Plain messages: rendered side by side, handed over some at a time.
  void render(const Write& write, Route& route);
  void append_value(const Write& write, Route& route, Buffer& out);
  void send_rendered();
  void refuse(std::uint64_t ticket, const Status& why, int code);
  [[nodiscard]] kafka::Producer::Message message_of(std::size_t index);

  // All others: one change at a time, of one message or several, which are on time or held back.
  void send_by_itself(const Write& write, Route& route);
  [[nodiscard]] Messages messages_of(const Write& write, Route& route);
  void send(const Messages& messages, std::uint32_t code);
  bool hold(const Write& write, Route& route);
  void send_held(const HeldMessages::Message& held);
  void release_due(Micros now);
  void strike(const Messages& messages, const Topic& topic);
  void send_repeats();
  bool send_for_nobody(const kafka::Producer::Message& message);

  void withhold(const Change& change);
  void begin_transaction();
  void end_transaction();
  void count_in_transaction(std::size_t messages);
  static std::span<const kafka::Header> headers(const Change& change, Operation operation, const Topic& topic,
                                                Headers& out);
  static std::span<const kafka::Header> headers(const Change& change, const Part& part, const Topic& topic,
                                                Headers& out);

  const std::shared_ptr<KafkaOutlet> outlet_;
  std::vector<std::unique_ptr<Route>> routes_;  ///< by entity; null: not written here
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::uint16_t lane_;
  const int transaction_;
  int open_ = 0;        ///< messages of the present transaction
  bool begun_ = false;  ///< there is one
  RepeatedMessages repeats_;
  HeldMessages held_;
  // What is rendered and not sent, side by side; kept for their capacity.
  std::vector<Change> changes_;
  std::vector<Rendered> rendered_;
  std::vector<std::uint64_t> tickets_;
  std::vector<kafka::Producer::Message> messages_;
  Buffer text_;
  Buffer value_;
  std::string key_;
};

}  // namespace freshet
