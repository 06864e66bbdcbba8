// SQL statements of freshet generate on a real server: they load, whatever is in the texts, and give the rows that
// --to mysql gives.
#include <gmock/gmock.h>

#include "app/freshet_process.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Every kind of column, keys that need quotes and change, and what a server or its clients may take for something
/// else.
constexpr const char* kOdd = R"json({
  "freshet": 1, "name": "odd", "seed": 3, "warm_up": "0s",
  "entities": {"order": {"key": {"id": {"sequence": "T'\\%d"}}, "fields": {
    "odd": {"choice": ["back\\slash", "quo'te", "dbl\"q", "new\nline", "cr\r", "tab\t", "sub\u001a", "Mü😀ll%er_", "", "NULL", "\\N",
                       "\\", "\\'", "a;-- b", "/*x*/", "end\\", "日本語, \"q\";\r\nzwei"]},
    "chars": {"null": "30%", "else": {"pattern": "[ -~]{0,40}"}},
    "whole": {"integer": [-5, 5]}, "money": {"decimal": ["-99.99", "99.99"]},
    "real": {"normal": {"mean": 0, "sd": 1000000}, "as": "double"},
    "day": {"between": ["1950-01-01", "2006-12-31"], "as": "date"}, "at": {"between": ["1950-01-01", "2006-12-31"]},
    "part": {"object": {"maybe": {"null": "50%", "else": {"integer": [1, 9]}}}},
    "items": {"list": {"uniform": [0, 3]}, "of": {"text": {"choice": ["a\\b", "q'\"", "😀"]}, "price": {"decimal": ["0.00", "1.00"]}}},
    "state": "state"},
    "life": {"one": {"after": {"exponential": "1s", "min": "50ms"}, "to": {"two": 3, "deleted": 1}},
             "two": {"key": "new", "after": "1s", "to": {"two": 1, "deleted": 1}}}}},
  "load": [{"entity": "order", "rate": "300/s", "for": "4s"}],
  "write": {"order": {"mysql": {"table": "order"}}},
  "connections": {"mysql": "${FRESHET_MYSQL}"}
})json";

class SqlStatements : public testing::Test {
 protected:
  SqlStatements() { server_ = MariadbServer::start({}).value(); }
  mysql::Connection connect(const std::string& database) const {
    mysql::Address address;
    address.socket = server_->socket();
    address.user = "root";
    address.database = database;
    return mysql::Connection::open(address).value();
  }
  static std::vector<std::string> rows(mysql::Connection session) {
    std::vector<std::string> found;
    const Status status = session.query("SELECT * FROM `order` ORDER BY `id`", [&](auto values) {
      std::string text;
      for (const auto& value : values) text += '|' + std::string(value.value_or("∅"));
      found.push_back(text);
    });
    EXPECT_TRUE(status.ok());
    return found;
  }

  std::unique_ptr<MariadbServer> server_;
  Folder folder_;
};

TEST_F(SqlStatements, GiveTheRowsThatWritingToTheServerGives) {
  for (const char* database : {"by_statements", "by_writing"}) {
    ASSERT_TRUE(connect("").execute(std::string("CREATE DATABASE ") + database).ok());
  }
  const std::string file = folder_.write("odd.json", kOdd);
  const Said statements = freshet(folder_, "generate " + file + " --format sql");
  ASSERT_EQ(statements.exit_code, 0) << statements.err;
  mysql::Connection session = connect("by_statements");
  std::size_t executed = 0;
  for (std::size_t begin = 0, end = 0; begin < statements.out.size(); begin = end + 2) {
    end = statements.out.find(";\n", begin);
    ASSERT_NE(end, std::string::npos) << "a line that is no statement";
    const Status status = session.execute(statements.out.substr(begin, end - begin));
    ASSERT_TRUE(status.ok()) << statements.out.substr(begin, end - begin) << ": " << status.error().message;
    ++executed;
  }
  EXPECT_GT(executed, 2'000U);
  const Said written = freshet(folder_, "generate " + file + " --to mysql",
                               "FRESHET_MYSQL='mysql://root@localhost/by_writing?socket=" + server_->socket() + "'");
  ASSERT_EQ(written.exit_code, 0) << written.err;
  const std::vector<std::string> rows_written = rows(connect("by_writing"));
  EXPECT_THAT(rows_written, SizeIs(testing::Gt(500U)));
  EXPECT_THAT(rows_written, testing::Contains(AllOf(HasSubstr("|T'\\1"), HasSubstr("|日本語, \"q\";\r\nzwei|"))));
  EXPECT_EQ(rows(connect("by_statements")), rows_written);
  ASSERT_TRUE(session.execute("UPDATE `order` SET `odd` = CONCAT(`odd`, ' ') LIMIT 1").ok());
  EXPECT_NE(rows(connect("by_statements")), rows_written) << "the control";
}

}  // namespace
}  // namespace freshet
