// Messages between being handed over and their delivery reports.
#include "generator/write/kafka/shared_producer.h"

#include <chrono>
#include <cstdlib>
#include <limits>
#include <utility>

namespace freshet {

namespace {

/// librdkafka's local code for a message that was not accepted within its time limit (message.timeout.ms).
constexpr std::uint32_t kTimedOut = 192;

// A message id is lane (16 bits), use of the slot (16 bits), slot (32 bits); a ticket is the same without the lane.
constexpr int kLaneShift = 48;
constexpr int kUseShift = 32;
constexpr std::uint64_t kTicketMask = (std::uint64_t{1} << kLaneShift) - 1;

std::uint64_t ticket_of(std::uint16_t use, std::uint32_t slot) { return std::uint64_t{use} << kUseShift | slot; }

}  // namespace

std::uint64_t InFlight::add_slot(const Change& change, Instant released, int messages, std::uint32_t code) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.settled = Settled{change, Outcome::Unknown, code, released, {}, {-1, -1}};
  slot.state = State::Waiting;
  slot.unreported = messages;
  slot.reported = false;
  ++slot.use;
  ++count_;
  return ticket_of(slot.use, index);
}

std::uint64_t InFlight::add(const Change& change, Instant released, int messages, std::uint32_t code) {
  const std::scoped_lock lock(mutex_);
  return add_slot(change, released, messages, code);
}

void InFlight::add(std::span<const Change> changes, Instant released, std::span<std::uint64_t> tickets) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < changes.size(); ++i) tickets[i] = add_slot(changes[i], released, 1, 0);
}

void InFlight::report(std::span<const Report> reports) {
  std::vector<std::uint32_t> settled;
  settled.reserve(reports.size());
  std::unique_lock lock(mutex_);
  for (const auto& [ticket, outcome, code, at, partition] : reports) {
    const auto index = static_cast<std::uint32_t>(ticket);
    Slot& slot = slots_.at(index);
    if (slot.state != State::Waiting || ticket_of(slot.use, index) != ticket) continue;
    note_partition(slot, partition);
    if (in_transactions_ && outcome == Outcome::Committed) continue;
    take(slot, outcome, code, at);
    if (slot.unreported > 0) continue;
    slot.state = State::Settling;
    if (slot.settled.outcome == Outcome::Withheld) slot.settled.released = slot.settled.acknowledged = Instant{};
    settled.push_back(index);
  }
  settle(lock, settled);
}

void InFlight::note_partition(Slot& slot, std::int32_t partition) {
  auto& [first, second] = slot.settled.partitions;
  if (first < 0) first = partition;
  if (partition != first) second = partition;
}

/// If one of a change's two messages was delivered and the other was not, the outcome of the change is unknown.
void InFlight::take(Slot& slot, Outcome outcome, std::uint32_t code, Instant at) {
  Settled& settled = slot.settled;
  const bool agrees = !slot.reported || settled.outcome == outcome;
  settled.outcome = agrees ? outcome : Outcome::Unknown;
  if (outcome != Outcome::Committed) settled.code = outcome == Outcome::Withheld ? 0 : code;
  settled.acknowledged = at;
  slot.reported = true;
  --slot.unreported;
}

/// Slots in state Settling count as in flight until their outcomes are passed on, so that a caller who waits for zero
/// has received everything.
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
  settled_.wait(lock, [this] { return count_ == 0; });  // another thread may be passing on the last one
}

Result<std::shared_ptr<SharedProducer>> SharedProducer::open(const kafka::Address& address,
                                                             FirstFailure& first_failure) {
  std::shared_ptr<SharedProducer> shared_producer(new SharedProducer("Kafka at " + address.bootstrap, first_failure));
  auto producer = kafka::Producer::open(
      address, [raw = shared_producer.get()](const kafka::Producer::Delivery& delivery) { raw->deliver(delivery); },
      [raw = shared_producer.get()] { raw->report(); });
  if (!producer.ok()) return producer.error();
  shared_producer->producer_ = std::move(*producer);
  return shared_producer;
}

std::uint16_t SharedProducer::add_lane(std::shared_ptr<InFlight> in_flight) {
  FRESHET_CHECK(lanes_.size() < std::numeric_limits<std::uint16_t>::max(), "too many lanes for a message id");
  lanes_.push_back(std::move(in_flight));
  reports_.emplace_back();
  return static_cast<std::uint16_t>(lanes_.size() - 1);
}

std::uint64_t SharedProducer::id_of(std::uint16_t lane, std::uint64_t ticket) {
  return std::uint64_t{lane} << kLaneShift | ticket;
}

void SharedProducer::break_down(const std::string& reason) {
  broken_ = true;
  first_failure_.report(name_ + ": " + reason);
}

void SharedProducer::deliver(const kafka::Producer::Delivery& delivery) {
  // Local codes are negative, the broker's positive, and the two do not overlap.
  const auto code = static_cast<std::uint32_t>(std::abs(delivery.code));
  const bool unsent = delivery.given_up && !delivery.unknown;
  const Outcome outcome = code == 0          ? Outcome::Committed
                          : unsent           ? Outcome::Withheld
                          : delivery.unknown ? Outcome::Unknown
                                             : Outcome::Rejected;
  if (delivery.given_up) {
    break_down("no broker could be reached for too long; the waiting messages were given up");
  } else if (outcome == Outcome::Unknown || code == kTimedOut) {
    break_down("messages were not delivered in time (error " + std::to_string(delivery.code) + ")");
  } else if (kafka_topic_is_gone(code)) {
    break_down("a topic no longer exists (error " + std::to_string(delivery.code) + ")");
  }
  if (outcome == Outcome::Rejected) refused(code, kafka::reason_of(delivery.code));
  if (delivery.id >> kLaneShift == kUntracked) return;
  reports_[delivery.id >> kLaneShift].push_back(
      {delivery.id & kTicketMask, outcome, code, delivery.at, delivery.partition});
}

void SharedProducer::report() {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (reports_[lane].empty()) continue;
    lanes_[lane]->report(reports_[lane]);
    reports_[lane].clear();
  }
}

}  // namespace freshet
