// What the lanes of a Kafka connection share: its producer, and which lane gets which delivery report.
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
#include "generator/write/lanes/first_failure.h"
#include "generator/write/lanes/lane_outcomes.h"

namespace freshet {

/// True if this code, the broker's or librdkafka's without its sign, means that a topic, or a partition of it, does not
/// exist. 197 is reported for messages that were on their way when the client took the partition down.
[[nodiscard]] constexpr bool kafka_topic_is_gone(std::uint32_t code) {
  return code == 3 || code == 188 || code == 190 || code == 197;
}

/// The messages of one lane that have no delivery report yet. Slots are reused, so its memory is O(in flight).
/// Thread-safe.
class InFlight {
 public:
  /// `in_transactions`: a delivery is not reported before end() says how its transaction ended.
  explicit InFlight(std::shared_ptr<LaneOutcomes> outcomes, bool in_transactions = false)
      : outcomes_(std::move(outcomes)), in_transactions_(in_transactions) {}

  /// Returns the ticket that the reports of all its messages must show. `code`: the code of the change if it commits.
  std::uint64_t add(const Change& change, Instant released, int messages = 1, std::uint32_t code = 0);
  /// Adds several changes of one message each; `tickets` is as long as `changes`.
  void add(std::span<const Change> changes, Instant released, std::span<std::uint64_t> tickets);
  /// Settles the message. Ignores a report that comes after give_up().
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
  /// Waits at most `patience` until all are settled. Returns false if some are left.
  bool wait(Nanos patience);
  /// Settles the rest as Unknown.
  void give_up(Instant at) { end(Outcome::Unknown, 0, at); }
  /// Settles the rest with this outcome.
  void end(Outcome outcome, std::uint32_t code, Instant at);

 private:
  enum class State : std::uint8_t { Free, Waiting, Settling };
  struct Slot {
    Settled settled;
    std::uint16_t use = 0;  ///< how often the slot was used, to recognize a late report
    State state = State::Free;
    int unreported = 1;     ///< number of its messages without a report
    bool reported = false;  ///< some of its messages have a report
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
  std::size_t count_ = 0;  ///< number of slots that are not Free
};

/// The producer of one Kafka connection, shared by all lanes. Lanes are added before the first message; afterwards
/// produce() is thread-safe.
class SharedProducer {
 public:
  /// `first_failure` must outlive it.
  [[nodiscard]] static Result<std::shared_ptr<SharedProducer>> open(const kafka::Address& address,
                                                                    FirstFailure& first_failure);

  /// Returns the number under which the lane sends.
  std::uint16_t add_lane(std::shared_ptr<InFlight> in_flight);
  /// The lane number of messages whose delivery is not tracked.
  static constexpr std::uint16_t kUntracked = 0xFFFF;
  /// The `id` for a message. `ticket` as returned by InFlight::add; any value for the lane kUntracked.
  [[nodiscard]] static std::uint64_t id_of(std::uint16_t lane, std::uint64_t ticket);
  /// Like Producer::produce(); with ids as above.
  Status produce(std::span<const kafka::Producer::Message> messages, std::size_t& taken, int& code) {
    return producer_->produce(messages, taken, code);
  }
  Status produce(const kafka::Producer::Message& message, int& code) { return producer_->produce(message, code); }
  /// Call before its first message.
  Status configure_topic(const std::string& topic, const std::map<std::string, std::string>& properties) {
    return producer_->configure_topic(topic, properties);
  }
  Status begin() { return producer_->begin(); }
  [[nodiscard]] kafka::Producer::Ended end(int timeout_ms, int& code) { return producer_->end(timeout_ms, code); }
  [[nodiscard]] kafka::Producer::Figures figures() const { return producer_->figures(); }
  /// True if the broker did not accept messages within their time limit, or a topic is gone: nothing more is sent.
  [[nodiscard]] bool broken() const { return broken_; }
  void break_down(const std::string& reason);
  /// Notes that a message was refused.
  void refused(std::uint32_t code, const std::string& why) { first_failure_.refused(name_, code, why); }

 private:
  SharedProducer(std::string name, FirstFailure& first_failure)
      : name_(std::move(name)), first_failure_(first_failure) {}
  void deliver(const kafka::Producer::Delivery& delivery);
  void report();

  const std::string name_;
  FirstFailure& first_failure_;
  std::atomic<bool> broken_ = false;
  std::vector<std::shared_ptr<InFlight>> lanes_;
  /// by lane, not passed on yet; owned by the thread that reports deliveries
  std::vector<std::vector<InFlight::Report>> reports_;
  std::unique_ptr<kafka::Producer> producer_;  ///< declared last, so that its reports end before their receivers
};

}  // namespace freshet
