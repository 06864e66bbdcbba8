#include "clients/kafka/kafka_client.h"

#include <algorithm>
#include <array>

namespace freshet::kafka {

namespace {

struct DestroySettings {
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
};
using Settings = std::unique_ptr<rd_kafka_conf_t, DestroySettings>;

void drop_log(const rd_kafka_t*, int, const char*, const char*) {}

Status set_all(rd_kafka_conf_t* settings, const std::map<std::string, std::string>& values) {
  std::array<char, 512> text{};
  for (const auto& [name, value] : values) {
    if (rd_kafka_conf_set(settings, name.c_str(), value.c_str(), text.data(), text.size()) != RD_KAFKA_CONF_OK) {
      return Error{ErrorKind::Usage, "Kafka property \"" + name + "\": " + text.data(), ""};
    }
  }
  return {};
}

}  // namespace

Error unreachable(const Address& address, const std::string& reason) {
  return Error{ErrorKind::Unreachable, "cannot reach Kafka at " + address.bootstrap + ": " + reason, ""};
}

Result<Client> make_client(rd_kafka_type_t type, const Address& address,
                           const std::map<std::string, std::string>& settings, const Callbacks& callbacks) {
  Settings conf(rd_kafka_conf_new());
  // A broker that comes back is noticed within half a second.
  FRESHET_TRY(set_all(conf.get(), {{"client.id", "freshet"},
                                   {"reconnect.backoff.ms", "50"},
                                   {"reconnect.backoff.max.ms", "500"},
                                   {"bootstrap.servers", address.bootstrap}}));
  FRESHET_TRY(set_all(conf.get(), settings));
  FRESHET_TRY(set_all(conf.get(), address.properties));
  rd_kafka_conf_set_log_cb(conf.get(), drop_log);
  rd_kafka_conf_set_opaque(conf.get(), callbacks.owner);
  if (callbacks.on_error != nullptr) rd_kafka_conf_set_error_cb(conf.get(), callbacks.on_error);
  if (callbacks.on_delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), callbacks.on_delivery);
  if (callbacks.on_statistics != nullptr) rd_kafka_conf_set_stats_cb(conf.get(), callbacks.on_statistics);
  std::array<char, 512> text{};
  Client client(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (!client) return Error{ErrorKind::Usage, "Kafka at " + address.bootstrap + ": " + text.data(), ""};
  [[maybe_unused]] const rd_kafka_conf_t* owned_by_client = conf.release();
  return client;
}

std::string reason_of(int code) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)); }

// A single request cannot be cancelled. Connecting continues across requests.
rd_kafka_resp_err_t ask_metadata(rd_kafka_t* client, const Address& address, bool all_topics,
                                 const rd_kafka_metadata_t** metadata, int timeout_ms) {
  constexpr int kSliceMs = 2'000;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (int left = timeout_ms; left > 0 && !address.stop.stop_requested(); left -= kSliceMs) {
    code = rd_kafka_metadata(client, all_topics ? 1 : 0, nullptr, metadata, std::min(left, kSliceMs));
    const bool late = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT;
    if (!late) break;
  }
  return code;
}

Result<std::map<std::string, int>> list_topics(rd_kafka_t* client, const Address& address, int timeout_ms) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code = ask_metadata(client, address, true, &metadata, timeout_ms);
  if (address.stop.stop_requested() && code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error{ErrorKind::Interrupted, "Kafka at " + address.bootstrap + ": interrupted", ""};
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(address, rd_kafka_err2str(code));
  std::map<std::string, int> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = metadata->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) topics[topic.topic] = topic.partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return topics;
}

}  // namespace freshet::kafka
