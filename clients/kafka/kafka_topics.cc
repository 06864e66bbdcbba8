// Topics: listing, creating and deleting them.
#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "clients/kafka/kafka_client.h"

namespace freshet::kafka {

namespace {

// For what librdkafka makes and wants back.
template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* what) const {
    destroy(what);
  }
};

// See mark_of(). Earlier versions used one mark for all runs, the letters "freshet!".
constexpr const char* kMarkName = "max.compaction.lag.ms";
constexpr std::uint64_t kMarkSign = 0x66726573;  // "fres"

// One administrative request, and its answer.
class AdminRequest {
 public:
  AdminRequest(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms)
      : queue(rd_kafka_queue_new(client)),
        options(rd_kafka_AdminOptions_new(client, operation)),
        timeout_ms_(timeout_ms) {
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, text.data(), text.size());
    // Makes the controller answer when the topic exists (or is gone), not when it has accepted the request.
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, text.data(), text.size());
  }

  using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
  // Without an event, `code` says why.
  Result<Event> event(const Address& address, const std::string& what, rd_kafka_resp_err_t& code) {
    constexpr int kSliceMs = 100;
    Event event;
    for (int left = timeout_ms_ + 1'000; !event && left > 0 && !address.stop.stop_requested(); left -= kSliceMs) {
      event.reset(rd_kafka_queue_poll(queue.get(), kSliceMs));
    }
    code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!event) return unreachable(address, what + (address.stop.stop_requested() ? ": interrupted" : ": no answer"));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
    return unreachable(address, what + ": " + rd_kafka_event_error_string(event.get()));
  }

  // Checks the answer to a request about topics. `results` extracts the results from the event.
  template <typename Results>
  Status answer(const Address& address, const std::string& what, const Results& results, rd_kafka_resp_err_t& code) {
    FRESHET_ASSIGN(const auto event, this->event(address, what, code));
    std::size_t count = 0;
    const rd_kafka_topic_result_t* const* topics = results(event.get(), &count);
    for (std::size_t i = 0; i < count; ++i) {
      code = rd_kafka_topic_result_error(topics[i]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* text = rd_kafka_topic_result_error_string(topics[i]);
      const std::string reason = text != nullptr ? text : rd_kafka_err2str(code);
      return Error{ErrorKind::Usage, "Kafka at " + address.bootstrap + ": " + what + ": " + reason, ""};
    }
    return {};
  }

  const std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>> queue;
  const std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>> options;

 private:
  const int timeout_ms_;
};

void keep_text(rd_kafka_t*, int, const char* text, void* owner) { *static_cast<std::string*>(owner) = text; }

}  // namespace

Result<std::map<std::string, int>> topics(const Address& address, int timeout_ms) {
  std::string trouble;
  FRESHET_ASSIGN(auto client, make_client(RD_KAFKA_PRODUCER, address, {}, {.owner = &trouble, .on_error = keep_text}));
  Result<std::map<std::string, int>> found = list_topics(client.get(), address, timeout_ms);
  if (found.ok()) return found;
  // The request only reports a timeout; the connection knows the reason.
  rd_kafka_poll(client.get(), 0);
  return trouble.empty() ? found.error() : unreachable(address, trouble);
}

namespace {

Status create(rd_kafka_t* client, const Address& address, const std::string& topic, int partitions, int timeout_ms,
              const std::string& run_id, rd_kafka_resp_err_t& code) {
  constexpr int kBrokersDefault = -1;
  std::array<char, 512> text{};
  const std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, kBrokersDefault, text.data(), text.size()));
  if (!wanted) return Error{ErrorKind::Usage, "topic " + topic + ": " + text.data(), ""};
  if (!run_id.empty()) {
    rd_kafka_NewTopic_set_config(wanted.get(), kMarkName, std::to_string(mark_of(run_id)).c_str());
  }
  AdminRequest request(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
  rd_kafka_NewTopic_t* list[] = {wanted.get()};
  rd_kafka_CreateTopics(client, list, 1, request.options.get(), request.queue.get());
  const auto results = [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count);
  };
  return request.answer(address, "create topic " + topic, results, code);
}

// The controller has confirmed that the topic exists, or is gone, but the broker that we ask learns it a moment later.
// So wait until the broker lists it: the next reader or writer asks a broker.
void await_listing(rd_kafka_t* client, const Address& address, const std::string& topic, bool there, int timeout_ms) {
  constexpr Nanos kPause = 10 * kNanosPerMilli;
  const SystemClock clock;
  const Instant deadline = clock.now() + timeout_ms * kNanosPerMilli;
  while (clock.now() < deadline && !address.stop.stop_requested()) {
    const auto listed = list_topics(client, address, timeout_ms);
    if (listed.ok() && listed.value().contains(topic) == there) return;
    clock.sleep_until(clock.now() + kPause, address.stop);
  }
}

