// The embedded broker: a Kafka inside this process, for the quick start and for tests.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "clients/kafka/kafka.h"

namespace freshet::kafka {

/// librdkafka's in-process broker (mock cluster): real TCP on loopback, 5 MiB of retention per partition. Other
/// processes may connect.
class EmbeddedBroker {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedBroker>> start();
  virtual ~EmbeddedBroker() = default;
  [[nodiscard]] virtual std::string bootstrap() const = 0;
  /// For our own clients: its bootstrap address, and properties that keep its load low.
  [[nodiscard]] virtual Address address() const = 0;
  virtual Status create_topic(const std::string& topic, int partitions) = 0;
  /// Takes the broker down, or up again; for tests.
  virtual void set_down(bool down) = 0;
  /// From now on the broker does not know the topic, as if it was deleted, or knows it again.
  virtual void set_deleted(const std::string& topic, bool deleted) = 0;
  /// Answers the next `requests` produce requests with this protocol code, and stores nothing.
  virtual void refuse_messages(int code, int requests) = 0;
  /// Delays every answer by `ms`.
  virtual void set_delay(int ms) = 0;
};

}  // namespace freshet::kafka
