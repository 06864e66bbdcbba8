// The consumer: partitions by assignment, one queue, and no message is lost without an error.
//
// It uses librdkafka's simple consumer calls, which need no consumer group: nothing joins, nothing rebalances, and no
// permission on a group is needed.
#include <algorithm>
#include <array>

#include "clients/kafka/kafka_client.h"

namespace freshet::kafka {

namespace {

constexpr Nanos kProbeEvery = 2 * kNanosPerSecond;
constexpr int kProbeMs = 1'000;

const std::map<std::string, std::string>& consumer_settings() {
  static const std::map<std::string, std::string> kSettings = {
      // The embedded broker answers an empty fetch only after the whole wait, so this bounds the latency.
      {"fetch.wait.max.ms", "10"},
      {"fetch.min.bytes", "1"},
      {"fetch.error.backoff.ms", "50"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"allow.auto.create.topics", "false"},
      // Missing offsets are an error, never a silent jump.
      {"auto.offset.reset", "error"},
      {"queued.min.messages", "50000"},
      {"queued.max.messages.kbytes", "16384"},  // per partition
  };
  return kSettings;
}

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};

struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

// Errors from which librdkafka recovers by itself.
bool passing(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      return true;
    default:
      return false;
  }
}

std::optional<WallTime> time_of(const rd_kafka_message_t& message) {
  constexpr Micros kMicrosPerMilli{1'000};
  const std::int64_t millis = rd_kafka_message_timestamp(&message, nullptr);
  return millis < 0 ? std::nullopt : std::optional(WallTime{millis * kMicrosPerMilli});
}

class AssignedConsumer final : public Consumer {
 public:
  AssignedConsumer(Address address, Nanos patience) : address_(std::move(address)), patience_(patience) {}

  Status start() {
    FRESHET_ASSIGN(client_,
                   make_client(RD_KAFKA_CONSUMER, address_, consumer_settings(), {.owner = this, .on_error = note}));
    queue_.reset(rd_kafka_queue_new(client_.get()));
    return {};
  }

  ~AssignedConsumer() override { release(); }
  AssignedConsumer(const AssignedConsumer&) = delete;
  AssignedConsumer& operator=(const AssignedConsumer&) = delete;

  Status assign(const std::vector<std::string>& topics, From from, int timeout_ms) override {
    release();
    return add(topics, from, timeout_ms);
  }

  Status add(const std::vector<std::string>& topics, From from, int timeout_ms) override {
    const Result<std::map<std::string, int>> known = list_topics(client_.get(), address_, timeout_ms);
    if (!known.ok()) {
      // The request only reports a timeout; the connection knows the reason.
      rd_kafka_poll(client_.get(), 0);
      return trouble_.empty() ? known.error() : unreachable(address_, trouble_);
    }
    for (const std::string& name : topics) {
      const auto found = known.value().find(name);
      if (found == known.value().end()) {
        return Error{ErrorKind::Usage, "Kafka at " + address_.bootstrap + " has no topic " + name, ""};
      }
      FRESHET_TRY(assign_topic(name, found->second, from, timeout_ms));
    }
    return {};
  }

  Result<int> poll(int timeout_ms, int most, const Visit& visit) override {
    if (most <= 0) return 0;
    batch_.resize(static_cast<std::size_t>(most));
    // The batch call waits until the batch is full. So wait for one message, then take those that are already there.
    ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), timeout_ms, batch_.data(), 1);
    if (count > 0 && most > 1) {
      const ssize_t more =
          rd_kafka_consume_batch_queue(queue_.get(), 0, batch_.data() + 1, static_cast<std::size_t>(most - 1));
      count += std::max<ssize_t>(more, 0);
    }
    int given = 0;
    Status status;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = batch_[static_cast<std::size_t>(i)];
      if (status.ok()) status = take(*message, visit, given);
      rd_kafka_message_destroy(message);
    }
    if (!status.ok()) return status.error();
    if (given == 0) FRESHET_TRY(check_broker());
    return given;
  }

  void each_partition(const VisitPartition& visit) const override {
    for (const AssignedTopic& topic : topics_) {
      for (std::size_t i = 0; i < topic.given.size(); ++i) {
        const Given& given = topic.given[i];
        visit({topic.name, static_cast<int>(i), topic.next[i], given.time, given.at_end});
      }
    }
  }

  [[nodiscard]] std::string away() const override { return down_since_ == Instant{} ? "" : trouble_; }

 private:
  struct Given {
    std::optional<WallTime> time;
    bool at_end = false;
  };
  struct AssignedTopic {
    std::string name;
    Topic handle;
    std::vector<std::int64_t> next;  // per started partition: the next expected offset
    std::vector<Given> given;        // per started partition
  };

  static void note(rd_kafka_t*, int code, const char* text, void* owner) {
    auto* self = static_cast<AssignedConsumer*>(owner);
    self->trouble_ = text;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || self->down_since_ != Instant{}) return;
    self->down_since_ = SystemClock().now();
    self->next_probe_ = self->down_since_ + std::min(kProbeEvery, self->patience_);
  }

  Status assign_topic(const std::string& name, int partitions, From from, int timeout_ms) {
    AssignedTopic& topic = topics_.emplace_back();
    topic.name = name;
    topic.handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    for (int partition = 0; partition < partitions; ++partition) {
      FRESHET_ASSIGN(const auto marks, watermarks(name, partition, timeout_ms));
      if (from == From::Beginning && marks.low > 0) return overrun(name, partition, 0, marks.low);
      const std::int64_t start = from == From::Beginning ? 0 : marks.high;
      if (rd_kafka_consume_start_queue(topic.handle.get(), partition, start, queue_.get()) != 0) {
        return failed(name, partition, rd_kafka_err2str(rd_kafka_last_error()));
      }
      topic.next.push_back(start);
      topic.given.emplace_back();
    }
    return {};
  }

  Result<Watermarks> watermarks(const std::string& topic, int partition, int timeout_ms) {
    Watermarks marks;
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &marks.low, &marks.high, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(topic, partition, rd_kafka_err2str(code));
    return marks;
  }

  Status take(const rd_kafka_message_t& message, const Visit& visit, int& given) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      AssignedTopic& topic = topic_of(message.rkt);
      FRESHET_TRY(follow(topic, message.partition, message.offset));
      down_since_ = Instant{};
      ++given;
      const std::optional<WallTime> time = time_of(message);
      Given& last = topic.given[static_cast<std::size_t>(message.partition)];
      last = {std::max(last.time, time), false};
      visit({.topic = topic.name,
             .key = {static_cast<const char*>(message.key), message.key_len},
             .value = {static_cast<const char*>(message.payload), message.len},
             .null_value = message.payload == nullptr,
             .partition = message.partition,
             .offset = message.offset,
             .time = time,
             .headers = headers_of(message)});
      return {};
    }
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      topic_of(message.rkt).given[static_cast<std::size_t>(message.partition)].at_end = true;
    }
    if (passing(message.err)) return {};
    const std::string name = message.rkt != nullptr ? rd_kafka_topic_name(message.rkt) : "";
    const bool gone =
        message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (!gone) return failed(name, message.partition, rd_kafka_message_errstr(&message));
    const std::int64_t expected = topic_of(message.rkt).next[static_cast<std::size_t>(message.partition)];
    FRESHET_ASSIGN(const auto marks, watermarks(name, message.partition, kProbeMs));
    if (marks.high < expected) return made_anew(name, message.partition, expected, marks.high);
    return overrun(name, message.partition, expected, marks.low);
  }

  // Offsets may skip: transaction markers and compacted messages take offsets, too. Only messages that the broker has
  // dropped are lost.
  Status follow(AssignedTopic& topic, int partition, std::int64_t offset) {
    std::int64_t& next = topic.next[static_cast<std::size_t>(partition)];
    const std::int64_t expected = next;
    next = offset + 1;
    if (offset == expected) return {};
    FRESHET_ASSIGN(const auto marks, watermarks(topic.name, partition, kProbeMs));
    if (marks.low > expected) return overrun(topic.name, partition, expected, offset);
    return {};
  }

  Status check_broker() {
    rd_kafka_poll(client_.get(), 0);
    const Instant now = SystemClock().now();
    if (down_since_ == Instant{} || now < next_probe_) return {};
    next_probe_ = now + kProbeEvery;
    // librdkafka reports when all brokers are lost, but not when one is back; a topic without messages shows nothing
    // either.
    const std::string reason = trouble_;
    if (list_topics(client_.get(), address_, kProbeMs).ok()) {
      down_since_ = Instant{};
      return {};
    }
    if (now - down_since_ < patience_) return {};
    return unreachable(address_, reason);
  }

  AssignedTopic& topic_of(const rd_kafka_topic_t* handle) {
    for (AssignedTopic& topic : topics_) {
      if (topic.handle.get() == handle) return topic;
    }
    FRESHET_CHECK(false, "only assigned topics give messages");
    std::abort();
  }

  [[nodiscard]] Error failed(const std::string& topic, int partition, const std::string& reason) const {
    return unreachable(address_, "topic " + topic + " partition " + std::to_string(partition) + ": " + reason);
  }

  [[nodiscard]] Error overrun(const std::string& topic, int partition, std::int64_t expected,
                              std::int64_t found) const {
    return Error{ErrorKind::Unreachable,
                 "Kafka at " + address_.bootstrap + ": topic " + topic + " partition " + std::to_string(partition) +
                     ": " + std::to_string(found - expected) + " messages are gone: offset " +
                     std::to_string(expected) + " was expected, but " + std::to_string(found) +
                     " is the first available",
                 "the broker dropped messages before they were read; the embedded broker keeps 5 MiB per partition"};
  }

  [[nodiscard]] Error made_anew(const std::string& topic, int partition, std::int64_t expected,
                                std::int64_t end) const {
    return Error{ErrorKind::Unreachable,
                 "Kafka at " + address_.bootstrap + ": topic " + topic + " partition " + std::to_string(partition) +
                     ": offset " + std::to_string(expected) + " was expected, but the partition ends at " +
                     std::to_string(end) + ": the topic was recreated, or the broker lost messages",
                 ""};
  }

  void release() {
    for (const AssignedTopic& topic : topics_) {
      for (std::size_t i = 0; i < topic.next.size(); ++i) {
        rd_kafka_consume_stop(topic.handle.get(), static_cast<std::int32_t>(i));
      }
    }
    topics_.clear();
  }

  const Address address_;
  const Nanos patience_;
  Client client_;
  std::span<const Header> headers_of(const rd_kafka_message_t& message) {
    headers_.clear();
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      headers_.push_back({name, {static_cast<const char*>(value), size}});
    }
    return headers_;
  }

  std::unique_ptr<rd_kafka_queue_t, DestroyQueue> queue_;
  std::vector<AssignedTopic> topics_;
  std::vector<rd_kafka_message_t*> batch_;
  std::vector<Header> headers_;  // of the current message
  Instant down_since_{};         // 0 = not known to be down
  Instant next_probe_{};
  std::string trouble_;
};

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::open(const Address& address, Nanos patience) {
  auto consumer = std::make_unique<AssignedConsumer>(address, patience);
  FRESHET_TRY(consumer->start());
  return std::unique_ptr<Consumer>(std::move(consumer));
}

}  // namespace freshet::kafka
