// What producer, consumer and topic requests share: a librdkafka handle with our settings. Private to this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "clients/kafka/kafka.h"

namespace freshet::kafka {

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, DestroyClient>;

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

struct DestroyHeaders {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using HeaderList = std::unique_ptr<rd_kafka_headers_t, DestroyHeaders>;

/// What librdkafka calls back, on the thread that polls. `owner` outlives the client.
struct Callbacks {
  void* owner = nullptr;
  void (*on_error)(rd_kafka_t*, int code, const char* text, void* owner) = nullptr;
  void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void* owner) = nullptr;
  /// Statistics as JSON, every statistics.interval.ms; the text stays the client's when it returns 0.
  int (*on_statistics)(rd_kafka_t*, char* json, std::size_t size, void* owner) = nullptr;
};

/// A client with `settings`, then the address and its properties, which override them. Prints nothing. Error of kind
/// Usage when a property is unknown or two contradict each other.
[[nodiscard]] Result<Client> make_client(rd_kafka_type_t type, const Address& address,
                                         const std::map<std::string, std::string>& settings,
                                         const Callbacks& callbacks);

/// Topics and their partitions, as the broker lists them. It lists all: naming a topic in the request would create it.
[[nodiscard]] Result<std::map<std::string, int>> list_topics(rd_kafka_t* client, const Address& address,
                                                             int timeout_ms);

/// rd_kafka_metadata(), which hears the address's stop within two seconds. The caller destroys what it gets.
[[nodiscard]] rd_kafka_resp_err_t ask_metadata(rd_kafka_t* client, const Address& address, bool all_topics,
                                               const rd_kafka_metadata_t** metadata, int timeout_ms);

/// "cannot reach Kafka at HOST: reason", of kind Unreachable.
[[nodiscard]] Error unreachable(const Address& address, const std::string& reason);

}  // namespace freshet::kafka
