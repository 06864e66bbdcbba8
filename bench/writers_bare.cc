// The bare clients: Connector/C and librdkafka as their manuals use them, on what was rendered before. Nothing of ours
// is between them and the wire.
#include <librdkafka/rdkafka.h>
#include <mysql.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "writers_reference.h"

namespace freshet::bench {

namespace {

/// One parameter of the insert for the rows of one execution, in the layout of Connector/C's bulk API.
struct Column {
  bool text = false;
  enum_field_types type = MYSQL_TYPE_STRING;
  std::vector<std::int64_t> numbers;
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
  std::vector<unsigned long> lengths;
  std::vector<char> indicators;

  explicit Column(Kind kind) {
    if (kind == Kind::Integer || kind == Kind::Boolean) type = MYSQL_TYPE_LONGLONG;
    if (kind == Kind::Double) type = MYSQL_TYPE_DOUBLE;
    text = type == MYSQL_TYPE_STRING;
  }
  void add(const Row& row, const Cell& cell, const ColumnType& column) {
    indicators.push_back(cell.kind == Kind::Null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
    if (!text) return numbers.push_back(cell.number);
    std::string& rendered = texts.emplace_back();
    if (cell.kind == Kind::Decimal) append_decimal(cell.number, column.scale, rendered);
    if (cell.kind == Kind::Time) append_sql_time(cell.number, rendered);
    if (cell.kind == Kind::Text) rendered = row.text_of(cell);
    if (cell.kind == Kind::List) append_json(row, cell, column, rendered);
  }
  void bind(MYSQL_BIND& bind) {
    pointers.clear();
    lengths.clear();
    for (const std::string& rendered : texts) {
      pointers.push_back(rendered.data());
      lengths.push_back(rendered.size());
    }
    bind.buffer_type = type;
    bind.buffer = text ? static_cast<void*>(pointers.data()) : numbers.data();
    bind.length = text ? lengths.data() : nullptr;
    bind.u.indicator = indicators.data();
  }
};

/// The rows of one transaction.
struct Chunk {
  unsigned rows = 0;
  std::vector<Column> columns;
  std::vector<MYSQL_BIND> binds;
};

std::vector<Chunk> chunks_of(const Inserts& inserts, std::size_t in_transaction) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < inserts.rows.size(); ++i) {
    if (i % in_transaction == 0) {
      Chunk& chunk = chunks.emplace_back();
      for (const auto& column : inserts.columns) chunk.columns.emplace_back(column.type.kind);
    }
    Chunk& chunk = chunks.back();
    ++chunk.rows;
    for (std::size_t c = 0; c < inserts.columns.size(); ++c) {
      const auto& column = inserts.columns[c];
      chunk.columns[c].add(inserts.rows[i], inserts.rows[i].cells[static_cast<std::size_t>(column.cell)], column.type);
    }
  }
  for (Chunk& chunk : chunks) {
    chunk.binds.resize(chunk.columns.size());
    for (std::size_t c = 0; c < chunk.columns.size(); ++c) chunk.columns[c].bind(chunk.binds[c]);
  }
  return chunks;
}

struct CloseSession {
  void operator()(MYSQL* session) const { mysql_close(session); }
};
struct CloseStatement {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};

struct Lane {
  std::unique_ptr<MYSQL, CloseSession> session;
  std::unique_ptr<MYSQL_STMT, CloseStatement> statement;
  std::vector<Chunk> chunks;
};

Status open_lane(const mysql::Address& address, const Inserts& inserts, Lane& lane) {
  lane.session.reset(mysql_init(nullptr));
  MYSQL* session = lane.session.get();
  if (mysql_real_connect(session, "localhost", address.user.c_str(), address.password.c_str(), address.database.c_str(),
                         0, address.socket.c_str(), 0) == nullptr ||
      mysql_set_character_set(session, "utf8mb4") != 0 || mysql_autocommit(session, 0) != 0) {
    return Error{ErrorKind::Unreachable, mysql_error(session), ""};
  }
  lane.statement.reset(mysql_stmt_init(session));
  if (mysql_stmt_prepare(lane.statement.get(), inserts.sql.data(), inserts.sql.size()) == 0) return {};
  return Error{ErrorKind::Internal, mysql_stmt_error(lane.statement.get()), ""};
}

Status insert_all(Lane& lane) {
  MYSQL_STMT* statement = lane.statement.get();
  for (Chunk& chunk : lane.chunks) {
    if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &chunk.rows) != 0 ||
        mysql_stmt_bind_param(statement, chunk.binds.data()) != 0 || mysql_stmt_execute(statement) != 0) {
      return Error{ErrorKind::Internal, mysql_stmt_error(statement), ""};
    }
    if (mysql_commit(lane.session.get()) != 0) {
      return Error{ErrorKind::Internal, mysql_error(lane.session.get()), ""};
    }
  }
  return {};
}

