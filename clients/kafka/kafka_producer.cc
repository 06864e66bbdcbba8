// The producer: every message that produce() accepts gets exactly one Delivery, whatever happens to the broker.
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "clients/kafka/kafka_client.h"
#include "clients/kafka/kafka_stock.h"

namespace freshet::kafka {

namespace {

constexpr int kPollMs = 100;
// Maximum deliveries in one batch, so that their outcomes do not wait long.
constexpr std::int64_t kMostUnsettled = 256;
// How long the destructor waits for the reports of the messages that it gives up.
constexpr std::chrono::seconds kPurgeTime{2};
// How long messages may wait while every broker is away before they are given up. Longer than a broker's restart takes
// (3 to 13 s), and less than message.timeout.ms, which is for brokers that are reachable but make no progress.
constexpr Nanos kAway = 20 * kNanosPerSecond;
constexpr int kQuestionMs = 1'000;
// How long a producer may wait for its transaction coordinator.
constexpr int kTransactionsMs = 15'000;

const std::map<std::string, std::string>& producer_settings() {
  static const std::map<std::string, std::string> kSettings = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "3"},
      {"message.timeout.ms", "60000"},
      {"statistics.interval.ms", "1000"},
      // Limits the memory of waiting messages to 256 MiB.
      {"queue.buffering.max.messages", "1000000"},
      {"queue.buffering.max.kbytes", "262144"},
      // The Java clients choose the same partition for a key, so that their writers and ours agree.
      {"partitioner", "murmur2_random"},
  };
  return kSettings;
}

class IdempotentProducer final : public Producer {
 public:
  IdempotentProducer(Address address, OnDelivery on_delivery, OnPause on_pause)
      : address_(std::move(address)), on_delivery_(std::move(on_delivery)), on_pause_(std::move(on_pause)) {}

  Status start() {
    FRESHET_ASSIGN(client_,
                   make_client(RD_KAFKA_PRODUCER, address_, producer_settings(),
                               {.owner = this, .on_error = note, .on_delivery = told, .on_statistics = counted}));
    poller_ = std::jthread([this](const std::stop_token& stop) {
      pthread_setname_np(pthread_self(), "kafka-poll");
      while (!stop.stop_requested()) {
        rd_kafka_poll(client_.get(), kPollMs);
        pause();
        if (address_.stop.stop_requested()) {
          give_up();
        } else {
          give_up_if_away();
        }
      }
    });
    if (!address_.properties.contains("transactional.id")) return {};
    const SystemClock clock;
    const Instant deadline = clock.now() + kTransactionsMs * kNanosPerMilli;
    for (;;) {
      const Failure failure(rd_kafka_init_transactions(client_.get(), slice_ms(clock, deadline)));
      if (!failure) return {};
      const bool late = rd_kafka_error_code(failure.get()) == RD_KAFKA_RESP_ERR__TIMED_OUT;
      // A broker that has just started is still loading its coordinator's state and asks for a retry.
      const bool again = (late || rd_kafka_error_is_retriable(failure.get()) != 0) && clock.now() < deadline;
      if (!again || address_.stop.stop_requested()) return unreachable(address_, rd_kafka_error_string(failure.get()));
      if (!late) clock.sleep_until(clock.now() + 100 * kNanosPerMilli, address_.stop);
    }
  }

  ~IdempotentProducer() override {
    if (!client_) return;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    wait(kPurgeTime, [this] { return in_flight_ == 0; });
    poller_.request_stop();
    poller_.join();
    topics_.clear();
  }
  IdempotentProducer(const IdempotentProducer&) = delete;
  IdempotentProducer& operator=(const IdempotentProducer&) = delete;

  Status configure_topic(const std::string& topic, const std::map<std::string, std::string>& properties) override {
    std::unique_ptr<rd_kafka_topic_conf_t, DestroyTopicSettings> settings(rd_kafka_topic_conf_new());
    std::array<char, 512> text{};
    for (const auto& [name, value] : properties) {
      if (rd_kafka_topic_conf_set(settings.get(), name.c_str(), value.c_str(), text.data(), text.size()) !=
          RD_KAFKA_CONF_OK) {
        return Error{ErrorKind::Usage, "topic " + topic + ": " + text.data(), ""};
      }
    }
    const std::unique_lock lock(topics_mutex_);
    topics_[topic].reset(rd_kafka_topic_new(client_.get(), topic.c_str(), settings.release()));
    return {};
  }

