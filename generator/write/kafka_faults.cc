// What KafkaWriter does to its messages because the scenario wants it to go wrong.
#include <limits>
#include <utility>

#include "generator/write/kafka_writer.h"

namespace freshet {

/// Does to a message that was sent what is to follow it.
void KafkaWriter::strike(const Outgoing& message, const Topic& topic) {
  if (const auto after = topic.faults->repeats(message.change)) {
    Change again = message.change;
    if (!message.old_key.empty()) again.operation = Operation::Insert;  // what its header said
    repeats_.add({clock_.now() + *after * kNanosPerMicro, again, std::string(message.key), std::string(message.value),
                  again.operation == Operation::Delete});
  }
  if (!topic.faults->poisons(message.change)) return;
  std::string poison;
  StreamFaults::poison(message.change, message.value, poison);
  int code = 0;
  const std::string key = "poison-" + std::string(message.key);
  if (outlet_->produce(KafkaOutlet::kNobody, 0, {topic.name, key, poison, false, 0, {}}, code).ok()) {
    ++topic.struck->poisoned;
  }
}

/// Sends again what is due again. What is not due when the last change is written is not sent.
void KafkaWriter::send_repeats() {
  RepeatedMessages::Message message;
  while (repeats_.take_due(clock_.now(), message)) {
    const Topic& topic = topics_.at(message.change.entity);
    int code = 0;
    const kafka::Producer::Message again{topic.name,        message.key, message.value,
                                         message.tombstone, 0,           headers(message.change, topic)};
    if (outlet_->produce(KafkaOutlet::kNobody, 0, again, code).ok()) ++topic.struck->duplicated;
  }
}

/// Keeps the message for later; false when it goes out now.
bool KafkaWriter::hold(const Write& write, const Topic& topic) {
  const Change& change = write.change;
  HeldMessages::Message held;
  if (const HeldMessages::Message* earlier = held_.last_of(change)) {
    if (earlier->why == HeldMessages::Why::OutOfOrder) return false;
    held.why = HeldMessages::Why::Behind;
    held.due = earlier->due;
  } else if (const auto by = topic.faults->late(change)) {
    held.due = change.intended + *by;
    ++topic.struck->late;
  } else if (const auto within = topic.faults->overtaken(change); within && has_version(write)) {
    held.why = HeldMessages::Why::OutOfOrder;
    held.due = change.intended + *within;
  } else {
    return false;
  }
  render(write, topic);
  held.change = change;
  held.key = key_;
  held.old_key = old_key_;
  held.value = value_.view();
  held_.add(std::move(held));
  outcomes_->not_awaited(change);
  return true;
}

void KafkaWriter::send_held(const HeldMessages::Message& held) {
  if (outlet_->broken() || outcomes_->blocked(held.change)) return withhold(held.change);
  send({held.change, held.key, held.old_key, held.value, kHeldOnPurpose}, topics_.at(held.change.entity));
}

void KafkaWriter::release_due(Micros now) {
  HeldMessages::Message held;
  while (held_.take_due(now, held)) send_held(held);
}

void KafkaWriter::release_held() {
  release_due(std::numeric_limits<Micros>::max());
  if (begun_) end_transaction();
}

}  // namespace freshet
