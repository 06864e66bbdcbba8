#include "generator/write/kafka_writer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <utility>

namespace freshet {

namespace {

/// librdkafka's local code for a message that waited as long as it may (message.timeout.ms) and was not taken.
constexpr std::uint32_t kTimedOut = 192;

/// The broker's and librdkafka's codes for a topic, or a partition of it, that is not there.
bool is_gone(std::uint32_t code) { return code == 3 || code == 188 || code == 190; }

// A message id is lane (16 bits), use of the slot (16 bits), slot (32 bits); a ticket is the same without the lane.
constexpr int kLaneShift = 48;
constexpr int kUseShift = 32;
constexpr std::uint64_t kTicketMask = (std::uint64_t{1} << kLaneShift) - 1;

std::uint64_t ticket_of(std::uint16_t use, std::uint32_t slot) { return std::uint64_t{use} << kUseShift | slot; }

}  // namespace

std::uint64_t InFlight::add(const Change& change, Instant released, int messages, std::uint32_t code) {
  const std::scoped_lock lock(mutex_);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.settled = Settled{change, Outcome::Unknown, code, released, 0};
  slot.state = State::Waiting;
  slot.unreported = messages;
  slot.reported = false;
  ++slot.use;
  ++count_;
  return ticket_of(slot.use, index);
}

void InFlight::report(std::span<const Report> reports) {
  std::vector<std::uint32_t> settled;
  settled.reserve(reports.size());
  std::unique_lock lock(mutex_);
  for (const auto& [ticket, outcome, code, at] : reports) {
    const auto index = static_cast<std::uint32_t>(ticket);
    Slot& slot = slots_.at(index);
    if (slot.state != State::Waiting || ticket_of(slot.use, index) != ticket) continue;
    if (in_transactions_ && outcome == Outcome::Committed) continue;
    take(slot, outcome, code, at);
    if (slot.unreported > 0) continue;
    slot.state = State::Settling;
    if (slot.settled.outcome == Outcome::Withheld) slot.settled.released = slot.settled.acknowledged = 0;
    settled.push_back(index);
  }
  settle(lock, settled);
}

/// Of two messages of one change of which one is there and the other is not, nobody can say what the change became.
void InFlight::take(Slot& slot, Outcome outcome, std::uint32_t code, Instant at) {
  Settled& settled = slot.settled;
  const bool agrees = !slot.reported || settled.outcome == outcome;
  settled.outcome = agrees ? outcome : Outcome::Unknown;
  if (outcome != Outcome::Committed) settled.code = outcome == Outcome::Withheld ? 0 : code;
  settled.acknowledged = at;
  slot.reported = true;
  --slot.unreported;
}

/// The slots, which are Settling, count as in flight until their outcomes are told, so that who waits for zero has been
/// told everything.
void InFlight::settle(std::unique_lock<std::mutex>& lock, std::span<const std::uint32_t> indices) {
  if (indices.empty()) return;
  std::vector<Settled> settled;
  settled.reserve(indices.size());
  for (const std::uint32_t index : indices) settled.push_back(slots_[index].settled);
  lock.unlock();
  outcomes_->settle(settled);
  lock.lock();
  for (const std::uint32_t index : indices) slots_[index].state = State::Free;
  free_.insert(free_.end(), indices.begin(), indices.end());
  count_ -= indices.size();
  if (count_ == 0) settled_.notify_all();
}

bool InFlight::wait(Nanos patience) {
  std::unique_lock lock(mutex_);
  return settled_.wait_for(lock, std::chrono::nanoseconds(patience), [this] { return count_ == 0; });
}

void InFlight::end(Outcome outcome, std::uint32_t code, Instant at) {
  std::vector<std::uint32_t> left;
  std::unique_lock lock(mutex_);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state != State::Waiting) continue;
    slots_[i].state = State::Settling;
    slots_[i].settled.outcome = outcome;
    if (outcome != Outcome::Committed) slots_[i].settled.code = code;
    slots_[i].settled.acknowledged = at;
    left.push_back(i);
  }
  settle(lock, left);
  settled_.wait(lock, [this] { return count_ == 0; });  // another thread may be telling the last one
}

Result<std::shared_ptr<KafkaOutlet>> KafkaOutlet::open(const kafka::Address& address, Breakdown& breakdown) {
  std::shared_ptr<KafkaOutlet> outlet(new KafkaOutlet("Kafka at " + address.bootstrap, breakdown));
  auto producer = kafka::Producer::open(
      address, [raw = outlet.get()](const kafka::Producer::Delivery& delivery) { raw->deliver(delivery); },
      [raw = outlet.get()] { raw->report(); });
  if (!producer.ok()) return producer.error();
  outlet->producer_ = std::move(*producer);
  return outlet;
}