  Status produce(std::span<const Message> messages, std::size_t& taken, int& code) override {
    taken = 0;
    code = RD_KAFKA_RESP_ERR_NO_ERROR;
    Stock::Supplies supplies = stock_.take(messages);
    in_flight_ += static_cast<std::int64_t>(messages.size());
    const Message* last = nullptr;
    rd_kafka_topic_t* topic = nullptr;
    for (const Message& message : messages) {
      if (last == nullptr || message.topic != last->topic) topic = topic_of(message.topic);
      last = &message;
      code = topic == nullptr ? rd_kafka_last_error() : produce_one(topic, message, supplies);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) break;
      ++taken;
    }
    stock_.put_back(supplies);
    if (taken == messages.size()) return {};
    settle(static_cast<std::int64_t>(messages.size() - taken));
    return failed(messages[taken], code);
  }

  Status begin() override {
    const Failure failure(rd_kafka_begin_transaction(client_.get()));
    if (!failure) return {};
    return Error{
        ErrorKind::Unreachable,
        "Kafka at " + address_.bootstrap + ": cannot begin a transaction: " + rd_kafka_error_string(failure.get()), ""};
  }

  Ended end(int timeout_ms, int& code) override {
    const SystemClock clock;
    const Instant deadline = clock.now() + timeout_ms * kNanosPerMilli;
    code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (;;) {
      const Failure failure(rd_kafka_commit_transaction(client_.get(), slice_ms(clock, deadline)));
      if (!failure) return Ended::Committed;
      code = rd_kafka_error_code(failure.get());
      if (rd_kafka_error_txn_requires_abort(failure.get()) != 0) return abort(clock, deadline);
      if (rd_kafka_error_is_retriable(failure.get()) == 0 || over(clock, deadline)) return Ended::Unknown;
    }
  }

  int flush(int timeout_ms) override {
    wait(std::chrono::milliseconds(timeout_ms), [this] { return in_flight_ == 0; });
    return static_cast<int>(in_flight_);
  }

  [[nodiscard]] Figures figures() const override {
    Figures figures;
    std::array<char, 512> text{};
    for (const char* name : {"acks", "enable.idempotence", "compression.codec", "linger.ms"}) {
      std::size_t size = text.size();
      if (rd_kafka_conf_get(rd_kafka_conf(client_.get()), name, text.data(), &size) == RD_KAFKA_CONF_OK) {
        figures.settings[name] = text.data();
      }
    }
    figures.messages = delivered_;
    figures.bytes = delivered_bytes_;
    figures.sent_bytes = sent_bytes_;
    return figures;
  }

 private:
  struct DestroyFailure {
    void operator()(rd_kafka_error_t* failure) const { rd_kafka_error_destroy(failure); }
  };
  using Failure = std::unique_ptr<rd_kafka_error_t, DestroyFailure>;

  /// The length of one slice of a longer wait. A stop is noticed between slices.
  static int slice_ms(const Clock& clock, Instant deadline) {
    constexpr std::int64_t kSlice = 500;
    return static_cast<int>(std::clamp<std::int64_t>((deadline - clock.now()) / kNanosPerMilli, 1, kSlice));
  }
  [[nodiscard]] bool over(const Clock& clock, Instant deadline) const {
    return clock.now() >= deadline || address_.stop.stop_requested();
  }

  Ended abort(const Clock& clock, Instant deadline) {
    for (;;) {
      const Failure failure(rd_kafka_abort_transaction(client_.get(), slice_ms(clock, deadline)));
      if (!failure) return Ended::Aborted;
      if (rd_kafka_error_is_retriable(failure.get()) == 0 || over(clock, deadline)) return Ended::Unknown;
    }
  }

  struct DestroyTopicSettings {
    void operator()(rd_kafka_topic_conf_t* settings) const { rd_kafka_topic_conf_destroy(settings); }
  };

  /// Waits while the queue is full.
  int produce_one(rd_kafka_topic_t* topic, const Message& message, Stock::Supplies& supplies) {
    Stock::Parts parts = Stock::parts(message, supplies);
    for (;;) {
      const std::uint64_t seen = settled_;
      const int code = produce_once(topic, message, parts);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) Stock::handed_over(parts, supplies);
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return code;
      // Each report makes room; stuck messages leave after message.timeout.ms.
      wait(std::chrono::milliseconds(10), [&] { return settled_ != seen; });
    }
  }

  int produce_once(rd_kafka_topic_t* topic, const Message& message, const Stock::Parts& parts) {
    void* key = message.key.empty() ? nullptr : const_cast<char*>(message.key.data());
    void* id = reinterpret_cast<void*>(message.id);  // NOLINT(performance-no-int-to-ptr): handed back, never followed
    if (parts.headers) {
      return rd_kafka_producev(client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(parts.flags),
                               RD_KAFKA_V_VALUE(parts.value, parts.value_size), RD_KAFKA_V_KEY(key, message.key.size()),
                               RD_KAFKA_V_OPAQUE(id), RD_KAFKA_V_HEADERS(parts.headers.get()), RD_KAFKA_V_END);
    }
    const int refused = rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, parts.flags, parts.value, parts.value_size, key,
                                         message.key.size(), id);
    return refused == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
  }

  /// Each message reports its own outcome; a fatal error is read where a message is refused.
  static void note(rd_kafka_t*, int code, const char*, void* owner) {
    auto* self = static_cast<IdempotentProducer*>(owner);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && self->down_since_.load() == Instant{})
      self->down_since_ = SystemClock().now();
  }

  /// Runs on the poll thread. librdkafka reports when all brokers are lost, not when one is back. A delivery shows that
  /// one is back; at the end of the patience, a request asks.
  void give_up_if_away() {
    const Instant now = SystemClock().now();
    if (in_flight_ == 0 || settled_ != settled_then_) progress_at_ = now;
    settled_then_ = settled_;
    if (down_since_.load() == Instant{} || now - std::max(down_since_.load(), progress_at_) < kAway) return;
    if (!list_topics(client_.get(), address_, kQuestionMs).ok()) give_up();
    down_since_ = Instant{};
  }

  void give_up() {
    giving_up_ = true;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  }

  /// Called from the poll thread, and from the thread that ends a transaction: librdkafka serves reports while it waits
  /// for the last.
  static void told(rd_kafka_t*, const rd_kafka_message_t* message, void* owner) {
    auto* self = static_cast<IdempotentProducer*>(owner);
    const std::scoped_lock lock(self->telling_);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++self->delivered_;
      self->delivered_bytes_ += static_cast<std::int64_t>(message->len + message->key_len);
    }
    Delivery delivery;
    delivery.id = reinterpret_cast<std::uintptr_t>(message->_private);
    delivery.code = message->err;
    delivery.unknown = message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
                       rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    delivery.given_up = self->giving_up_ && (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                                             message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
    delivery.at = SystemClock().now();
    delivery.partition = message->partition;
    self->on_delivery_(delivery);
    self->stock_.take_back(message);
    // Whoever waits for the last message also waits for its outcome.
    if (++self->unsettled_ == kMostUnsettled) self->pass_on();
  }

  void pause() {
    const std::scoped_lock lock(telling_);
    pass_on();
  }

  /// Requires telling_ to be locked.
  void pass_on() {
    if (unsettled_ == 0) return;
    if (on_pause_) on_pause_();
    stock_.pass_on();
    settle(std::exchange(unsettled_, 0));
  }

  /// The sums are at the top level of the JSON, under names that do not occur below.
  static int counted(rd_kafka_t*, char* json, std::size_t size, void* owner) {
    constexpr std::string_view kName = "\"tx_bytes\":";
    const std::string_view text(json, size);
    const std::size_t at = text.find(kName);
    std::int64_t bytes = 0;
    if (at != std::string_view::npos) std::from_chars(json + at + kName.size(), json + size, bytes);
    static_cast<IdempotentProducer*>(owner)->sent_bytes_ = bytes;
    return 0;
  }

  void settle(std::int64_t count = 1) {
    settled_ += static_cast<std::uint64_t>(count);
    const bool last = (in_flight_ -= count) == 0;
    if (!last && waiting_ == 0) return;
    const std::scoped_lock lock(mutex_);
    changed_.notify_all();
  }

  template <typename Duration, typename Done>
  void wait(Duration most, Done done) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait_for(lock, most, done);
    --waiting_;
  }

  rd_kafka_topic_t* topic_of(std::string_view name) {
    {
      const std::shared_lock lock(topics_mutex_);
      const auto found = topics_.find(name);
      if (found != topics_.end()) return found->second.get();
    }
    const std::unique_lock lock(topics_mutex_);
    auto& topic = topics_[std::string(name)];
    if (!topic) topic.reset(rd_kafka_topic_new(client_.get(), std::string(name).c_str(), nullptr));
    return topic.get();
  }

  Error failed(const Message& message, int code) const {
    std::string reason = reason_of(code);
    ErrorKind kind = ErrorKind::Internal;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      std::array<char, 512> text{};
      rd_kafka_fatal_error(client_.get(), text.data(), text.size());
      reason = text.data();
      kind = ErrorKind::Unreachable;
    }
    return Error{kind,
                 "Kafka at " + address_.bootstrap + ": topic " + std::string(message.topic) + " refused a message of " +
                     std::to_string(message.value.size()) + " bytes: " + reason,
                 ""};
  }

  const Address address_;
  const OnDelivery on_delivery_;
  const OnPause on_pause_;
  Stock stock_;
  Client client_;
  std::shared_mutex topics_mutex_;
  std::map<std::string, Topic, std::less<>> topics_;

  std::atomic<std::int64_t> in_flight_ = 0;  // accepted and not yet reported
  std::atomic<std::uint64_t> settled_ = 0;
  std::atomic<int> waiting_ = 0;
  std::mutex telling_;                   // one thread at a time reports deliveries
  std::int64_t unsettled_ = 0;           // reported since the last pause; guarded by telling_
  std::atomic<bool> giving_up_ = false;  // if false, purged messages belong to an aborted transaction
  std::atomic<Instant> down_since_{};    // since all brokers were reported lost
  Instant progress_at_{};                // time of the last delivery, or when nothing was waiting; poll thread only
  std::uint64_t settled_then_ = 0;       // poll thread only
  std::atomic<std::int64_t> delivered_ = 0;
  std::atomic<std::int64_t> delivered_bytes_ = 0;
  std::atomic<std::int64_t> sent_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::jthread poller_;
};

}  // namespace

Result<std::unique_ptr<Producer>> Producer::open(const Address& address, OnDelivery on_delivery, OnPause on_pause) {
  auto producer = std::make_unique<IdempotentProducer>(address, std::move(on_delivery), std::move(on_pause));
  FRESHET_TRY(producer->start());
  return std::unique_ptr<Producer>(std::move(producer));
}

}  // namespace freshet::kafka
