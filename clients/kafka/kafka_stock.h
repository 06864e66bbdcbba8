// Stock: what messages are made of, taken from messages that are delivered. Private to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clients/kafka/kafka_headers.h"
#include "clients/kafka/kafka_values.h"

namespace freshet::kafka {

/// take(), parts() and put_back() from any thread; take_back() and pass_on() from one at a time, who is told of
/// deliveries. It outlives the client, whose messages lie in it.
class Stock {
 public:
  /// What several messages need before they can be handed over.
  struct Supplies {
    std::vector<HeaderList> headers;  ///< one for each that has some, as far as there are any
    char* room = nullptr;             ///< of the values that are still to come
    std::uint32_t values = 0;         ///< so many; 0: the client copies them
  };
  [[nodiscard]] Supplies take(std::span<const Producer::Message> messages);

  /// A message as librdkafka wants it.
  struct Parts {
    void* value = nullptr;
    std::size_t value_size = 0;
    int flags = 0;
    HeaderList headers;  ///< null: none
  };
  /// Of the next of those messages that the supplies are for.
  [[nodiscard]] static Parts parts(const Producer::Message& message, Supplies& supplies);
  /// The message went to the client with these parts, and has its headers.
  static void handed_over(Parts& parts, Supplies& supplies);
  /// What is left of them.
  void put_back(Supplies& supplies);

  /// What goes with a message that was delivered, or given up. It is used again after pass_on().
  void take_back(const rd_kafka_message_t* message);
  void pass_on();

 private:
  ValueBlocks values_;
  HeaderLists headers_;
  std::vector<HeaderList> told_;  ///< headers of messages that were told of since pass_on()
};

}  // namespace freshet::kafka