std::uint16_t KafkaOutlet::add_lane(std::shared_ptr<InFlight> in_flight) {
  FRESHET_CHECK(lanes_.size() < std::numeric_limits<std::uint16_t>::max(), "too many lanes for a message id");
  lanes_.push_back(std::move(in_flight));
  reports_.emplace_back();
  return static_cast<std::uint16_t>(lanes_.size() - 1);
}

Status KafkaOutlet::produce(std::uint16_t lane, std::uint64_t ticket, kafka::Producer::Message message, int& code) {
  message.id = std::uint64_t{lane} << kLaneShift | ticket;
  return producer_->produce(message, code);
}

void KafkaOutlet::break_down(const std::string& reason) {
  broken_ = true;
  breakdown_.report(name_ + ": " + reason);
}

void KafkaOutlet::deliver(const kafka::Producer::Delivery& delivery) {
  // Local codes are negative, the broker's positive, and the two do not overlap.
  const auto code = static_cast<std::uint32_t>(std::abs(delivery.code));
  const bool unsent = delivery.given_up && !delivery.unknown;
  const Outcome outcome = code == 0          ? Outcome::Committed
                          : unsent           ? Outcome::Withheld
                          : delivery.unknown ? Outcome::Unknown
                                             : Outcome::Rejected;
  if (delivery.given_up) {
    break_down("every broker was away for too long; what waited was given up");
  } else if (outcome == Outcome::Unknown || code == kTimedOut) {
    break_down("messages were not delivered in time (error " + std::to_string(delivery.code) + ")");
  } else if (is_gone(code)) {
    break_down("a topic is not there any more (error " + std::to_string(delivery.code) + ")");
  }
  if (delivery.id >> kLaneShift == kNobody) return;
  reports_[delivery.id >> kLaneShift].push_back({delivery.id & kTicketMask, outcome, code, delivery.at});
}

void KafkaOutlet::report() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (reports_[lane].empty()) continue;
    lanes_[lane]->report(reports_[lane]);
    reports_[lane].clear();
  }
}

KafkaWriter::KafkaWriter(std::shared_ptr<KafkaOutlet> outlet, std::map<EntityId, Topic> topics,
                         std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, int transaction)
    : outlet_(std::move(outlet)),
      topics_(std::move(topics)),
      outcomes_(std::move(outcomes)),
      clock_(clock),
      in_flight_(std::make_shared<InFlight>(outcomes_, transaction > 0)),
      lane_(outlet_->add_lane(in_flight_)),
      transaction_(transaction) {
  for (const auto& [entity, topic] : topics_) {
    if (!topic.avro) json_.emplace(entity, topic.record);
  }
}

void KafkaWriter::write(std::span<const Write> batch) {
  for (const Write& write : batch) {
    release_due(write.change.intended);
    begin_transaction();
    if (!outlet_->broken() && !outcomes_->blocked(write.change)) {
      send_repeats();
      send(write);
    } else {
      withhold(write.change);
    }
  }
  if (begun_) end_transaction();
}

void KafkaWriter::withhold(const Change& change) {
  const Settled withheld{change, Outcome::Withheld, 0, 0, 0};
  outcomes_->settle({&withheld, 1});
}

/// Where there is none.
void KafkaWriter::begin_transaction() {
  if (transaction_ == 0 || begun_ || outlet_->broken()) return;
  const Status begun = outlet_->begin();
  begun_ = begun.ok();
  if (!begun_) outlet_->break_down(begun.error().message);
}

void KafkaWriter::end_transaction() {
  constexpr int kPatienceMs = 70'000;  // longer than a message may take, so that its own limit speaks first
  open_ = 0;
  begun_ = false;
  int code = 0;
  const kafka::Producer::Ended ended = outlet_->end(kPatienceMs, code);
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  const Instant now = clock_.now();
  if (ended == kafka::Producer::Ended::Committed) return in_flight_->end(Outcome::Committed, 0, now);
  if (ended == kafka::Producer::Ended::Aborted) return in_flight_->end(Outcome::Rejected, positive, now);
  outlet_->break_down("a transaction ended without an answer (error " + std::to_string(code) + ")");
  in_flight_->end(Outcome::Unknown, positive, now);
}

