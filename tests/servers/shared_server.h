// One private MariaDB server for all tests of this program that need one, with a fresh database for each test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet::fixture {

inline MariadbServer& shared_server() {
  static const std::unique_ptr<MariadbServer> kServer = MariadbServer::start({}).value();
  return *kServer;
}

/// A session on an empty database of its own.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : ServerTest(shared_server()) {}
  explicit ServerTest(MariadbServer& server) {
    address_.socket = server.socket();
    address_.user = "root";
    static int databases = 0;
    const std::string name = "freshet_" + std::to_string(++databases);
    execute("CREATE DATABASE " + name);
    address_.database = name;
  }

  [[nodiscard]] mysql::Connection connect() const { return mysql::Connection::open(address_).value(); }
  void execute(const std::string& sql) const {
    const Status status = connect().execute(sql);
    EXPECT_TRUE(status.ok()) << sql << ": " << status.error().message;
  }
  [[nodiscard]] std::string scalar(const std::string& sql) const {
    const auto value = connect().scalar(sql);
    EXPECT_TRUE(value.ok()) << sql << ": " << value.error().message;
    return value.ok() ? value.value() : "";
  }
  /// Every row, its values joined by "|" ("∅" for null).
  [[nodiscard]] std::vector<std::string> rows(const std::string& sql) const {
    std::vector<std::string> found;
    const Status status = connect().query(sql, [&](auto values) {
      std::string text;
      for (const auto& value : values) text += (text.empty() ? "" : "|") + std::string(value.value_or("∅"));
      found.push_back(text);
    });
    EXPECT_TRUE(status.ok()) << sql << ": " << status.error().message;
    return found;
  }

  mysql::Address address_;
};

}  // namespace freshet::fixture
