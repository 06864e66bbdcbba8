#include "e2e_reference.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/recycled.h"
#include "clients/kafka/kafka.h"
#include "generator/schedule/schedule.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/targets.h"
#include "pipeline/capture/mysql/binlog_reader.h"
#include "pipeline/native/pipeline.h"
#include "pipeline/sink/sink_tables.h"
#include "pipeline/state/memory/memory_state.h"
#include "pipeline/views/view_graph.h"
#include "scenarios/tables/sql_names.h"
#include "servers/kafka_broker.h"
#include "servers/mariadb_server.h"

namespace freshet::bench {

namespace {

constexpr const char* kSourceDatabase = "freshet";
constexpr const char* kSinkDatabase = "freshet_sink";
constexpr const char* kEndMark = "end_mark";
constexpr int kLanes = 2;
/// Changes that are rendered, then written, at a time.
constexpr std::size_t kChunk = 20'000;
/// Rows of a transaction: where the bulk API stops getting cheaper.
constexpr std::size_t kBatch = 500;
constexpr int kFlushMs = 30'000;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double process_cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double thread_cpu_s() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// A row on its way into a table.
struct Write {
  const TableStatement* statement = nullptr;
  Row row;
};

/// A connection and what it has to write, in order.
struct Lane {
  mysql::Connection connection;
  std::vector<const TableStatement*> statements;  ///< in the order that keeps the versions of a row in order
  Recycled<Write> writes;
  std::vector<const Row*> rows;

  Status write_all() {
    const std::span<Write> all = writes.items();
    for (std::size_t from = 0; from < all.size(); from += kBatch) {
      FRESHET_TRY(commit(all.subspan(from, std::min(kBatch, all.size() - from))));
    }
    writes.clear();
    return {};
  }

 private:
  Status commit(std::span<const Write> batch) {
    FRESHET_TRY(connection.execute("BEGIN"));
    for (const TableStatement* statement : statements) {
      rows.clear();
      for (const Write& write : batch) {
        if (write.statement == statement) rows.push_back(&write.row);
      }
      if (!rows.empty()) FRESHET_TRY(connection.bulk(statement->sql, statement->columns, rows));
    }
    return connection.execute("COMMIT");
  }
};

struct Message {
  std::string topic;
  std::string key;
  std::string value;
};

/// The table of a view, written without a condition.
struct ViewTable {
  TableStatement upsert;
  TableStatement erase;
};

ViewTable view_table(const Scenario& scenario, const View& view, const std::string& table) {
  const RecordType stored = stored_record(scenario, view);
  ViewTable result;
  std::string columns, marks, assignments, condition;
  const auto join = [](std::string& list, const char* separator, const std::string& item) {
    list += (list.empty() ? "" : separator) + item;
  };
  for (std::size_t i = 0; i < stored.width(); ++i) {
    const std::string name = mysql::column_identifier(stored.columns[i].name);
    const bool in_key = std::find(view.key.begin(), view.key.end(), ColumnIndex{i}) != view.key.end();
    join(columns, ", ", name);
    join(marks, ", ", "?");
    result.upsert.columns.push_back({static_cast<int>(i), stored.columns[i].type});
    if (!in_key) join(assignments, ", ", name + " = VALUES(" + name + ")");
    if (!in_key) continue;
    join(condition, " AND ", name + " = ?");
    result.erase.columns.push_back({static_cast<int>(i), stored.columns[i].type});
  }
  const std::string quoted = mysql::identifier(table);
  result.upsert.sql =
      "INSERT INTO " + quoted + " (" + columns + ") VALUES (" + marks + ") ON DUPLICATE KEY UPDATE " + assignments;
  result.erase.sql = "DELETE FROM " + quoted + " WHERE " + condition;
  return result;
}

class Reference {
 public:
  Reference(const Scenario& scenario, const RunIdentity& identity)
      : scenario_(scenario), identity_(identity), model_(make_model(scenario, identity)) {}

  Status open() {
    FRESHET_TRY(open_servers());
    FRESHET_TRY(open_sources());
    FRESHET_TRY(open_sinks());
    return open_readers();
  }

  Result<ReferenceRun> run() {
    std::vector<Change> first;  // before the schedule
    reference_changes(scenario_, *model_, first);
    canary_changes(scenario_, *model_, first);
    const auto schedule = make_schedule(scenario_, *model_, identity_, 0, 1);
    ReferenceRun result;
    const double cpu_before = process_cpu_s() - thread_cpu_s();
    const double server_before = server_->cost().cpu_s;
    std::size_t at = 0;
    for (bool more = true; more;) {
      std::size_t taken = 0;
      for (Change change; taken < kChunk && more; ++taken) {
        if (at < first.size()) {
          change = first[at++];
        } else if (!schedule->next(change)) {
          more = false;
          break;
        }
        result.changes += render(change);
      }
      result.sink_rows += rendered_sink_rows();
      const Instant began = clock_.now();
      FRESHET_TRY(write_chunk());
      if (!more) FRESHET_TRY(finish_readers());
      result.seconds += static_cast<double>((clock_.now() - began).count()) / 1e9;
    }
    // The main thread renders, and waits while the others write.
    result.client_cpu_s = process_cpu_s() - thread_cpu_s() - cpu_before;
    result.server_cpu_s = server_->cost().cpu_s - server_before;
    return result;
  }

