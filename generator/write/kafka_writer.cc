#include "generator/write/kafka_writer.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace freshet {

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
    route = std::make_unique<Route>(Route{std::move(topic), nullptr, {}});
    if (!route->topic.avro) route->json = std::make_unique<JsonWriter>(route->topic.record);
  }
}

void KafkaWriter::write(std::span<const Write> batch) {
  for (const Write& write : batch) {
    if (transaction_ > 0 && open_ == 0 && !outlet_->broken()) {
      if (const Status begun = outlet_->begin(); !begun.ok()) outlet_->break_down(begun.error().message);
    }
    if (outlet_->broken() || outcomes_->blocked(write.change)) {
      withhold(write.change);
      continue;
    }
    send_repeats();
    send(write);
    if (transaction_ > 0 && ++open_ == transaction_) end_transaction();
  }
  send_rendered();
  if (transaction_ > 0 && open_ > 0) end_transaction();
}

void KafkaWriter::withhold(const Change& change) {
  const Settled withheld{change, Outcome::Withheld, 0, 0, 0};
  outcomes_->settle({&withheld, 1});
}

void KafkaWriter::end_transaction() {
  constexpr int kPatienceMs = 70'000;  // longer than a message may take, so that its own limit speaks first
  send_rendered();
  open_ = 0;
  int code = 0;
  const kafka::Producer::Ended ended = outlet_->end(kPatienceMs, code);
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  const Instant now = clock_.now();
  if (ended == kafka::Producer::Ended::Committed) return in_flight_->end(Outcome::Committed, 0, now);
  if (ended == kafka::Producer::Ended::Aborted) return in_flight_->end(Outcome::Rejected, positive, now);
  outlet_->break_down("a transaction ended without an answer (error " + std::to_string(code) + ")");
  in_flight_->end(Outcome::Unknown, positive, now);
}

/// Messages are handed over some at a time: no more of them than are rendered in a fraction of a millisecond, and small
/// enough to be still at hand for the processor.
void KafkaWriter::send(const Write& write) {
  constexpr std::size_t kMostMessages = 32;
  constexpr std::size_t kMostBytes = 64 * 1024;
  Route& route = this->route(write.change.entity);
  const Topic& topic = route.topic;
  if (topic.faults && topic.faults->drops(write.change)) {
    ++topic.struck->dropped;
    return outcomes_->settle_dropped(write.change);
  }
  render(write, route);
  // What goes wrong with a message by intent comes right after it.
  if (topic.faults) return strike(topic);
  if (rendered_.size() == kMostMessages || text_.size() >= kMostBytes) send_rendered();
}

void KafkaWriter::render(const Write& write, Route& route) {
  const Topic& topic = route.topic;
  const auto key_column = static_cast<std::size_t>(topic.key_column);
  changes_.push_back(write.change);
  Rendered& rendered = rendered_.emplace_back(Rendered{&topic});
  key_.clear();
  append_text(*write.row, write.row->cells[key_column], topic.record.columns[key_column].type, key_);
  rendered.key = text_.size();
  text_.append(key_);
  rendered.value = text_.size();
  if (write.change.operation != Operation::Delete) {
    if (route.json) {
      route.json->append(*write.row, text_);
    } else {
      append_registry_frame(topic.schema_id, text_);
      topic.avro->append(*write.row, text_, &route.fragments);
    }
  }
  rendered.end = text_.size();
}

/// Valid until the next message is rendered.
kafka::Producer::Message KafkaWriter::message_of(std::size_t index) {
  Rendered& rendered = rendered_[index];
  const std::string_view text = text_.view();
  const bool tombstone = changes_[index].operation == Operation::Delete;
  return {rendered.topic->name,
          text.substr(rendered.key, rendered.value - rendered.key),
          text.substr(rendered.value, rendered.end - rendered.value),
          tombstone,
          0,
          headers(changes_[index], rendered)};
}