void KafkaWriter::render(const Write& write, const Topic& topic) {
  const auto key_column = static_cast<std::size_t>(topic.key_column);
  key_.clear();
  old_key_.clear();
  value_.clear();
  const ColumnType& type = topic.record.columns[key_column].type;
  if (write.before != nullptr) append_text(*write.before, write.before->cells[key_column], type, old_key_);
  append_text(*write.row, write.row->cells[key_column], type, key_);
  if (write.change.operation != Operation::Delete) append_value(write, topic);
}

void KafkaWriter::send(const Write& write) {
  const Topic& topic = topics_.at(write.change.entity);
  // The old key's row would stay for good, and nobody could know.
  const bool rekeys = write.before != nullptr;
  if (topic.faults && !rekeys && topic.faults->drops(write.change)) {
    ++topic.struck->dropped;
    return outcomes_->settle_dropped(write.change);
  }
  if (topic.faults && hold(write, topic)) return;
  HeldMessages::Message overtaken;
  const bool holds = topic.faults && held_.take_overtaken(write.change, overtaken);
  if (holds && !has_version(write)) send_held(overtaken);
  render(write, topic);
  send({write.change, key_, old_key_, value_.view(), 0}, topic);
  if (!holds || !has_version(write)) return;
  ++topic.struck->out_of_order;
  send_held(overtaken);
}

/// A change of the key is two messages: the old key's tombstone, then the row. They are one change of one outcome.
void KafkaWriter::send(const Outgoing& message, const Topic& topic) {
  begin_transaction();
  const bool rekeys = !message.old_key.empty();
  const std::uint64_t ticket = in_flight_->add(message.change, clock_.now(), rekeys ? 2 : 1, message.code);
  std::uint32_t refused = 0;
  if (rekeys) {
    const auto told = headers(message.change, topic, Operation::Delete, "__debezium.newkey", message.key);
    refused = produce(ticket, {topic.name, message.old_key, {}, true, 0, told});
  }
  if (refused != 0) {
    in_flight_->report(ticket, Outcome::Rejected, refused, clock_.now());
  } else {
    const auto told = rekeys ? headers(message.change, topic, Operation::Insert, "__debezium.oldkey", message.old_key)
                             : headers(message.change, topic);
    const bool tombstone = message.change.operation == Operation::Delete;
    refused = produce(ticket, {topic.name, message.key, message.value, tombstone, 0, told});
  }
  if (refused == 0 && topic.faults) strike(message, topic);
  if (!begun_) return;
  open_ += rekeys ? 2 : 1;
  if (open_ >= transaction_) end_transaction();
}

/// Returns 0, or why the message was refused at once, which is reported then.
std::uint32_t KafkaWriter::produce(std::uint64_t ticket, const kafka::Producer::Message& message) {
  int code = 0;
  const Status sent = outlet_->produce(lane_, ticket, message, code);
  if (sent.ok()) return 0;
  const auto positive = static_cast<std::uint32_t>(std::abs(code));
  if (sent.error().kind == ErrorKind::Unreachable || is_gone(positive)) outlet_->break_down(sent.error().message);
  in_flight_->report(ticket, Outcome::Rejected, positive, clock_.now());
  return std::max<std::uint32_t>(positive, 1);
}

/// Valid until the next call: the producer copies what it takes.
std::span<const kafka::Header> KafkaWriter::headers(const Change& change, const Topic& topic, Operation operation,
                                                    std::string_view other, std::string_view key) {
  if (topic.named.empty()) return {};
  const auto decimal = [](std::array<char, 24>& digits, std::int64_t number) {
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  headers_ = {kafka::Header{"entity", topic.named},
              {"operation", name_of(operation)},
              {"version", decimal(digits_[0], change.version)},
              {"intended", decimal(digits_[1], change.intended)},
              {}};
  if (other.empty()) return std::span(headers_).first(headers_.size() - 1);
  Row row;
  row.reset(1);
  row.cells[0] = row.add_text(key);
  other_key_.clear();
  append_json_object(row, 0, RecordType{{topic.record.columns[0]}}, other_key_);
  headers_.back() = {other, other_key_};
  return headers_;
}

void KafkaWriter::append_value(const Write& write, const Topic& topic) {
  if (!topic.avro) return json_.at(write.change.entity).append(*write.row, value_);
  append_registry_frame(topic.schema_id, value_);
  topic.avro->append(*write.row, value_, &fragments_[write.change.entity]);
}

void KafkaWriter::flush(Instant deadline) {
  if (!in_flight_->wait(deadline - clock_.now())) in_flight_->give_up(clock_.now());
}

}  // namespace freshet