 private:
  Status open_servers() {
    MariadbServer::Options options;
    options.binlog_ignore_database = kSinkDatabase;
    auto server = MariadbServer::start(options);
    if (!server.ok()) return server.error();
    server_ = std::move(*server);
    address_.socket = server_->socket();
    address_.user = "root";
    auto connection = mysql::Connection::open(address_);
    if (!connection.ok()) return connection.error();
    for (const char* database : {kSourceDatabase, kSinkDatabase}) {
      FRESHET_TRY(connection->execute(std::string("CREATE DATABASE ") + database +
                                      " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
    }
    auto broker = kafka::EmbeddedBroker::start();
    if (!broker.ok()) return broker.error();
    broker_ = std::move(*broker);
    auto producer = kafka::Producer::open(broker_->address(), [](const kafka::Producer::Delivery&) {});
    if (!producer.ok()) return producer.error();
    producer_ = std::move(*producer);
    return {};
  }

  Result<mysql::Connection> connect(const char* database) const {
    mysql::Address address = address_;
    address.database = database;
    return mysql::Connection::open(address);
  }

  Status open_sources() {
    for (int i = 0; i < kLanes; ++i) {
      auto connection = connect(kSourceDatabase);
      if (!connection.ok()) return connection.error();
      lanes_.push_back({std::move(*connection), {}, {}, {}});
    }
    mysql::Connection& any = lanes_.front().connection;
    FRESHET_TRY(any.execute(std::string("CREATE TABLE ") + kEndMark + " (id INT PRIMARY KEY)"));
    for (const WriteTarget& write : scenario_.write) {
      const Entity& entity = scenario_.entity(write.entity);
      if (const auto* target = std::get_if<KafkaTarget>(&write.target)) {
        FRESHET_TRY(broker_->create_topic(target->topic, target->partitions));
        topics_[write.entity] = target;
        continue;
      }
      const std::string& table = std::get<MysqlTarget>(write.target).table;
      FRESHET_TRY(any.execute(create_table_sql(entity, table, "reference")));
      tables_[write.entity] = table_statements(entity, table);
    }
    for (Lane& lane : lanes_) {
      for (const auto& [entity, table] : tables_) lane.statements.push_back(&table.insert);
      for (const auto& [entity, table] : tables_) lane.statements.push_back(&table.update);
      for (const auto& [entity, table] : tables_) lane.statements.push_back(&table.erase);
    }
    return {};
  }

  Status open_sinks() {
    std::vector<ViewId> views;
    sinks_.resize(scenario_.views.size());
    for (const Observe& observe : scenario_.observe) {
      auto connection = connect(kSinkDatabase);
      if (!connection.ok()) return connection.error();
      const View& view = scenario_.view(observe.view);
      FRESHET_TRY(connection->execute(create_view_sql(scenario_, view, observe.table, "reference")));
      ViewTable& table = view_tables_.emplace_back(view_table(scenario_, view, observe.table));
      sinks_[index_of(observe.view)] =
          std::make_unique<Lane>(Lane{std::move(*connection), {&table.upsert, &table.erase}, {}, {}});
      sink_tables_[index_of(observe.view)] = &table;
      views.push_back(observe.view);
    }
    graph_ = std::make_unique<ViewGraph>(scenario_, views, state_, [this](const ViewDelta& delta) {
      const ViewTable& table = *sink_tables_.at(delta.view);
      Write& write = sinks_[delta.view]->writes.add();
      write.statement = delta.deleted ? &table.erase : &table.upsert;
      std::swap(write.row, delta.row->row);
    });
    return {};
  }

  Status open_readers() {
    BinlogReader::Options options;
    options.address = address_;
    options.address.database = kSourceDatabase;
    options.tables = {{kSourceDatabase, kEndMark}};  // everything else is fetched and dropped
    auto reader = BinlogReader::open(options);
    if (!reader.ok()) return reader.error();
    auto consumer = kafka::Consumer::open(broker_->address());
    if (!consumer.ok()) return consumer.error();
    std::vector<std::string> names;
    for (const auto& [entity, topic] : topics_) names.push_back(topic->topic);
    FRESHET_TRY((*consumer)->assign(names, kafka::Consumer::From::Beginning, kFlushMs));
    readers_.emplace_back([this, reader = std::move(*reader)](const std::stop_token& stop) {
      binlog_read_ = read_binlog(*reader, stop);
    });
    readers_.emplace_back([this, consumer = std::move(*consumer)](const std::stop_token& stop) {
      topics_read_ = read_topics(*consumer, stop);
    });
    return {};
  }

  static Status read_binlog(BinlogReader& reader, const std::stop_token& stop) {
    std::vector<RowChange> end;
    while (end.empty() && !stop.stop_requested()) FRESHET_TRY(reader.next(end));
    return {};
  }

  Status read_topics(kafka::Consumer& consumer, const std::stop_token& stop) {
    constexpr int kPollMs = 50;
    constexpr int kMost = 256;
    std::int64_t consumed = 0;
    while (!stop.stop_requested() && !(all_produced_ && consumed >= produced_)) {
      const auto polled = consumer.poll(kPollMs, kMost, [](const kafka::Consumer::Message&) {});
      FRESHET_TRY(polled);
      consumed += polled.value();
    }
    return {};
  }

  /// 1 when the change is written somewhere, else 0.
  int render(const Change& change) {
    const auto table = tables_.find(change.entity);
    const auto topic = topics_.find(change.entity);
    if (table == tables_.end() && topic == topics_.end()) return 0;
    const Entity& entity = scenario_.entity(change.entity);
    model_->row(change.entity, change.ordinal, change.version, row_);
    const bool gone = change.operation == Operation::Delete;
    if (graph_->reads(change.entity) && gone) {
      key_.clear();
      append_text(row_, row_.cells[0], entity.record.columns[0].type, key_);
      graph_->erase(change.entity, key_);
    } else if (graph_->reads(change.entity)) {
      graph_->upsert(change.entity, row_);
    }
    if (topic != topics_.end()) {
      Message& message = messages_.add();
      message.topic = topic->second->topic;
      message.key.clear();
      message.value.clear();
      const ColumnIndex key = topic->second->key_column;
      append_text(row_, row_[key], entity.record[key].type, message.key);
      if (!gone) append_json_object(row_, 0, entity.record, message.value);
      return 1;
    }
    Lane& lane = lanes_[static_cast<std::size_t>(lane_of(change.root, scenario_.root_of(change.entity), kLanes))];
    Write& write = lane.writes.add();
    write.statement = gone                                    ? &table->second.erase
                      : change.operation == Operation::Update ? &table->second.update
                                                              : &table->second.insert;
    std::swap(write.row, row_);
    return 1;
  }

  [[nodiscard]] std::int64_t rendered_sink_rows() const {
    std::size_t rows = 0;
    for (const auto& sink : sinks_) rows += sink ? sink->writes.size() : 0;
    return static_cast<std::int64_t>(rows);
  }

  Status send_messages() {
    for (const Message& message : messages_.items()) {
      FRESHET_TRY(producer_->produce({message.topic, message.key, message.value, message.value.empty(), 0}));
    }
    produced_ += static_cast<std::int64_t>(messages_.size());
    messages_.clear();
    if (producer_->flush(kFlushMs) == 0) return {};
    return Error{ErrorKind::Unreachable, "the embedded broker did not take all messages", ""};
  }

  Status write_chunk() {
    std::deque<Status> outcomes;
    {
      std::vector<std::jthread> threads;
      const auto start = [&](auto work) {
        Status& outcome = outcomes.emplace_back();
        threads.emplace_back([&outcome, work] { outcome = work(); });
      };
      for (Lane& lane : lanes_) start([&lane] { return lane.write_all(); });
      for (const auto& sink : sinks_) {
        if (sink) start([&sink] { return sink->write_all(); });
      }
      start([this] { return send_messages(); });
    }
    for (const Status& outcome : outcomes) FRESHET_TRY(outcome);
    return {};
  }

  /// Waits until the readers have all that was written.
  Status finish_readers() {
    FRESHET_TRY(lanes_.front().connection.execute(std::string("INSERT INTO ") + kEndMark + " VALUES (1)"));
    all_produced_ = true;
    for (std::jthread& reader : readers_) reader.join();
    FRESHET_TRY(binlog_read_);
    return topics_read_;
  }

  const Scenario& scenario_;
  const RunIdentity identity_;
  SystemClock clock_;
  std::unique_ptr<const Rows> model_;
  std::unique_ptr<MariadbServer> server_;
  std::unique_ptr<kafka::EmbeddedBroker> broker_;
  mysql::Address address_;
  std::unique_ptr<kafka::Producer> producer_;
  std::map<EntityId, TableStatements> tables_;
  std::map<EntityId, const KafkaTarget*> topics_;
  std::deque<Lane> lanes_;
  std::deque<ViewTable> view_tables_;
  std::map<std::size_t, const ViewTable*> sink_tables_;  ///< by view
  std::vector<std::unique_ptr<Lane>> sinks_;             ///< by view
  MemoryState state_;
  std::unique_ptr<ViewGraph> graph_;
  Recycled<Message> messages_;
  Row row_;
  std::string key_;
  std::atomic<std::int64_t> produced_ = 0;
  std::atomic<bool> all_produced_ = false;
  Status binlog_read_, topics_read_;
  std::vector<std::jthread> readers_;
};

}  // namespace

Result<ReferenceRun> run_reference(const Scenario& scenario, const RunIdentity& identity) {
  Reference reference(scenario, identity);
  FRESHET_TRY(reference.open());
  return reference.run();
}

}  // namespace freshet::bench