/// A message that is refused takes with it what follows of its instance; the others go on.
bool KafkaWriter::send_rendered() {
  if (rendered_.empty()) return true;
  tickets_.resize(changes_.size());
  in_flight_->add(changes_, clock_.now(), tickets_);
  messages_.clear();
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    messages_.push_back(message_of(i));
    messages_.back().id = KafkaOutlet::id_of(lane_, tickets_[i]);
  }
  bool some_refused = false;
  bool last_taken = true;
  for (std::size_t i = 0; i < messages_.size();) {
    last_taken = !some_refused || !(outlet_->broken() || outcomes_->blocked(changes_[i]));
    if (!last_taken) {
      in_flight_->report(tickets_[i++], Outcome::Withheld, 0, 0);
      continue;
    }
    std::size_t taken = 0;
    int code = 0;
    const std::size_t count = some_refused ? 1 : messages_.size() - i;
    const Status sent = outlet_->produce(std::span(messages_).subspan(i, count), taken, code);
    i += taken;
    if (!sent.ok()) {
      refuse(i++, sent, code);
      some_refused = true;
      last_taken = false;
    }
  }
  changes_.clear();
  rendered_.clear();
  text_.clear();
  return last_taken;
}

void KafkaWriter::refuse(std::size_t index, const Status& why, int code) {
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  if (why.error().kind == ErrorKind::Unreachable || kafka_topic_is_gone(positive))
    outlet_->break_down(why.error().message);
  in_flight_->report(tickets_[index], Outcome::Rejected, positive, clock_.now());
}

bool KafkaWriter::send_for_nobody(const kafka::Producer::Message& message) {
  kafka::Producer::Message one = message;
  one.id = KafkaOutlet::id_of(KafkaOutlet::kNobody, 0);
  std::size_t taken = 0;
  int code = 0;
  return outlet_->produce({&one, 1}, taken, code).ok();
}

/// Sends what is rendered, and does to the last of it what the scenario wants to go wrong with it.
void KafkaWriter::strike(const Topic& topic) {
  const Change change = changes_.back();
  const kafka::Producer::Message struck = message_of(changes_.size() - 1);
  const std::string key(struck.key);
  const std::string value(struck.value);
  if (!send_rendered()) return;
  if (const auto after = topic.faults->repeats(change)) {
    repeats_.add({clock_.now() + *after * kNanosPerMicro, change, key, value, struck.null_value});
  }
  if (!topic.faults->poisons(change)) return;
  std::string poison;
  StreamFaults::poison(change, value, poison);
  if (send_for_nobody({topic.name, "poison-" + key, poison, false, 0, {}})) ++topic.struck->poisoned;
}

/// Sends again what is due again. What is not due when the last change is written is not sent.
void KafkaWriter::send_repeats() {
  RepeatedMessages::Message message;
  while (repeats_.take_due(clock_.now(), message)) {
    const Topic& topic = route(message.change.entity).topic;
    Rendered again{&topic};
    if (send_for_nobody({topic.name, message.key, message.value, message.tombstone, 0, headers(message.change, again)}))
      ++topic.struck->duplicated;
  }
}

/// Valid as long as `rendered`: it holds their digits.
std::span<const kafka::Header> KafkaWriter::headers(const Change& change, Rendered& rendered) {
  const std::string& named = rendered.topic->named;
  if (named.empty()) return {};
  const auto decimal = [](std::array<char, 24>& digits, std::int64_t number) {
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  rendered.headers = {kafka::Header{"entity", named},
                      {"operation", name_of(change.operation)},
                      {"version", decimal(rendered.version, change.version)},
                      {"intended", decimal(rendered.intended, change.intended)}};
  return rendered.headers;
}

void KafkaWriter::flush(Instant deadline) {
  if (!in_flight_->wait(deadline - clock_.now())) in_flight_->give_up(clock_.now());
}

}  // namespace freshet