/// What the producer's thread counts.
struct Delivered {
  std::atomic<std::int64_t> all = 0;
  std::atomic<std::int64_t> failed = 0;
};

void take_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* delivered = static_cast<Delivered*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++delivered->failed;
  ++delivered->all;
}

struct DestroyProducer {
  void operator()(rd_kafka_t* producer) const { rd_kafka_destroy(producer); }
};
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using BareProducer = std::unique_ptr<rd_kafka_t, DestroyProducer>;

/// With the settings of our own writer: acks=all, idempotent, the same linger, the same partitions, the same queue.
BareProducer open_producer(const kafka::Address& address, Delivered& delivered) {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  std::map<std::string, std::string> values = {{"bootstrap.servers", address.bootstrap},
                                               {"enable.idempotence", "true"},
                                               {"acks", "all"},
                                               {"linger.ms", "3"},
                                               {"partitioner", "murmur2_random"},
                                               {"queue.buffering.max.kbytes", "262144"},
                                               {"queue.buffering.max.messages", "1000000"}};
  for (const auto& [name, value] : address.properties) values[name] = value;
  for (const auto& [name, value] : values) rd_kafka_conf_set(settings, name.c_str(), value.c_str(), nullptr, 0);
  rd_kafka_conf_set_opaque(settings, &delivered);
  rd_kafka_conf_set_dr_msg_cb(settings, take_report);
  return BareProducer(rd_kafka_new(RD_KAFKA_PRODUCER, settings, nullptr, 0));
}

/// rd_kafka_produce has no headers; this is the call that has.
bool produce_one(rd_kafka_t* producer, rd_kafka_topic_t* topic, const Message& message) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const rd_kafka_resp_err_t code = rd_kafka_producev(
      producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()), message.value.size()),
      RD_KAFKA_V_KEY(const_cast<char*>(message.key.data()), message.key.size()), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

Result<Work> bulk_insert(const mysql::Address& address, const std::vector<Inserts>& inserts,
                         std::size_t in_transaction) {
  std::vector<Lane> lanes(inserts.size());
  Work work;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    FRESHET_TRY(open_lane(address, inserts[i], lanes[i]));
    lanes[i].chunks = chunks_of(inserts[i], in_transaction);
    work.rows += static_cast<std::int64_t>(inserts[i].rows.size());
  }
  std::vector<Status> ends(lanes.size());
  const SystemClock clock;
  const double cpu = own_cpu_s();
  const Instant began = clock.now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < lanes.size(); ++i) threads.emplace_back([&, i] { ends[i] = insert_all(lanes[i]); });
  }
  work.seconds = static_cast<double>((clock.now() - began).count()) / 1e9;
  work.client_cpu_s = own_cpu_s() - cpu;
  for (const Status& end : ends) FRESHET_TRY(end);
  return work;
}

Result<Work> produce(const kafka::Address& address, const std::string& topic, const std::vector<Message>& messages,
                     int threads) {
  constexpr int kPatienceMs = 60'000;
  Delivered delivered;
  const BareProducer producer = open_producer(address, delivered);
  if (!producer) return Error{ErrorKind::Unreachable, "no bare producer", ""};
  Work work;
  work.rows = static_cast<std::int64_t>(messages.size());
  const SystemClock clock;
  const double cpu = own_cpu_s();
  const Instant began = clock.now();
  {
    const std::unique_ptr<rd_kafka_topic_t, DestroyTopic> handle(
        rd_kafka_topic_new(producer.get(), topic.c_str(), nullptr));
    // As in every program that does not poll while it produces: a thread that takes the reports.
    std::jthread poller([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) rd_kafka_poll(producer.get(), 100);
    });
    {
      std::vector<std::jthread> senders;
      const auto step = static_cast<std::size_t>(threads);
      for (std::size_t first = 0; first < step; ++first) {
        senders.emplace_back([&, first] {
          for (std::size_t i = first; i < messages.size(); i += step) {
            if (!produce_one(producer.get(), handle.get(), messages[i])) ++delivered.failed;
          }
        });
      }
    }
    rd_kafka_flush(producer.get(), kPatienceMs);
  }
  work.seconds = static_cast<double>((clock.now() - began).count()) / 1e9;
  work.client_cpu_s = own_cpu_s() - cpu;
  if (delivered.failed > 0 || delivered.all != work.rows) {
    return Error{ErrorKind::Unreachable, "the reference lost messages", ""};
  }
  return work;
}

}  // namespace freshet::bench
