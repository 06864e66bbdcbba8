// The writers of all topics of a pool.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "generator/write/backend/backend.h"
#include "generator/write/kafka/kafka_writer.h"
#include "generator/write/kafka/shared_producer.h"

namespace freshet {

/// Topics without transactions share a producer among all lanes; a transaction belongs to one lane and needs its own
/// producer.
class KafkaWriters final : public BackendWriters {
 public:
  /// `setting` outlives it. Opens the producers, and registers schemas.
  [[nodiscard]] static Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting);

  Status open_lane(LaneWriters& lane) override;
  [[nodiscard]] std::shared_ptr<Writer> open_mirror(const WriteTarget& write,
                                                    const std::shared_ptr<LaneOutcomes>& outcomes) override;
  [[nodiscard]] std::map<std::size_t, ServerFigures> figures() const override;
  [[nodiscard]] std::map<std::string, std::map<std::string, std::int64_t>> faults() const override;

 private:
  explicit KafkaWriters(const WriterSetting& setting) : setting_(setting) {}
  Status open_shared_producers();
  Status prepare_topics();
  Status prepare_topic(const KafkaTarget& target, EntityId entity);
  Status configure(SharedProducer& shared_producer, std::size_t connection);
  /// Opens it with the settings that the topics of the connection ask for.
  Result<std::shared_ptr<SharedProducer>> open_producer(const kafka::Address& address, std::size_t connection);
  Result<std::shared_ptr<SharedProducer>> open_transactional(std::size_t connection);

  const WriterSetting& setting_;
  std::map<std::size_t, std::shared_ptr<SharedProducer>> shared_producers_;             ///< by connection
  std::map<EntityId, KafkaWriter::Topic> topics_;                                       ///< an entity has at most one
  std::vector<std::pair<std::size_t, std::shared_ptr<SharedProducer>>> transactional_;  ///< for one lane, by connection
};

}  // namespace freshet
