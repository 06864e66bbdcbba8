// The embedded broker: librdkafka's mock cluster with one broker, on a client of its own.
#include "base/io/kafka_client.h"

// It needs rdkafka.h before it, which the header above includes.
#include <librdkafka/rdkafka_mock.h>

namespace freshet::kafka {

namespace {

constexpr int kBrokers = 1;
constexpr int kBrokerId = 1;

struct DestroyCluster {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

class MockBroker final : public EmbeddedBroker {
 public:
  Status begin() {
    Result<Client> client = make_client(RD_KAFKA_PRODUCER, {}, {}, {});
    if (!client.ok()) return client.error();
    client_ = std::move(*client);
    cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), kBrokers));
    if (!cluster_) return Error{ErrorKind::Unreachable, "the embedded Kafka broker cannot listen on 127.0.0.1", ""};
    return {};
  }

  [[nodiscard]] std::string bootstrap() const override { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  // It finds what a fetch asks for by walking over all message sets that it retains, and gives one per fetch: its cost
  // falls with the square of their size.
  [[nodiscard]] Address address() const override { return {bootstrap(), {{"linger.ms", "20"}}}; }

  Status create_topic(const std::string& topic, int partitions) override {
    const rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, kBrokers);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return Error{ErrorKind::Usage, "embedded Kafka broker: topic " + topic + ": " + rd_kafka_err2str(code), ""};
  }

  void set_down(bool down) override {
    (down ? rd_kafka_mock_broker_set_down : rd_kafka_mock_broker_set_up)(cluster_.get(), kBrokerId);
  }

 private:
  Client client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, DestroyCluster> cluster_;  // ends before its client
};

}  // namespace

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start() {
  auto broker = std::make_unique<MockBroker>();
  FRESHET_TRY(broker->begin());
  return std::unique_ptr<EmbeddedBroker>(std::move(broker));
}

}  // namespace freshet::kafka
