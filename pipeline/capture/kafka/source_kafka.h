// The source for a Kafka cluster: its topics.
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

/// Topics of one cluster: JSON objects or Avro datums, and tombstones, which delete by the message key if that is the
/// entity's key; or Debezium's envelopes.
struct KafkaSourceOptions {
  struct Topic {
    std::string name;
    EntityId id{};
    const Entity* entity = nullptr;
    bool keyed_by_entity = false;  ///< the message key is the entity's key
    KafkaTarget::Format format = KafkaTarget::Format::Json;
    registry::Address registry = {};  ///< for Avro
  };
  kafka::Address address;
  std::vector<Topic> topics;
  PipelineLog log;
  bool from_beginning = false;
  /// Waits for missing topics, and reads them from their beginning once they exist.
  bool await_topics = false;
  int away_limit_ms = 60'000;  ///< maximum wait for a lost server
  bool tells_ends = false;     ///< reading() knows which partitions have been read to their end
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_kafka_source(const KafkaSourceOptions& options);

}  // namespace freshet
