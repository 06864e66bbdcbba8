// The embedded broker: librdkafka's mock cluster with one broker, on a client of its own.
#include "servers/kafka_broker.h"

#include "clients/kafka/kafka_client.h"

// It requires rdkafka.h, which the header above includes.
#include <librdkafka/rdkafka_mock.h>

namespace freshet::kafka {

namespace {

constexpr int kBrokers = 1;
constexpr int kBrokerId = 1;
constexpr std::int16_t kProduceRequest = 0;  // its number in the protocol

struct DestroyCluster {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

class MockBroker final : public EmbeddedBroker {
 public:
  Status begin() {
    FRESHET_ASSIGN(client_, make_client(RD_KAFKA_PRODUCER, {}, {}, {}));
    cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), kBrokers));
    if (!cluster_) return Error{ErrorKind::Unreachable, "the embedded Kafka broker cannot listen on 127.0.0.1", ""};
    return {};
  }

  [[nodiscard]] std::string bootstrap() const override { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  // To serve a fetch, the mock walks over all message sets that it retains, and returns one per fetch, so the cost is
  // quadratic in their number. Large batches keep the number small.
  [[nodiscard]] Address address() const override { return {bootstrap(), {{"linger.ms", "20"}}}; }

  Status create_topic(const std::string& topic, int partitions) override {
    const rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, kBrokers);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return Error{ErrorKind::Usage, "embedded Kafka broker: topic " + topic + ": " + rd_kafka_err2str(code), ""};
  }

  void set_down(bool down) override {
    (down ? rd_kafka_mock_broker_set_down : rd_kafka_mock_broker_set_up)(cluster_.get(), kBrokerId);
  }

  void set_deleted(const std::string& topic, bool deleted) override {
    constexpr int kManyRequests = 10'000;
    rd_kafka_mock_topic_set_error(cluster_.get(), topic.c_str(),
                                  deleted ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR);
    // That error answers requests about topics; messages have their own.
    rd_kafka_mock_clear_request_errors(cluster_.get(), kProduceRequest);
    if (deleted) refuse_messages(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, kManyRequests);
  }

  void refuse_messages(int code, int requests) override {
    const std::vector<rd_kafka_resp_err_t> answers(static_cast<std::size_t>(requests),
                                                   static_cast<rd_kafka_resp_err_t>(code));
    rd_kafka_mock_push_request_errors_array(cluster_.get(), kProduceRequest, answers.size(), answers.data());
  }

  void set_delay(int ms) override { rd_kafka_mock_broker_set_rtt(cluster_.get(), kBrokerId, ms); }

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
