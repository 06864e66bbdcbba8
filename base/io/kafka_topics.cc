// Topics: which exist, making and dropping them.
#include <array>

#include "base/io/kafka_client.h"

namespace freshet::kafka {

namespace {

struct DestroyReplies {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct DestroyOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct DestroyNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct DestroyDeleteTopic {
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
};

// One administrative request about one topic, and its answer.
class AdminRequest {
 public:
  AdminRequest(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms)
      : queue(rd_kafka_queue_new(client)),
        options(rd_kafka_AdminOptions_new(client, operation)),
        timeout_ms_(timeout_ms) {
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, text.data(), text.size());
    // The controller answers when the topic is there (or gone), not when it has taken note.
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, text.data(), text.size());
  }

  // `results` reads the topics out of the event.
  template <typename Results>
  Status answer(const Address& address, const std::string& what, const Results& results) {
    const std::unique_ptr<rd_kafka_event_t, DestroyEvent> event(rd_kafka_queue_poll(queue.get(), timeout_ms_ + 1'000));
    if (!event) return unreachable(address, what + ": no answer");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return unreachable(address, what + ": " + rd_kafka_event_error_string(event.get()));
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t* const* topics = results(event.get(), &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (rd_kafka_topic_result_error(topics[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* text = rd_kafka_topic_result_error_string(topics[i]);
      const std::string reason = text != nullptr ? text : rd_kafka_err2str(rd_kafka_topic_result_error(topics[i]));
      return Error{ErrorKind::Usage, "Kafka at " + address.bootstrap + ": " + what + ": " + reason, ""};
    }
    return {};
  }

  const std::unique_ptr<rd_kafka_queue_t, DestroyReplies> queue;
  const std::unique_ptr<rd_kafka_AdminOptions_t, DestroyOptions> options;

 private:
  const int timeout_ms_;
};

void keep_text(rd_kafka_t*, int, const char* text, void* owner) { *static_cast<std::string*>(owner) = text; }

}  // namespace

Result<std::map<std::string, int>> topics(const Address& address, int timeout_ms) {
  std::string trouble;
  Result<Client> client = make_client(RD_KAFKA_PRODUCER, address, {}, {.owner = &trouble, .on_error = keep_text});
  if (!client.ok()) return client.error();
  Result<std::map<std::string, int>> found = list_topics(client->get(), address, timeout_ms);
  if (found.ok()) return found;
  // The request knows only that time ran out; the connection knows why.
  rd_kafka_poll(client->get(), 0);
  return trouble.empty() ? found.error() : unreachable(address, trouble);
}

Status create_topic(const Address& address, const std::string& topic, int partitions, int timeout_ms) {
  constexpr int kBrokersDefault = -1;
  Result<Client> client = make_client(RD_KAFKA_PRODUCER, address, {}, {});
  if (!client.ok()) return client.error();
  std::array<char, 512> text{};
  const std::unique_ptr<rd_kafka_NewTopic_t, DestroyNewTopic> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, kBrokersDefault, text.data(), text.size()));
  if (!wanted) return Error{ErrorKind::Usage, "topic " + topic + ": " + text.data(), ""};
  AdminRequest request(client->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
  rd_kafka_NewTopic_t* list[] = {wanted.get()};
  rd_kafka_CreateTopics(client->get(), list, 1, request.options.get(), request.queue.get());
  return request.answer(address, "create topic " + topic, [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count);
  });
}

Status delete_topic(const Address& address, const std::string& topic, int timeout_ms) {
  Result<Client> client = make_client(RD_KAFKA_PRODUCER, address, {}, {});
  if (!client.ok()) return client.error();
  const std::unique_ptr<rd_kafka_DeleteTopic_t, DestroyDeleteTopic> unwanted(rd_kafka_DeleteTopic_new(topic.c_str()));
  AdminRequest request(client->get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
  rd_kafka_DeleteTopic_t* list[] = {unwanted.get()};
  rd_kafka_DeleteTopics(client->get(), list, 1, request.options.get(), request.queue.get());
  return request.answer(address, "delete topic " + topic, [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count);
  });
}

}  // namespace freshet::kafka
