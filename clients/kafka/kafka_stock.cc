#include "clients/kafka/kafka_stock.h"

#include <cstring>
#include <utility>

namespace freshet::kafka {

namespace {

bool has_bytes(const Producer::Message& message) { return !message.null_value && !message.value.empty(); }

}  // namespace

Stock::Supplies Stock::take(std::span<const Producer::Message> messages) {
  Supplies supplies;
  std::size_t lists = 0;
  std::size_t bytes = 0;
  std::uint32_t values = 0;
  for (const Producer::Message& message : messages) {
    if (!message.headers.empty()) ++lists;
    if (!has_bytes(message)) continue;
    bytes += message.value.size();
    ++values;
  }
  if (lists > 0) headers_.take(lists, supplies.headers);
  if (values > 0) supplies.room = values_.reserve(bytes, values);
  if (supplies.room != nullptr) supplies.values = values;
  return supplies;
}

Stock::Parts Stock::parts(const Producer::Message& message, Supplies& supplies) {
  Parts parts;
  parts.value_size = message.null_value ? 0 : message.value.size();
  if (has_bytes(message) && supplies.values > 0) {
    std::memcpy(supplies.room, message.value.data(), message.value.size());
    parts.value = supplies.room;
  } else if (!message.null_value) {
    // Null and empty differ on the wire: null is a tombstone, and an empty value needs a non-null pointer.
    parts.value = const_cast<char*>(message.value.empty() ? "" : message.value.data());
    parts.flags = RD_KAFKA_MSG_F_COPY;
  }
  if (message.headers.empty()) return parts;
  if (!supplies.headers.empty()) {
    parts.headers = std::move(supplies.headers.back());
    supplies.headers.pop_back();
  }
  fill_headers(message.headers, parts.headers);
  return parts;
}

void Stock::handed_over(Parts& parts, Supplies& supplies) {
  [[maybe_unused]] const rd_kafka_headers_t* of_the_message = parts.headers.release();
  if (parts.value != supplies.room || supplies.values == 0) return;
  supplies.room += parts.value_size;
  --supplies.values;
}

void Stock::put_back(Supplies& supplies) {
  if (!supplies.headers.empty()) headers_.give(supplies.headers);
  if (supplies.values > 0) values_.release(supplies.room, supplies.values);
}

void Stock::take_back(const rd_kafka_message_t* message) {
  if (values_.holds(message->payload)) values_.release(message->payload);
  rd_kafka_headers_t* headers = nullptr;
  // Otherwise they would be destroyed with the message.
  if (rd_kafka_message_detach_headers(const_cast<rd_kafka_message_t*>(message), &headers) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    told_.emplace_back(headers);
  }
}

void Stock::pass_on() {
  if (!told_.empty()) headers_.give(told_);
}

}  // namespace freshet::kafka
