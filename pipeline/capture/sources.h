// The sources: threads that turn binlogs and topics into changes of entities.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "clients/http/registry.h"
#include "clients/kafka/kafka.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/record/record_adapter.h"
#include "pipeline/capture/source_batch.h"
#include "pipeline/codec/avro_row.h"
#include "pipeline/codec/json_row.h"

namespace freshet {

/// A source that is positioned and can be read. One thread.
class Source {
 public:
  virtual ~Source() = default;
  /// Appends what comes next, waiting at most about 100 ms. Errors are final; what a topic holds
  /// and cannot be understood is left out, told and counted.
  virtual Status next(SourceBatch& out) = 0;
  [[nodiscard]] virtual std::int64_t rejects() const = 0;
  /// How far next() has come.
  [[nodiscard]] virtual SourceReading reading() const = 0;
};

/// One server's binlog: every row change of the tables, from its beginning or from its end as it is now. Usage, by
/// name, when a column can never become its field; from next(), when a value cannot, or an image lacks what no other
/// tells.
struct MysqlSourceOptions {
  mysql::Address address;
  std::vector<std::pair<std::string, const Entity*>> tables;
  std::vector<EntityId> entities;  ///< of the tables
  PipelineLog log;
  bool from_beginning = false;
  std::string database_in_log = {};  ///< set when opened: what the log calls the address's database
  int away_limit_ms = 60'000;        ///< how long a lost server is waited for
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_mysql_source(const MysqlSourceOptions& options);

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

/// Hands the batches of a source, which has this number, to `queue` until stopped, failed, or the queue is closed. An
/// empty batch tells that the source was read further.
Status pump(Source& source, std::size_t number, SourceQueue& queue, BatchPool<SourceBatch>& pool,
            const std::stop_token& stop);

}  // namespace freshet
