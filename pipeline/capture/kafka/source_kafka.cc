// Messages of topics → changes of entities.
#include "pipeline/capture/kafka/source_kafka.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "pipeline/capture/record/record_adapter.h"
#include "pipeline/codec/avro_row.h"
#include "pipeline/codec/json_row.h"

namespace freshet {

namespace {

constexpr int kPollMs = 50;
constexpr int kMostMessages = 256;
constexpr int kAssignTimeoutMs = 10'000;
/// The interval between looks for awaited topics.
constexpr Nanos kLookInterval = 250 * kNanosPerMilli;
/// Messages have whole milliseconds: how much later than its time a message may have been made.
constexpr Micros kWithinMilli{999};

class KafkaSource final : public Source {
 public:
  /// `awaited`: topics that do not exist yet.
  KafkaSource(const KafkaSourceOptions& options, std::unique_ptr<kafka::Consumer> consumer,
              std::vector<std::string> awaited)
      : address_(options.address),
        consumer_(std::move(consumer)),
        awaited_(std::move(awaited)),
        name_("topics of " + options.address.bootstrap),
        log_(options.log),
        away_limit_ms_(options.away_limit_ms),
        rejects_(name_, options.log) {
    for (const KafkaSourceOptions::Topic& topic : options.topics) {
      if (topic.format == KafkaTarget::Format::Avro) {
        topics_.push_back({topic, AvroRowDecoder(topic.entity->record, topic.registry)});
      } else {
        topics_.push_back({topic, JsonRowDecoder(topic.entity->record)});
      }
    }
    note_progress();
  }

  [[nodiscard]] std::string name() const override { return name_; }

  Status next(SourceBatch& out) override {
    if (!awaited_.empty()) FRESHET_TRY(look_for_awaited());
    const Result<int> polled =
        consumer_->poll(kPollMs, kMostMessages, [&](const kafka::Consumer::Message& message) { take(message, out); });
    FRESHET_TRY(polled);
    note_progress();
    tell();
    return failure_;
  }

  [[nodiscard]] std::int64_t rejects() const override { return rejects_.count(); }
  [[nodiscard]] SourceReading reading() const override { return reading_; }
  void position(Position& out) const override { out = position_; }