// True if there is a controller, which handles requests about topics. The embedded broker names one that does not
// exist, and the client would wait for it.
Result<bool> has_controller(rd_kafka_t* client, const Address& address, int timeout_ms) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code = ask_metadata(client, address, false, &metadata, timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(address, rd_kafka_err2str(code));
  const std::int32_t controller = rd_kafka_controllerid(client, 0);
  const bool found = std::any_of(metadata->brokers, metadata->brokers + metadata->broker_cnt,
                                 [&](const rd_kafka_metadata_broker& broker) { return broker.id == controller; });
  rd_kafka_metadata_destroy(metadata);
  return found;
}

// Returns nullopt if the topic carries no mark.
std::optional<std::uint64_t> read_mark(const rd_kafka_ConfigResource_t* resource) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr || std::string_view(rd_kafka_ConfigEntry_name(entries[i])) != kMarkName) continue;
    const std::string_view text(value);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (whole && number >> 32 == kMarkSign) return number;
  }
  return std::nullopt;
}

}  // namespace

Status create_topic(const Address& address, const std::string& topic, int partitions, int timeout_ms,
                    const std::string& run_id) {
  FRESHET_ASSIGN(auto client, make_client(RD_KAFKA_PRODUCER, address, {}, {}));
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  Status made = create(client.get(), address, topic, partitions, timeout_ms, run_id, code);
  if (!run_id.empty() && (code == RD_KAFKA_RESP_ERR_INVALID_CONFIG || code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION)) {
    made = create(client.get(), address, topic, partitions, timeout_ms, "", code);
  }
  if (made.ok()) await_listing(client.get(), address, topic, true, timeout_ms);
  return made;
}

std::uint64_t mark_of(const std::string& run_id) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char letter : run_id) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return kMarkSign << 32 | hash;
}

Result<std::optional<std::map<std::string, std::uint64_t>>> marks(const Address& address,
                                                                  const std::vector<std::string>& topics,
                                                                  int timeout_ms) {
  constexpr std::size_t kAtOnce = 500;
  FRESHET_ASSIGN(auto client, make_client(RD_KAFKA_PRODUCER, address, {}, {}));
  FRESHET_ASSIGN(const auto answers, has_controller(client.get(), address, timeout_ms));
  if (!answers) return std::optional<std::map<std::string, std::uint64_t>>();
  std::map<std::string, std::uint64_t> marked;
  for (std::size_t first = 0; first < topics.size(); first += kAtOnce) {
    std::vector<std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>> resources;
    std::vector<rd_kafka_ConfigResource_t*> list;
    for (std::size_t i = first; i < std::min(topics.size(), first + kAtOnce); ++i) {
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i].c_str()));
      list.push_back(resources.back().get());
    }
    AdminRequest request(client.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    rd_kafka_DescribeConfigs(client.get(), list.data(), list.size(), request.options.get(), request.queue.get());
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    const auto event = request.event(address, "describe topics", code);
    if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) return std::optional<std::map<std::string, std::uint64_t>>();
    if (!event.ok()) return event.error();
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** told =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.value().get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      // A topic that we may not inspect, or that has been deleted meanwhile, is not ours.
      if (rd_kafka_ConfigResource_error(told[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      if (const auto mark = read_mark(told[i])) marked[rd_kafka_ConfigResource_name(told[i])] = *mark;
    }
  }
  return std::optional(std::move(marked));
}

Result<bool> delete_marked_topic(const Address& address, const std::string& topic, std::uint64_t mark, int timeout_ms) {
  FRESHET_ASSIGN(const auto found, marks(address, {topic}, timeout_ms));
  if (!found || !found->contains(topic) || found->at(topic) != mark) return false;
  FRESHET_TRY(delete_topic(address, topic, timeout_ms));
  return true;
}

Status delete_topic(const Address& address, const std::string& topic, int timeout_ms) {
  FRESHET_ASSIGN(auto client, make_client(RD_KAFKA_PRODUCER, address, {}, {}));
  const std::unique_ptr<rd_kafka_DeleteTopic_t, Destroy<rd_kafka_DeleteTopic_destroy>> unwanted(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  AdminRequest request(client.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
  rd_kafka_DeleteTopic_t* list[] = {unwanted.get()};
  rd_kafka_DeleteTopics(client.get(), list, 1, request.options.get(), request.queue.get());
  const auto results = [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count);
  };
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  FRESHET_TRY(request.answer(address, "delete topic " + topic, results, code));
  await_listing(client.get(), address, topic, false, timeout_ms);
  return {};
}

}  // namespace freshet::kafka
