// Writes changes to Kafka topics: a message per change, keyed by the entity's message key, a delete as a tombstone.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/io/kafka.h"
#include "base/seams.h"
#include "generator/format/avro_writer.h"
#include "generator/format/json_writer.h"
#include "generator/write/breakdown.h"
#include "generator/write/held_messages.h"
#include "generator/write/lane_outcomes.h"
#include "generator/write/stream_faults.h"

namespace freshet {

/// The messages of one lane that have no delivery report yet. Slots are used again and again, so that its memory is
/// O(in flight). Safe from any thread.
class InFlight {
 public:
  /// `in_transactions`: that a message was delivered is not told before end() says what became of its transaction.
  explicit InFlight(std::shared_ptr<LaneOutcomes> outcomes, bool in_transactions = false)
      : outcomes_(std::move(outcomes)), in_transactions_(in_transactions) {}

  /// Returns the ticket that its report must show, or those of all its messages. `code`: of the change when it commits.
  std::uint64_t add(const Change& change, Instant released, int messages = 1, std::uint32_t code = 0);
  /// Settles the message. A report that comes after give_up() is ignored.
  void report(std::uint64_t ticket, Outcome outcome, std::uint32_t code, Instant at) {
    const Report one{ticket, outcome, code, at};
    report({&one, 1});
  }
  struct Report {
    std::uint64_t ticket;
    Outcome outcome;
    std::uint32_t code;
    Instant at;
  };
  void report(std::span<const Report> reports);
  /// Waits until all are settled, at most `patience`. False when some are left.
  bool wait(Nanos patience);
  /// Settles what is left as Unknown.
  void give_up(Instant at) { end(Outcome::Unknown, 0, at); }
  /// Settles what is left as this.
  void end(Outcome outcome, std::uint32_t code, Instant at);

 private:
  enum class State : std::uint8_t { Free, Waiting, Settling };
  struct Slot {
    Settled settled;
    std::uint16_t use = 0;  ///< how often the slot was used, so that a late report is told from a present one
    State state = State::Free;
    int unreported = 1;     ///< of its messages
    bool reported = false;  ///< some of them
  };
  static void take(Slot& slot, Outcome outcome, std::uint32_t code, Instant at);
  void settle(std::unique_lock<std::mutex>& lock, std::span<const std::uint32_t> indices);

  const std::shared_ptr<LaneOutcomes> outcomes_;
  const bool in_transactions_;
  std::mutex mutex_;
  std::condition_variable settled_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;  ///< not Free
};

/// The producer of one Kafka connection, shared by all lanes. Lanes are added before the first message; afterwards
/// produce() is safe from any thread.
class KafkaOutlet {
 public:
  /// `breakdown` outlives it.
  [[nodiscard]] static Result<std::shared_ptr<KafkaOutlet>> open(const kafka::Address& address, Breakdown& breakdown);

  /// Returns the number by which the lane sends.
  std::uint16_t add_lane(std::shared_ptr<InFlight> in_flight);
  /// The lane of messages whose delivery concerns nobody.
  static constexpr std::uint16_t kNobody = 0xFFFF;
  /// `ticket` as InFlight::add gave it; any of the lane kNobody.
  Status produce(std::uint16_t lane, std::uint64_t ticket, kafka::Producer::Message message, int& code);
  /// Before its first message.
  Status configure_topic(const std::string& topic, const std::map<std::string, std::string>& properties) {
    return producer_->configure_topic(topic, properties);
  }
  Status begin() { return producer_->begin(); }
  [[nodiscard]] kafka::Producer::Ended end(int timeout_ms, int& code) { return producer_->end(timeout_ms, code); }
  [[nodiscard]] kafka::Producer::Figures figures() const { return producer_->figures(); }
  /// The broker did not take messages for as long as they may wait, or a topic is gone: nothing more is sent.
  [[nodiscard]] bool broken() const { return broken_; }
  void break_down(const std::string& reason);

 private:
  KafkaOutlet(std::string name, Breakdown& breakdown) : name_(std::move(name)), breakdown_(breakdown) {}
  void deliver(const kafka::Producer::Delivery& delivery);
  void report();

  const std::string name_;
  Breakdown& breakdown_;
  std::atomic<bool> broken_ = false;
  std::vector<std::shared_ptr<InFlight>> lanes_;
  std::vector<std::vector<InFlight::Report>> reports_;  ///< by lane, not passed on yet; the producer's thread
  std::unique_ptr<kafka::Producer> producer_;           ///< last, so that its reports end before what they reach goes
};

/// One lane's way to its topics. Outcomes come with the delivery reports, from the producer's thread.
///
/// Value: the row, stamp columns included, as one JSON object or as an Avro datum behind the frame of the registry that
/// knows its schema; key: canonical text of the key column. Versions of an instance share a key, hence a partition, and
/// the idempotent producer keeps their order there. Headers, where
/// wanted: "entity", "operation", "version", and "intended", the microseconds from the schedule's zero, in decimal
/// digits.
///
/// A row that gets another key is the tombstone of the old one, then the row under the new one: two messages, in this
/// order, mostly on two partitions. With headers they are a delete and an insert, and name each other's key as
/// Debezium's do, "__debezium.newkey" and "__debezium.oldkey".
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
  /// What is held back on purpose does not count as given.
  void flush(Instant deadline) override;
  void release_held() override;

 private:
  /// A change as a message, or two. Its texts are the caller's.
  struct Outgoing {
    const Change& change;
    std::string_view key;
    std::string_view old_key;  ///< of a row that gets another key, else empty
    std::string_view value;
    std::uint32_t code;  ///< of the change when it commits
  };
  /// Whoever reads the message can tell which of two is older. A tombstone says nothing.
  [[nodiscard]] static bool has_version(const Write& write) {
    return write.change.operation != Operation::Delete && write.before == nullptr;
  }
  void send(const Write& write);
  void send(const Outgoing& message, const Topic& topic);
  std::uint32_t produce(std::uint64_t ticket, const kafka::Producer::Message& message);
  void withhold(const Change& change);
  void render(const Write& write, const Topic& topic);
  bool hold(const Write& write, const Topic& topic);
  void send_held(const HeldMessages::Message& held);
  void release_due(Micros now);
  void strike(const Outgoing& message, const Topic& topic);
  void send_repeats();
  void append_value(const Write& write, const Topic& topic);
  void begin_transaction();
  void end_transaction();
  std::span<const kafka::Header> headers(const Change& change, const Topic& topic) {
    return headers(change, topic, change.operation, {}, {});
  }
  /// `other`: the name of a header for another `key`.
  std::span<const kafka::Header> headers(const Change& change, const Topic& topic, Operation operation,
                                         std::string_view other, std::string_view key);

  const std::shared_ptr<KafkaOutlet> outlet_;
  const std::map<EntityId, Topic> topics_;
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  const std::shared_ptr<InFlight> in_flight_;
  const std::uint16_t lane_;
  const int transaction_;
  int open_ = 0;        ///< messages of the present transaction
  bool begun_ = false;  ///< there is one
  std::map<EntityId, JsonWriter> json_;
  std::map<EntityId, Fragments> fragments_;  ///< of Avro
  std::array<kafka::Header, 5> headers_;
  std::array<std::array<char, 24>, 2> digits_{};
  RepeatedMessages repeats_;
  HeldMessages held_;
  std::string key_;  // scratch, kept for its capacity
  std::string old_key_;
  std::string other_key_;
  Buffer value_;
};

}  // namespace freshet
