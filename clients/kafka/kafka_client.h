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

/// Callbacks from librdkafka on the polling thread. `owner` must outlive the client.
struct Callbacks {
  void* owner = nullptr;
  void (*on_error)(rd_kafka_t*, int code, const char* text, void* owner) = nullptr;
  void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void* owner) = nullptr;
  /// Statistics as JSON, every statistics.interval.ms. The client keeps ownership of the text if the callback returns
  /// 0.
  int (*on_statistics)(rd_kafka_t*, char* json, std::size_t size, void* owner) = nullptr;
};

/// Creates a client with `settings`, overridden by the address and its properties. Prints nothing. Usage error if a
/// property is unknown or two contradict each other.
[[nodiscard]] Result<Client> make_client(rd_kafka_type_t type, const Address& address,
                                         const std::map<std::string, std::string>& settings,
                                         const Callbacks& callbacks);

/// All topics of the broker and their partition counts. Naming a topic in the request would create it.
[[nodiscard]] Result<std::map<std::string, int>> list_topics(rd_kafka_t* client, const Address& address,
                                                             int timeout_ms);

/// Like rd_kafka_metadata(), but reacts to the address's stop within two seconds. The caller destroys the result.
[[nodiscard]] rd_kafka_resp_err_t ask_metadata(rd_kafka_t* client, const Address& address, bool all_topics,
                                               const rd_kafka_metadata_t** metadata, int timeout_ms);

/// The error (Unreachable) "cannot reach Kafka at HOST: reason".
[[nodiscard]] Error unreachable(const Address& address, const std::string& reason);

}  // namespace freshet::kafka
