// A buffer pool for messages: headers and values, recycled from delivered messages. Private to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clients/kafka/kafka_headers.h"
#include "clients/kafka/kafka_values.h"

namespace freshet::kafka {

/// take(), parts() and put_back() are thread-safe; take_back() and pass_on() must be called by one thread at a time,
/// the one that reports deliveries. It must outlive the client, whose messages are stored in it.
class Stock {
 public:
  /// The buffers that several messages need before they can be handed over.
  struct Supplies {
    std::vector<HeaderList> headers;  ///< one for each message with headers, as far as available
    char* room = nullptr;             ///< space for the remaining values
    std::uint32_t values = 0;         ///< number of remaining values; 0: the client copies them
  };
  [[nodiscard]] Supplies take(std::span<const Producer::Message> messages);

  /// A message in librdkafka's form.
  struct Parts {
    void* value = nullptr;
    std::size_t value_size = 0;
    int flags = 0;
    HeaderList headers;  ///< null: no headers
  };
  /// The parts of the next message for which the supplies were taken.
  [[nodiscard]] static Parts parts(const Producer::Message& message, Supplies& supplies);
  /// Records that the client accepted the message and now owns its headers.
  static void handed_over(Parts& parts, Supplies& supplies);
  /// Returns unused supplies.
  void put_back(Supplies& supplies);

  /// Takes back the buffers of a message that was delivered or given up. They are reusable after pass_on().
  void take_back(const rd_kafka_message_t* message);
  void pass_on();

 private:
  ValueBlocks values_;
  HeaderLists headers_;
  std::vector<HeaderList> told_;  ///< headers of messages reported since pass_on()
};

}  // namespace freshet::kafka
