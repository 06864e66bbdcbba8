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
#include "generator/write/kafka/shared_producer.h"
#include "generator/write/kafka/stream_faults.h"

namespace freshet {

/// One lane's writer for its topics. Outcomes come with the delivery reports, from the producer's thread.
///
/// Value: the row, with stamp columns, as one JSON object, as an Avro datum after the frame of its schema registry, or
/// as Debezium's envelope. Key: the canonical text of the key column. Versions of an instance share a key, hence a
/// partition, and the idempotent producer keeps their order there. Headers, if wanted: "entity", "operation",
/// "version", and "intended", the microseconds from the schedule's zero in decimal digits.
///
/// A row that gets another key is sent as the tombstone of the old key, then the row under the new one: two messages,
/// in this order, mostly on two partitions. With headers they are a delete and an insert, and name each other's key as
/// Debezium does, "__debezium.newkey" and "__debezium.oldkey". In envelopes each tombstone follows the envelope of a
/// delete.
class KafkaWriter final : public Writer {
 public:
  struct Topic {
    std::string name;
    ColumnIndex key_column{};
    RecordType record;
    std::shared_ptr<const AvroWriter> avro = nullptr;  ///< null: JSON
    std::uint32_t schema_id = 0;                       ///< id of the Avro schema at its registry
    std::string named = {};                            ///< the entity's name if messages carry headers, else empty
    std::shared_ptr<const StreamFaults> faults = nullptr;
    std::shared_ptr<StreamFaultCounts> fault_counts = nullptr;  ///< counts how often its faults occurred
    bool keeps_deletes = false;                                 ///< deletes are never dropped
    /// the source in its envelopes; absent: no envelopes
    std::optional<DebeziumWriter::Source> envelopes = std::nullopt;
  };

  /// `clock` must outlive the writer and must be the system clock: delivery reports carry its instants. `transaction`:
  /// the maximum number of messages in one, 0 = no transactions; the shared producer must then be transactional and
  /// belong to this lane alone. Messages that are due together, and fit, form one transaction, which commits or fails
  /// as a whole.
  KafkaWriter(std::shared_ptr<SharedProducer> shared_producer, std::map<EntityId, Topic> topics,
              std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, int transaction = 0);

  void write(std::span<const Write> batch) override;
  /// Messages held back on purpose do not count as given.
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
  /// A topic, and what renders its rows.
  struct Route {
    Topic topic;
    std::unique_ptr<JsonWriter> json;  ///< null: another format
    std::unique_ptr<DebeziumWriter> envelopes;
    Fragments fragments;  ///< for Avro
  };
  /// The values that the headers of a message point to.
  struct Headers {
    std::array<char, 24> version{};
    std::array<char, 24> intended{};
    std::string other_key;
    std::array<kafka::Header, 5> headers{};
  };
  /// A rendered message; key and value are pieces of text_.
  struct Rendered {
    const Topic* topic;
    std::size_t key = 0;
    std::size_t value = 0;
    std::size_t end = 0;
    Headers headers = {};
  };
  [[nodiscard]] Route& route(EntityId entity) { return *routes_[index_of(entity)]; }
  /// True if a reader can tell which of two messages is older. A tombstone has no version.
  [[nodiscard]] static bool has_version(const Write& write) {
    return write.change.operation != Operation::Delete && !write.rekeyed;
  }
  /// True if the change is one message without faults.
  [[nodiscard]] static bool is_plain(const Write& write, const Route& route) {
    return !route.topic.faults && !write.rekeyed && !(route.envelopes && write.change.operation == Operation::Delete);
  }

  // Plain messages are rendered side by side and handed over in groups.
  void render(const Write& write, Route& route);
  void append_value(const Write& write, Route& route, Buffer& out);
  void send_rendered();
  void refuse(std::uint64_t ticket, const Status& why, int code);
  [[nodiscard]] kafka::Producer::Message message_of(std::size_t index);

  // All others are sent one change at a time, of one or several messages, on time or held back.
  void send_by_itself(const Write& write, Route& route);
  [[nodiscard]] Messages messages_of(const Write& write, Route& route);
  void send(const Messages& messages, std::uint32_t code);
  bool hold(const Write& write, Route& route);
  void send_held(const HeldMessages::Message& held);
  void release_due(Micros now);
  void strike(const Messages& messages, const Topic& topic);
  void send_repeats();
  bool send_untracked(const kafka::Producer::Message& message);

  void withhold(const Change& change);
  void begin_transaction();
  void end_transaction();
  void count_in_transaction(std::size_t messages);
  static std::span<const kafka::Header> headers(const Change& change, Operation operation, const Topic& topic,
                                                Headers& out);
  static std::span<const kafka::Header> headers(const Change& change, const Part& part, const Topic& topic,
                                                Headers& out);

  const std::shared_ptr<SharedProducer> shared_producer_;
  std::vector<std::unique_ptr<Route>> routes_;  ///< by entity; null: not written here
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::uint16_t lane_;
  const int transaction_;
  int open_ = 0;        ///< messages of the current transaction
  bool begun_ = false;  ///< a transaction has begun
  RepeatedMessages repeats_;
  HeldMessages held_;
  // Rendered but unsent messages, side by side; kept for their capacity.
  std::vector<Change> changes_;
  std::vector<Rendered> rendered_;
  std::vector<std::uint64_t> tickets_;
  std::vector<kafka::Producer::Message> messages_;
  Buffer text_;
  Buffer value_;
  std::string key_;
};

}  // namespace freshet
