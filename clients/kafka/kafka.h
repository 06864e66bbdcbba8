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
  /// Ends waits: what a producer has not delivered is given up, and requests for topics fail.
  std::stop_token stop = {};
};

/// Beside a message's key and value.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// What the library says of a Delivery's code.
[[nodiscard]] std::string reason_of(int code);

/// An idempotent producer, acks=all. produce() from any thread; delivery reports come on the producer's own poll
/// thread, or on that of end() while it waits, one at a time. Every message that was taken gets exactly one report: the
/// destructor gives up what is left and reports it. So does the producer itself when every broker has been away for 20
/// s with messages waiting, or the address's stop is requested.
class Producer {
 public:
  /// `id` is what produce() was given; `code` 0 = delivered; `unknown` = timed out or may have been written.
  struct Delivery {
    std::uint64_t id = 0;
    int code = 0;
    bool unknown = false;
    bool given_up = false;        ///< because every broker was away; not even sent unless `unknown`
    Instant at{};                 ///< SystemClock instant at which the client was told
    std::int32_t partition = -1;  ///< that took it
  };
  using OnDelivery = std::function<void(const Delivery&)>;

  /// Called likewise, after some deliveries and when no other is at hand.
  using OnPause = std::function<void()>;

  [[nodiscard]] static Result<std::unique_ptr<Producer>> open(const Address& address, OnDelivery on_delivery,
                                                              OnPause on_pause = {});
  virtual ~Producer() = default;
  /// Copied when it is taken. Taking it waits while the queue is full. `null_value` = tombstone.
  struct Message {
    std::string_view topic;
    std::string_view key;
    std::string_view value;
    bool null_value = false;
    std::uint64_t id = 0;
    std::span<const Header> headers = {};
  };
  /// librdkafka's properties of one topic ("compression.codec"). Before its first message; Usage for one that is none.
  virtual Status configure_topic(const std::string& topic, const std::map<std::string, std::string>& properties) = 0;
  /// Takes the messages in order. On an error the one after the first `taken` was refused, no Delivery follows for it
  /// nor for those behind it, and `code` says why, as in Delivery. Several at once cost less than one by one.
  virtual Status produce(std::span<const Message> messages, std::size_t& taken, int& code) = 0;
  Status produce(const Message& message, int& code) {
    std::size_t taken = 0;
    return produce({&message, 1}, taken, code);
  }
  Status produce(const Message& message) {
    int code = 0;
    return produce(message, code);
  }
  /// Transactions, where the address has the property "transactional.id": every message lies between begin() and end().
  /// end() commits. Aborted: the broker has none of them for readers of what is committed. Unknown: it may have all or
  /// none, and the producer is of no more use. `code` says why, as in Delivery. One thread.
  enum class Ended { Committed, Aborted, Unknown };
  virtual Status begin() = 0;
  [[nodiscard]] virtual Ended end(int timeout_ms, int& code) = 0;
  /// Waits until all is delivered or failed, at most `timeout_ms`. Returns how many are left.
  virtual int flush(int timeout_ms) = 0;
  /// What it promises and what it has done so far. Any thread.
  struct Figures {
    std::map<std::string, std::string> settings;  ///< acks, enable.idempotence, compression.codec, linger.ms
    std::int64_t messages = 0;                    ///< delivered
    std::int64_t bytes = 0;                       ///< of their keys and values
    /// On the wire, compressed and with all that goes with them; up to a second old.
    std::int64_t sent_bytes = 0;
  };
  [[nodiscard]] virtual Figures figures() const = 0;
};

/// Reads whole topics by assignment (no group), from offsets of the caller's choice.
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
  /// `patience`: how long a broker that is away is waited for.
  [[nodiscard]] static Result<std::unique_ptr<Consumer>> open(const Address& address,
                                                              Nanos patience = 10 * kNanosPerSecond);
  virtual ~Consumer() = default;
  /// Assigns every partition of the topics, in place of what was assigned. From the beginning, which is offset 0: an
  /// error when the broker has dropped it. Or from the end as it is now: nothing produced after the call is missed.
  enum class From { Beginning, End };
  virtual Status assign(const std::vector<std::string>& topics, From from, int timeout_ms) = 0;
  /// The same, beside what is assigned. After an error nothing of it may be read: give the consumer up.
  virtual Status add(const std::vector<std::string>& topics, From from, int timeout_ms) = 0;
  /// Gives up to `most` messages to `visit`, waiting up to `timeout_ms` for the first. Returns how many. An offset gap
  /// (retention overran us) or a lost broker is an error.
  using Visit = std::function<void(const Message&)>;
  virtual Result<int> poll(int timeout_ms, int most, const Visit& visit) = 0;
  /// How far a partition was given.
  struct Progress {
    std::optional<WallTime> time;  ///< the greatest of its messages
    bool at_end = false;           ///< told with the address's property "enable.partition.eof" alone
  };
  /// Visits the assigned partitions, always in the same order; add() adds behind them.
  using VisitPartition = std::function<void(const Progress&)>;
  virtual void each_partition(const VisitPartition& visit) const = 0;
  /// Why the brokers are away; empty when they are not, as far as poll() knows.
  [[nodiscard]] virtual std::string away() const = 0;
};

/// Reachable, and which topics (of those asked) exist with how many partitions.
[[nodiscard]] Result<std::map<std::string, int>> topics(const Address& address, int timeout_ms);
/// With a run's id it carries the mark of that run; a broker that refuses the mark makes it without.
Status create_topic(const Address& address, const std::string& topic, int partitions, int timeout_ms,
                    const std::string& run_id = "");
/// What the mark of a run looks like. A topic has no comment as a table has: the mark is a value of
/// max.compaction.lag.ms that nobody else would choose, the letters "fres" and 32 bits of the run as one number, 234
/// million years, as good as the default of 292.
[[nodiscard]] std::uint64_t mark_of(const std::string& run_id);
/// The marks of those of these topics that carry one, of whatever run. Null when the broker does not say how its topics
/// are configured.
[[nodiscard]] Result<std::optional<std::map<std::string, std::uint64_t>>> marks(const Address& address,
                                                                                const std::vector<std::string>& topics,
                                                                                int timeout_ms);
/// Deletes the topic if it carries this mark right before; false when it does not, or the broker does not say. The
/// protocol has no condition: what replaces the topic within the milliseconds between the two requests is deleted.
[[nodiscard]] Result<bool> delete_marked_topic(const Address& address, const std::string& topic, std::uint64_t mark,
                                               int timeout_ms);
Status delete_topic(const Address& address, const std::string& topic, int timeout_ms);

}  // namespace freshet::kafka
