// A private server with a log, a writer's connection, and a reader whose end of reading is a marker, not a pause.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clients/mysql/mysql.h"
#include "pipeline/capture/mysql/binlog_reader.h"
#include "servers/mariadb_server.h"

namespace freshet {

/// "t insert id=1 n=∅": what a change says, values in canonical text. Absent images are left out.
inline std::string values_of(const Row& row, const RecordType& record) {
  std::string text;
  for (std::size_t i = 0; i < record.width(); ++i) {
    text += " " + record.columns[i].name + "=";
    append_text(row, row.cells[i], record.columns[i].type, text);
  }
  return text;
}

inline std::string text_of(const RowChange& change) {
  std::string text = change.table->name + " " + name_of(change.operation);
  if (change.operation != Operation::Insert) text += " from" + values_of(change.before, change.table->record);
  if (change.operation != Operation::Delete) text += " to" + values_of(change.after, change.table->record);
  return text;
}

inline std::vector<std::string> texts_of(const std::vector<RowChange>& changes) {
  std::vector<std::string> texts;
  for (const RowChange& change : changes) texts.push_back(text_of(change));
  return texts;
}

class BinlogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = MariadbServer::start({}).value();
    sql("CREATE DATABASE d");
    address_.database = "d";
    reconnect();
    sql("CREATE TABLE mark (n INT PRIMARY KEY)");
    sql("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(20))");
    sql("CREATE TABLE other (id INT PRIMARY KEY)");
  }

  void reconnect() {
    address_.socket = server_->socket();
    address_.user = "root";
    auto connection = mysql::Connection::open(address_);
    ASSERT_TRUE(connection.ok()) << connection.error().message;
    connection_.emplace(std::move(connection).value());
  }

  void sql(const std::string& statement) {
    if (!connection_) reconnect();
    const Status status = connection_->execute(statement);
    ASSERT_TRUE(status.ok()) << status.error().message << "\n" << statement.substr(0, 500);
  }

  std::string scalar(const std::string& query) {
    auto value = connection_->scalar(query);
    EXPECT_TRUE(value.ok()) << query;
    return value.ok() ? *value : "";
  }

  [[nodiscard]] BinlogReader::Options options(std::vector<std::string> tables = {"t"}) const {
    BinlogReader::Options options;
    options.address = address_;
    for (std::string& table : tables) options.tables.emplace_back("d", std::move(table));
    options.tables.emplace_back("d", "mark");
    options.heartbeat_ms = 50;
    return options;
  }

  static std::unique_ptr<BinlogReader> open(const BinlogReader::Options& options) {
    auto reader = BinlogReader::open(options);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    return reader.ok() ? std::move(reader).value() : nullptr;
  }

  /// All changes of our tables up to now: up to a marker that is written now. An error is a failure.
  std::vector<RowChange> read(BinlogReader& reader) {
    sql("INSERT INTO mark VALUES (" + std::to_string(++marks_) + ")");
    std::vector<RowChange> changes;
    for (;;) {
      const Status status = reader.next(changes);
      EXPECT_TRUE(status.ok()) << status.error().message;
      if (!status.ok()) return changes;
      if (changes.empty() || changes.back().table->name != "mark") continue;
      const bool last = changes.back().after.cells[0].number == marks_;
      changes.pop_back();
      if (last) return changes;
    }
  }

  /// The error at which reading ends; reads up to the marker at most.
  std::optional<Error> read_error(BinlogReader& reader) {
    sql("INSERT INTO mark VALUES (" + std::to_string(++marks_) + ")");
    std::vector<RowChange> changes;
    while (changes.empty() || changes.back().table->name != "mark") {
      const Status status = reader.next(changes);
      if (!status.ok()) return status.error();
    }
    return std::nullopt;
  }

  std::unique_ptr<MariadbServer> server_;
  mysql::Address address_;
  std::optional<mysql::Connection> connection_;
  int marks_ = 0;
};

}  // namespace freshet
