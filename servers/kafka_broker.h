// The embedded broker: a Kafka for the quick start and for tests, inside of this process.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "clients/kafka/kafka.h"

namespace freshet::kafka {

/// librdkafka's in-process broker (mock cluster): real TCP on loopback, 5 MiB of retention per partition. For the quick
/// start and for tests. Other processes may connect.
class EmbeddedBroker {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedBroker>> start();
  virtual ~EmbeddedBroker() = default;
  [[nodiscard]] virtual std::string bootstrap() const = 0;
  /// For our own clients: its bootstrap and the properties that spare it work.
  [[nodiscard]] virtual Address address() const = 0;
  virtual Status create_topic(const std::string& topic, int partitions) = 0;
  /// For tests of bad luck.
  virtual void set_down(bool down) = 0;
  /// From now on it does not know the topic, as after somebody has deleted it; or knows it again.
  virtual void set_deleted(const std::string& topic, bool deleted) = 0;
  /// It answers the next `requests` to produce with this code of the protocol, and stores nothing.
  virtual void refuse_messages(int code, int requests) = 0;
  /// It answers every request that much later.
  virtual void set_delay(int ms) = 0;
};

}  // namespace freshet::kafka
