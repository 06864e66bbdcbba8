#include "generator/write/kafka/kafka_backend.h"

#include <utility>

#include "clients/connection.h"
#include "generator/write/kafka/kafka_targets.h"
#include "generator/write/kafka/kafka_writers.h"

namespace freshet {

namespace {

constexpr int kReachTimeoutMs = 5'000;

const kafka::Address& of(const std::any& address) { return *std::any_cast<kafka::Address>(&address); }

class KafkaBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return kKafkaBackend; }
  [[nodiscard]] bool feeds_native_pipeline() const override { return true; }

  [[nodiscard]] Result<std::any> resolve(const Connection& connection, const Environment& environment) const override {
    FRESHET_ASSIGN(kafka::Address address, kafka_address(connection, environment));
    return std::any(std::move(address));
  }
  [[nodiscard]] std::string display(const std::any& address) const override { return of(address).bootstrap; }
  void end_waits(std::any& address, const std::stop_token& stop) const override {
    if (auto* ours = std::any_cast<kafka::Address>(&address)) ours->stop = stop;
  }
  Status reach(const std::any& address) const override {
    const auto found = kafka::topics(of(address), kReachTimeoutMs);
    return found.ok() ? Status() : Status(found.error());
  }

  [[nodiscard]] std::unique_ptr<TargetMaker> maker(const Scenario& /*scenario*/, const Addresses& addresses,
                                                   const TargetOptions& options,
                                                   const LivingRuns& living) const override {
    return topic_maker(addresses, options, living);
  }
  [[nodiscard]] Result<Dropped> drop(const std::any& address, const Made& made,
                                     const std::string& run_id) const override {
    return drop_own_topic(of(address), made.name, run_id);
  }
  [[nodiscard]] Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting) const override {
    return KafkaWriters::open(setting);
  }
  [[nodiscard]] std::unique_ptr<Orphans> orphans(const std::any& address) const override {
    return orphan_topics(of(address));
  }

  Status choose_format(const std::string& format, const std::string& registry, Scenario& scenario) const override {
    const auto chosen = topic_format_of(format);
    if (!format.empty() && !chosen) {
      return Error{ErrorKind::Usage, "--format: topics have no format \"" + format + "\"",
                   "there are: json, avro, debezium"};
    }
    bool avro = false;
    for (WriteTarget& write : scenario.write) {
      auto* topic = std::get_if<KafkaTarget>(&write.target);
      if (topic == nullptr) continue;
      if (chosen) topic->format = *chosen;
      if (topic->format != KafkaTarget::Format::Avro) continue;
      avro = true;
      if (!registry.empty()) topic->registry = registry;
      if (topic->registry.empty())
        return Error{ErrorKind::Usage, "Avro on Kafka needs a schema registry", "--registry URL"};
    }
    return avro ? Status() : Backend::choose_format("", registry, scenario);
  }
};

}  // namespace

const Backend& kafka_backend() {
  static const KafkaBackend backend;
  return backend;
}

}  // namespace freshet
