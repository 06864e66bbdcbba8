// The source of a Kafka cluster: its topics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "clients/http/registry.h"
#include "clients/kafka/kafka.h"
#include "pipeline/capture/source.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Topics of one cluster: JSON objects or Avro datums, and tombstones, which delete by the message key where that is
/// the entity's key; or Debezium's envelopes.
struct KafkaSourceOptions {
  struct Topic {
    std::string name;
    EntityId id{};
    const Entity* entity = nullptr;
    bool keyed_by_entity = false;  ///< the message key is the entity's key
    KafkaTarget::Format format = KafkaTarget::Format::Json;
    registry::Address registry = {};  ///< of Avro
  };
  kafka::Address address;
  std::vector<Topic> topics;
  PipelineLog log;
  bool from_beginning = false;
  /// Waits for topics that are not there, and reads them from their beginning when they come.
  bool await_topics = false;
  int away_limit_ms = 60'000;  ///< how long a lost server is waited for
  bool tells_ends = false;     ///< reading() knows partitions that were read to their end
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_kafka_source(const KafkaSourceOptions& options);

}  // namespace freshet
