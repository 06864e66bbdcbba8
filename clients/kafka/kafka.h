// Kafka: RAII over librdkafka.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace freshet::kafka {

struct Address {
  std::string bootstrap;
  std::map<std::string, std::string> properties;  ///< librdkafka properties, passed through
  /// Ends waits: a producer gives up undelivered messages, and requests about topics fail.
  std::stop_token stop = {};
};

/// Metadata of a message, beside key and value.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// The library's text for a Delivery's code.
[[nodiscard]] std::string reason_of(int code);

/// An idempotent producer, acks=all. produce() may be called from any thread. Delivery reports come one at a time, on
/// the producer's own poll thread or on the thread that waits in end(). Every accepted message gets exactly one report:
/// the destructor gives up the remaining messages and reports them. The producer does the same when every broker has
/// been away for 20 s while messages wait, or when the address's stop is requested.
class Producer {
 public:
  /// `id` as passed to produce(); `code` 0 = delivered; `unknown` = timed out, or possibly written.
  struct Delivery {
    std::uint64_t id = 0;
    int code = 0;
    bool unknown = false;
    bool given_up = false;        ///< because every broker was away; it was not even sent unless `unknown`
    Instant at{};                 ///< SystemClock instant at which the client learned it
    std::int32_t partition = -1;  ///< the partition that received it
  };
  using OnDelivery = std::function<void(const Delivery&)>;

  /// Called on the same thread after a batch of deliveries, when there are no more at the moment.
  using OnPause = std::function<void()>;

  [[nodiscard]] static Result<std::unique_ptr<Producer>> open(const Address& address, OnDelivery on_delivery,
                                                              OnPause on_pause = {});
  virtual ~Producer() = default;
  /// Copied when it is accepted. Accepting waits while the queue is full. `null_value` = tombstone.
  struct Message {
    std::string_view topic;
    std::string_view key;
    std::string_view value;
    bool null_value = false;
    std::uint64_t id = 0;
    std::span<const Header> headers = {};
  };
  /// Sets librdkafka's properties of one topic ("compression.codec"). Must be called before its first message. Usage if
  /// a property does not exist.
  virtual Status configure_topic(const std::string& topic, const std::map<std::string, std::string>& properties) = 0;
  /// Accepts the messages in order. On an error, the message after the first `taken` was refused; it and those behind
  /// it get no Delivery, and `code` says why, as in Delivery. Several messages in one call cost less than one by one.
  virtual Status produce(std::span<const Message> messages, std::size_t& taken, int& code) = 0;
  Status produce(const Message& message, int& code) {
    std::size_t taken = 0;
    return produce({&message, 1}, taken, code);
  }
  Status produce(const Message& message) {
    int code = 0;
    return produce(message, code);
  }
  /// Transactions, if the address has the property "transactional.id": every message is sent between begin() and end().
  /// end() commits. Aborted: readers of committed messages see none of them. Unknown: the broker may have all or none,
  /// and the producer can no longer be used. `code` says why, as in Delivery. One thread.
  enum class Ended { Committed, Aborted, Unknown };
  virtual Status begin() = 0;
  [[nodiscard]] virtual Ended end(int timeout_ms, int& code) = 0;
  /// Waits at most `timeout_ms` until all messages are delivered or failed. Returns how many are left.
  virtual int flush(int timeout_ms) = 0;
  /// The producer's settings and its counters so far. Thread-safe.
  struct Figures {
    std::map<std::string, std::string> settings;  ///< acks, enable.idempotence, compression.codec, linger.ms
    std::int64_t messages = 0;                    ///< delivered
    std::int64_t bytes = 0;                       ///< size of their keys and values
    /// On the wire: compressed, with all overhead; up to a second old.
    std::int64_t sent_bytes = 0;
  };
  [[nodiscard]] virtual Figures figures() const = 0;
};

/// Reads whole topics by assignment (no group), from offsets that the caller chooses.
class Consumer {
 public:
  struct Message {
    std::string_view topic;
    std::string_view key;
    std::string_view value;
    bool null_value = false;
    int partition = 0;
    std::int64_t offset = 0;
    std::optional<WallTime> time = {};  ///< the producer's, or the broker's if the topic says so
    std::span<const Header> headers = {};
  };
  /// `patience`: how long to wait for a broker that is away.
  [[nodiscard]] static Result<std::unique_ptr<Consumer>> open(const Address& address,
                                                              Nanos patience = 10 * kNanosPerSecond);
  virtual ~Consumer() = default;
  /// Assigns every partition of the topics, replacing the previous assignment. Beginning means offset 0; it is an error
  /// if the broker has dropped that offset. End means the current end: nothing produced after the call is missed.
  enum class From { Beginning, End };
  virtual Status assign(const std::vector<std::string>& topics, From from, int timeout_ms) = 0;
  /// Assigns further topics. After an error none of their messages may be used: destroy the consumer.
  virtual Status add(const std::vector<std::string>& topics, From from, int timeout_ms) = 0;
  /// Passes up to `most` messages to `visit`, waiting up to `timeout_ms` for the first. Returns how many. A gap in the
  /// offsets (retention dropped messages before we read them) or a lost broker is an error.
  using Visit = std::function<void(const Message&)>;
  virtual Result<int> poll(int timeout_ms, int most, const Visit& visit) = 0;
  /// How far a partition has been read.
  struct Progress {
    std::string_view topic;
    int partition = 0;
    std::int64_t next = 0;         ///< offset that must come
    std::optional<WallTime> time;  ///< the latest time among its messages
    bool at_end = false;           ///< set only if the address has the property "enable.partition.eof"
  };
  /// Visits the assigned partitions, always in the same order; add() appends to it.
  using VisitPartition = std::function<void(const Progress&)>;
  virtual void each_partition(const VisitPartition& visit) const = 0;
  /// Why the brokers are away; empty if poll() knows of no problem.
  [[nodiscard]] virtual std::string away() const = 0;
};

/// Which of these topics exist, and with how many partitions. Fails if the brokers are unreachable.
[[nodiscard]] Result<std::map<std::string, int>> topics(const Address& address, int timeout_ms);
/// With a run's id, the topic carries the mark of that run; if the broker refuses the mark, it is created without.
Status create_topic(const Address& address, const std::string& topic, int partitions, int timeout_ms,
                    const std::string& run_id = "");
/// The mark of a run on a topic. A topic cannot have a comment as a table can. So the mark is an unlikely value of
/// max.compaction.lag.ms: the letters "fres" and 32 bits of the run id as one number. As a duration this is 234 million
/// years, as harmless as the default of 292.
[[nodiscard]] std::uint64_t mark_of(const std::string& run_id);
/// The marks of the topics in this list that have one, of any run. Null if the broker does not report topic
/// configurations.
[[nodiscard]] Result<std::optional<std::map<std::string, std::uint64_t>>> marks(const Address& address,
                                                                                const std::vector<std::string>& topics,
                                                                                int timeout_ms);
/// Deletes the topic if it still carries this mark. Returns false if it does not, or if the broker does not report it.
/// The protocol has no conditional deletion: a topic that replaces this one within the milliseconds between the two
/// requests is deleted.
[[nodiscard]] Result<bool> delete_marked_topic(const Address& address, const std::string& topic, std::uint64_t mark,
                                               int timeout_ms);
Status delete_topic(const Address& address, const std::string& topic, int timeout_ms);

}  // namespace freshet::kafka
