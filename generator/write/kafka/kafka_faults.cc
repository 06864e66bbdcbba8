// The changes that KafkaWriter sends one by one: those of several messages, and those of topics with faults.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "generator/write/kafka/kafka_writer.h"

namespace freshet {

/// A change of the key is a message for the old key, then the row under the new one. They are one change with one
/// outcome.
KafkaWriter::Messages KafkaWriter::messages_of(const Write& write, Route& route) {
  const Topic& topic = route.topic;
  const ColumnType& type = topic.record[topic.key_column].type;
  Messages out{write.change, {}};
  std::string key;
  append_text(*write.row, (*write.row)[topic.key_column], type, key);
  const auto rendered = [&](const Write& of) {
    value_.clear();
    append_value(of, route, value_);
    return std::string(value_.view());
  };
  const auto gone = [&](const Row& row, const std::string& of_key, const std::string& next) {
    Write end{write.change, &row};
    end.change.operation = Operation::Delete;
    if (route.envelopes) out.parts.push_back({Operation::Delete, of_key, rendered(end), false, next});
    out.parts.push_back({Operation::Delete, of_key, {}, true, next});
  };
  if (write.change.operation == Operation::Delete) {
    gone(*write.row, key, {});
    return out;
  }
  Write now = write;
  std::string old_key;
  if (write.rekeyed) {
    append_text(*write.before, (*write.before)[topic.key_column], type, old_key);
    gone(*write.before, old_key, key);
    now.change.operation = Operation::Insert;
  }
  out.parts.push_back({now.change.operation, key, rendered(now), false, old_key});
  return out;
}

void KafkaWriter::send_by_itself(const Write& write, Route& route) {
  const Topic& topic = route.topic;
  // If the row gets another key, at once or after its delete, dropping this message would leave the old key for good,
  // and no pipeline could know.
  const bool kept = write.rekeyed || (topic.keeps_deletes && write.change.operation == Operation::Delete);
  if (topic.faults && !kept && topic.faults->drops(write.change)) {
    ++topic.fault_counts->dropped;
    return outcomes_->settle_dropped(write.change);
  }
  if (topic.faults && hold(write, route)) return;
  HeldMessages::Message overtaken;
  const bool holds = topic.faults && held_.take_overtaken(write.change, overtaken);
  if (holds && !has_version(write)) send_held(overtaken);
  send(messages_of(write, route), 0);
  if (!holds || !has_version(write)) return;
  ++topic.fault_counts->out_of_order;
  send_held(overtaken);
}

/// `code`: the code of the change if it commits.
void KafkaWriter::send(const Messages& messages, std::uint32_t code) {
  const Topic& topic = route(messages.change.entity).topic;
  send_rendered();
  begin_transaction();
  const std::uint64_t ticket =
      in_flight_->add(messages.change, clock_.now(), static_cast<int>(messages.parts.size()), code);
  bool sent = true;
  int refusal = 0;
  Headers header_list;
  for (std::size_t i = 0; i < messages.parts.size(); ++i) {
    const Part& part = messages.parts[i];
    kafka::Producer::Message message{topic.name, part.key, part.value, part.tombstone, 0, {}};
    message.headers = headers(messages.change, part, topic, header_list);
    message.id = SharedProducer::id_of(lane_, ticket);
    if (!sent) {  // the message before it was refused
      in_flight_->report(ticket, Outcome::Rejected, static_cast<std::uint32_t>(std::abs(refusal)), clock_.now());
      continue;
    }
    const Status status = shared_producer_->produce(message, refusal);
    sent = status.ok();
    if (!sent) refuse(ticket, status, refusal);
  }
  if (sent && topic.faults) strike(messages, topic);
  count_in_transaction(messages.parts.size());
}

/// For a change of the key, each message names the other's key in Debezium's headers.
std::span<const kafka::Header> KafkaWriter::headers(const Change& change, const Part& part, const Topic& topic,
                                                    Headers& out) {
  const auto plain = headers(change, part.operation, topic, out);
  if (plain.empty() || part.other_key.empty()) return plain;
  Row row;
  row.reset(1);
  row.cells[0] = row.add_text(part.other_key);
  out.other_key.clear();
  append_json_object(row, 0, RecordType{{topic.record.columns[0]}}, out.other_key);
  out.headers.back() = {part.operation == Operation::Delete ? "__debezium.newkey" : "__debezium.oldkey", out.other_key};
  return out.headers;
}

bool KafkaWriter::send_untracked(const kafka::Producer::Message& message) {
  kafka::Producer::Message one = message;
  one.id = SharedProducer::id_of(SharedProducer::kUntracked, 0);
  int code = 0;
  return shared_producer_->produce(one, code).ok();
}

/// Applies the faults that follow a message that was sent. For a change of several messages, they apply to the last one
/// that carries a row.
void KafkaWriter::strike(const Messages& messages, const Topic& topic) {
  const auto row_part =
      std::find_if(messages.parts.rbegin(), messages.parts.rend(), [](const Part& part) { return !part.tombstone; });
  const Part& part = row_part == messages.parts.rend() ? messages.parts.back() : *row_part;
  if (const auto after = topic.faults->repeats(messages.change)) {
    Change again = messages.change;
    again.operation = part.operation;
    repeats_.add({clock_.now() + *after, again, part.key, part.value, part.tombstone});
  }
  if (!topic.faults->poisons(messages.change)) return;
  std::string poison;
  StreamFaults::poison(messages.change, part.value, poison);
  if (send_untracked({topic.name, "poison-" + part.key, poison, false, 0, {}})) ++topic.fault_counts->poisoned;
}

/// Sends the repeated messages that are due. Those not due when the last change is written are not sent.
void KafkaWriter::send_repeats() {
  RepeatedMessages::Message message;
  while (repeats_.take_due(clock_.now(), message)) {
    const Topic& topic = route(message.change.entity).topic;
    Headers header_list;
    if (send_untracked({topic.name, message.key, message.value, message.tombstone, 0,
                        headers(message.change, message.change.operation, topic, header_list)})) {
      ++topic.fault_counts->duplicated;
    }
  }
}

/// Holds the change back; returns false if it is sent now.
bool KafkaWriter::hold(const Write& write, Route& route) {
  const Change& change = write.change;
  const Topic& topic = route.topic;
  HeldMessages::Message held;
  if (const HeldMessages::Message* earlier = held_.last_of(change)) {
    if (earlier->why == HeldMessages::Why::OutOfOrder) return false;
    held.why = HeldMessages::Why::Behind;
    held.due = earlier->due;
  } else if (const auto by = topic.faults->late(change)) {
    held.due = change.intended + *by;
    ++topic.fault_counts->late;
  } else if (const auto within = topic.faults->overtaken(change); within && has_version(write)) {
    held.why = HeldMessages::Why::OutOfOrder;
    held.due = change.intended + *within;
  } else {
    return false;
  }
  held.messages = messages_of(write, route);
  held_.add(std::move(held));
  outcomes_->not_awaited(change);
  return true;
}

void KafkaWriter::send_held(const HeldMessages::Message& held) {
  const Change& change = held.messages.change;
  if (shared_producer_->broken() || outcomes_->blocked(change)) return withhold(change);
  send(held.messages, kHeldOnPurpose);
}

void KafkaWriter::release_due(Micros now) {
  HeldMessages::Message held;
  while (held_.take_due(now, held)) send_held(held);
}

void KafkaWriter::release_held() {
  release_due(Micros::max());
  if (begun_) end_transaction();
}

}  // namespace freshet