 private:
  // The client library looks for a lost broker by itself, and continues at the next expected offset.
  void tell() {
    const std::string reason = consumer_->away();
    if (reason.empty() == !told_away_) return;
    told_away_ = !reason.empty();
    if (!log_) return;
    log_(told_away_ ? fmt::format("{}: lost ({}); waiting for it for up to {} s", name_, reason, away_limit_ms_ / 1'000)
                    : fmt::format("{}: back", name_));
  }

  // How far each partition was given; of topics that are still waited for nothing, so that a restart reads them from
  // their beginning.
  void note_progress() {
    std::size_t lane = 0;
    std::size_t topics = 0;
    auto& position = std::get<TopicPosition>(position_);
    consumer_->each_partition([&](const kafka::Consumer::Progress& progress) {
      if (lane == lanes_) lanes_ = clock_.add_lane() + 1;
      clock_.read(lane++, {progress.time, progress.at_end});
      if (progress.partition == 0 && ++topics > position.topics.size()) {
        position.topics.push_back({std::string(progress.topic), {}});
      }
      std::vector<std::int64_t>& next = position.topics[topics - 1].next;
      next.resize(std::max(next.size(), static_cast<std::size_t>(progress.partition) + 1));
      next[static_cast<std::size_t>(progress.partition)] = progress.next;
    });
    reading_ = clock_.now();
  }

  struct TopicReader {
    KafkaSourceOptions::Topic declared;
    std::variant<JsonRowDecoder, AvroRowDecoder> decoder;
  };

  /// A topic that appears while it is awaited contains nothing older than the wait.
  Status look_for_awaited() {
    const SystemClock clock;
    if (clock.now() < next_look_) return {};
    next_look_ = clock.now() + kLookInterval;
    const Result<std::map<std::string, int>> known = kafka::topics(address_, kAssignTimeoutMs);
    FRESHET_TRY(known);
    for (auto topic = awaited_.begin(); topic != awaited_.end();) {
      if (!known.value().contains(*topic)) {
        ++topic;
        continue;
      }
      FRESHET_TRY(consumer_->add({*topic}, kafka::Consumer::From::Beginning, kAssignTimeoutMs));
      if (log_) log_("topic " + *topic + " exists now");
      topic = awaited_.erase(topic);
    }
    return {};
  }

  void take(const kafka::Consumer::Message& message, SourceBatch& out) {
    if (!failure_.ok()) return;
    const auto topic = std::find_if(topics_.begin(), topics_.end(),
                                    [&](const TopicReader& known) { return known.declared.name == message.topic; });
    if (topic == topics_.end()) return;
    // With envelopes a delete has its own envelope; the tombstone after it is for the broker.
    if (message.null_value && topic->declared.format == KafkaTarget::Format::Debezium) return;
    SourceChange& change = out.add();
    change.entity = topic->declared.id;
    change.deleted = message.null_value;
    change.at = message.time.value_or(reading_.time.value_or(WallTime{})) + kWithinMilli;
    if (message.null_value && topic->declared.keyed_by_entity) {
      change.key = message.key;
      return;
    }
    const Status status = message.null_value ? Error{ErrorKind::Usage, "a tombstone whose key is not the entity's", ""}
                                             : decode(message, *topic, change);
    if (status.ok()) return;
    out.drop_last();
    if (status.error().kind == ErrorKind::Unreachable) {
      // without a registry there is no schema; that is not the message's fault, so it must not be skipped
      failure_ = status;
      return;
    }
    rejects_.add(fmt::format("{}[{}]@{}", message.topic, message.partition, message.offset), status.error().message);
  }

  static Status decode(const kafka::Consumer::Message& message, TopicReader& topic, SourceChange& change) {
    if (auto* avro = std::get_if<AvroRowDecoder>(&topic.decoder)) {
      FRESHET_TRY(avro->decode(message.value, change.row));
    } else if (topic.declared.format == KafkaTarget::Format::Debezium) {
      const Result<bool> deleted = std::get<JsonRowDecoder>(topic.decoder).decode_envelope(message.value, change.row);
      FRESHET_TRY(deleted);
      change.deleted = deleted.value();
    } else {
      FRESHET_TRY(std::get<JsonRowDecoder>(topic.decoder).decode(message.value, change.row));
    }
    const Entity& entity = *topic.declared.entity;
    const Cell& key = change.row.cells[0];
    if (key.kind == Kind::Null) {
      return Error{ErrorKind::Usage, fmt::format("{}: the key is missing", entity.key_field), ""};
    }
    change.key.clear();
    if (change.deleted) append_text(change.row, key, entity.record.columns[0].type, change.key);
    return {};
  }

  const kafka::Address address_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::vector<std::string> awaited_;
  Instant next_look_{};
  std::vector<TopicReader> topics_;
  const std::string name_;
  const PipelineLog log_;
  const int away_limit_ms_;
  bool told_away_ = false;
  RejectLog rejects_;
  SourceClock clock_;  // over all partitions
  std::size_t lanes_ = 0;
  SourceReading reading_;
  Position position_ = TopicPosition();
  Status failure_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_kafka_source(const KafkaSourceOptions& options) {
  kafka::Address address = options.address;
  if (options.tells_ends) address.properties["enable.partition.eof"] = "true";
  Result<std::unique_ptr<kafka::Consumer>> consumer =
      kafka::Consumer::open(address, options.away_limit_ms * kNanosPerMilli);
  if (!consumer.ok()) return consumer.error();
  std::vector<std::string> names, awaited;
  for (const KafkaSourceOptions::Topic& topic : options.topics) names.push_back(topic.name);
  if (options.await_topics) {
    const Result<std::map<std::string, int>> known = kafka::topics(options.address, kAssignTimeoutMs);
    FRESHET_TRY(known);
    const auto there = std::stable_partition(names.begin(), names.end(),
                                             [&](const std::string& name) { return known.value().contains(name); });
    awaited.assign(there, names.end());
    names.erase(there, names.end());
    for (const std::string& name : awaited) {
      if (options.log) options.log("waits for topic " + name + " of Kafka at " + options.address.bootstrap);
    }
  }
  const auto from = options.from_beginning ? kafka::Consumer::From::Beginning : kafka::Consumer::From::End;
  FRESHET_TRY(consumer.value()->assign(names, from, kAssignTimeoutMs));
  return std::unique_ptr<Source>(
      std::make_unique<KafkaSource>(options, std::move(consumer).value(), std::move(awaited)));
}

}  // namespace freshet
