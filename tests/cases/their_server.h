// A user's own database server with one database, and runs on it.
#pragma once

#include <string>
#include <vector>

#include "cases/service.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet::cases {

class TheirServer : public testing::Test {
 protected:
  void SetUp() override {
    server_ = MariadbServer::start({}).value();
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  }

  mysql::Connection connect() {
    mysql::Address address;
    address.socket = server_->socket();
    address.user = "root";
    return std::move(mysql::Connection::open(address)).value();
  }
  void sql(const std::string& statement) {
    const Status done = connect().execute(statement);
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  std::vector<std::string> tables() {
    std::vector<std::string> names;
    const Status listed =
        connect().query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1",
                        [&](auto values) { names.emplace_back(values[0].value_or("")); });
    EXPECT_TRUE(listed.ok());
    return names;
  }
  std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL",
             "mysql://root:" + server_->tcp_password() + "@127.0.0.1:" + std::to_string(server_->port()) + "/shop"}};
  }
  /// `arguments` after the program's name; the folder of results is out.
  Said on_their_server(const std::string& arguments) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path() + "/out", ignored);
    return with_their_address(arguments + " --out out");
  }
  Said with_their_address(const std::string& arguments) {
    std::string before;
    for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
    return freshet(folder_, arguments, before);
  }

  Folder folder_;
  std::unique_ptr<MariadbServer> server_;
};

}  // namespace freshet::cases
