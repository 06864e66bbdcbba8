#include "generator/write/kafka/kafka_writer.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace freshet {

// NOLINTNEXTLINE(performance-unnecessary-value-param): what is in `topics` is moved away
KafkaWriter::KafkaWriter(std::shared_ptr<KafkaOutlet> outlet, std::map<EntityId, Topic> topics,
                         std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, int transaction)
    : outlet_(std::move(outlet)),
      outcomes_(std::move(outcomes)),
      clock_(clock),
      in_flight_(std::make_shared<InFlight>(outcomes_, transaction > 0)),
      lane_(outlet_->add_lane(in_flight_)),
      transaction_(transaction) {
  for (auto& [entity, topic] : topics) {
    routes_.resize(std::max(routes_.size(), index_of(entity) + 1));
    std::unique_ptr<Route>& route = routes_[index_of(entity)];
    route = std::make_unique<Route>(Route{std::move(topic), nullptr, nullptr, {}});
    if (route->topic.envelopes) {
      route->envelopes = std::make_unique<DebeziumWriter>(*route->topic.envelopes, route->topic.record);
    } else if (!route->topic.avro) {
      route->json = std::make_unique<JsonWriter>(route->topic.record);
    }
  }
}

void KafkaWriter::write(std::span<const Write> batch) {
  constexpr std::size_t kMostMessages = 32;
  constexpr std::size_t kMostBytes = 64 * 1024;
  for (const Write& write : batch) {
    release_due(write.change.intended);
    begin_transaction();
    if (outlet_->broken() || outcomes_->blocked(write.change)) {
      withhold(write.change);
      continue;
    }
    send_repeats();
    Route& route = this->route(write.change.entity);
    if (!is_plain(write, route)) {
      send_by_itself(write, route);
      continue;
    }
    render(write, route);
    // Limits them to what is rendered in a fraction of a millisecond and is still in the processor's cache.
    if (rendered_.size() == kMostMessages || text_.size() >= kMostBytes) send_rendered();
    count_in_transaction(1);
  }
  send_rendered();
  if (begun_) end_transaction();
}

void KafkaWriter::withhold(const Change& change) {
  const Settled withheld{change, Outcome::Withheld, 0, {}, {}};
  outcomes_->settle({&withheld, 1});
}

/// Begins a transaction if there is none.
void KafkaWriter::begin_transaction() {
  if (transaction_ == 0 || begun_ || outlet_->broken()) return;
  const Status begun = outlet_->begin();
  begun_ = begun.ok();
  if (!begun_) outlet_->break_down(begun.error().message);
}

void KafkaWriter::count_in_transaction(std::size_t messages) {
  if (!begun_) return;
  open_ += static_cast<int>(messages);
  if (open_ >= transaction_) end_transaction();
}

void KafkaWriter::end_transaction() {
  constexpr int kPatienceMs = 70'000;  // longer than a message's own time limit, so that this limit applies first
  send_rendered();
  open_ = 0;
  begun_ = false;
  int code = 0;
  const kafka::Producer::Ended ended = outlet_->end(kPatienceMs, code);
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  const Instant now = clock_.now();
  if (ended == kafka::Producer::Ended::Committed) return in_flight_->end(Outcome::Committed, 0, now);
  if (ended == kafka::Producer::Ended::Aborted) {
    outlet_->refused(positive, "a transaction was aborted: " + kafka::reason_of(code));
    return in_flight_->end(Outcome::Rejected, positive, now);
  }
  outlet_->break_down("a transaction ended without an answer (error " + std::to_string(code) + ")");
  in_flight_->end(Outcome::Unknown, positive, now);
}

void KafkaWriter::render(const Write& write, Route& route) {
  const Topic& topic = route.topic;
  changes_.push_back(write.change);
  Rendered& rendered = rendered_.emplace_back(Rendered{&topic});
  key_.clear();
  append_text(*write.row, (*write.row)[topic.key_column], topic.record[topic.key_column].type, key_);
  rendered.key = text_.size();
  text_.append(key_);
  rendered.value = text_.size();
  if (write.change.operation != Operation::Delete) append_value(write, route, text_);
  rendered.end = text_.size();
}

void KafkaWriter::append_value(const Write& write, Route& route, Buffer& out) {
  if (route.json) return route.json->append(*write.row, out);
  if (route.envelopes) return route.envelopes->append(write.change, *write.row, write.before, out);
  append_registry_frame(route.topic.schema_id, out);
  route.topic.avro->append(*write.row, out, &route.fragments);
}

/// Valid until the next message is rendered.
kafka::Producer::Message KafkaWriter::message_of(std::size_t index) {
  Rendered& rendered = rendered_[index];
  const std::string_view text = text_.view();
  const Change& change = changes_[index];
  return {rendered.topic->name,
          text.substr(rendered.key, rendered.value - rendered.key),
          text.substr(rendered.value, rendered.end - rendered.value),
          change.operation == Operation::Delete,
          0,
          headers(change, change.operation, *rendered.topic, rendered.headers)};
}

/// If a message is refused, later changes of its instance are withheld; the others are sent.
void KafkaWriter::send_rendered() {
  if (rendered_.empty()) return;
  tickets_.resize(changes_.size());
  in_flight_->add(changes_, clock_.now(), tickets_);
  messages_.clear();
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    messages_.push_back(message_of(i));
    messages_.back().id = KafkaOutlet::id_of(lane_, tickets_[i]);
  }
  bool some_refused = false;
  for (std::size_t i = 0; i < messages_.size();) {
    if (some_refused && (outlet_->broken() || outcomes_->blocked(changes_[i]))) {
      in_flight_->report(tickets_[i++], Outcome::Withheld, 0, {});
      continue;
    }
    std::size_t taken = 0;
    int code = 0;
    const std::size_t count = some_refused ? 1 : messages_.size() - i;
    const Status sent = outlet_->produce(std::span(messages_).subspan(i, count), taken, code);
    i += taken;
    if (!sent.ok()) {
      refuse(tickets_[i++], sent, code);
      some_refused = true;
    }
  }
  changes_.clear();
  rendered_.clear();
  text_.clear();
}

void KafkaWriter::refuse(std::uint64_t ticket, const Status& why, int code) {
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  if (why.error().kind == ErrorKind::Unreachable || kafka_topic_is_gone(positive)) {
    outlet_->break_down(why.error().message);
  }
  outlet_->refused(positive, why.error().message);
  in_flight_->report(ticket, Outcome::Rejected, positive, clock_.now());
}

/// Valid as long as `out`, which contains what they point to.
std::span<const kafka::Header> KafkaWriter::headers(const Change& change, Operation operation, const Topic& topic,
                                                    Headers& out) {
  if (topic.named.empty()) return {};
  const auto decimal = [](std::array<char, 24>& digits, std::int64_t number) {
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  out.headers[0] = {"entity", topic.named};
  out.headers[1] = {"operation", name_of(operation)};
  out.headers[2] = {"version", decimal(out.version, change.version)};
  out.headers[3] = {"intended", decimal(out.intended, change.intended.count())};
  return std::span(out.headers).first(4);
}

void KafkaWriter::flush(Instant deadline) {
  if (!in_flight_->wait(deadline - clock_.now())) in_flight_->give_up(clock_.now());
}

}  // namespace freshet
