// What the lanes of a Kafka connection share: its producer, and who hears of which delivery.
#pragma once

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
#include "clients/kafka/kafka.h"
#include "generator/write/lanes/breakdown.h"
#include "generator/write/lanes/lane_outcomes.h"

namespace freshet {

/// Whether this code, the broker's or librdkafka's without its sign, says that a topic, or a partition of it, is not
/// there. 197 is told of messages that were on their way when the client took the partition down.
[[nodiscard]] constexpr bool kafka_topic_is_gone(std::uint32_t code) {
  return code == 3 || code == 188 || code == 190 || code == 197;
}

/// The messages of one lane that have no delivery report yet. Slots are used again and again, so that its memory is
/// O(in flight). Safe from any thread.
class InFlight {
 public:
  /// `in_transactions`: that a message was delivered is not told before end() says what became of its transaction.
  explicit InFlight(std::shared_ptr<LaneOutcomes> outcomes, bool in_transactions = false)
      : outcomes_(std::move(outcomes)), in_transactions_(in_transactions) {}

  /// Returns the ticket that its report must show, or those of all its messages. `code`: of the change when it commits.
  std::uint64_t add(const Change& change, Instant released, int messages = 1, std::uint32_t code = 0);
  /// Several changes of one message each; `tickets` is as long as `changes`.
  void add(std::span<const Change> changes, Instant released, std::span<std::uint64_t> tickets);
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
    std::int32_t partition = -1;
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
  std::uint64_t add_slot(const Change& change, Instant released, int messages, std::uint32_t code);
  static void take(Slot& slot, Outcome outcome, std::uint32_t code, Instant at);
  static void note_partition(Slot& slot, std::int32_t partition);
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
  /// What a message's `id` must be. `ticket` as InFlight::add gave it; any of the lane kNobody.
  [[nodiscard]] static std::uint64_t id_of(std::uint16_t lane, std::uint64_t ticket);
  /// As Producer::produce(); their ids as above.
  Status produce(std::span<const kafka::Producer::Message> messages, std::size_t& taken, int& code) {
    return producer_->produce(messages, taken, code);
  }
  Status produce(const kafka::Producer::Message& message, int& code) { return producer_->produce(message, code); }
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
  /// Notes that a message was refused.
  void refused(std::uint32_t code, const std::string& why) { breakdown_.refused(name_, code, why); }

 private:
  KafkaOutlet(std::string name, Breakdown& breakdown) : name_(std::move(name)), breakdown_(breakdown) {}
  void deliver(const kafka::Producer::Delivery& delivery);
  void report();

  const std::string name_;
  Breakdown& breakdown_;
  std::atomic<bool> broken_ = false;
  std::vector<std::shared_ptr<InFlight>> lanes_;
  std::vector<std::vector<InFlight::Report>> reports_;  ///< by lane, not passed on yet; of who tells of deliveries
  std::unique_ptr<kafka::Producer> producer_;           ///< last, so that its reports end before what they reach goes
};

}  // namespace freshet
