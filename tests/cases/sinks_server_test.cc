// What others' tables taught: keys that differ by a space, servers with another engine by default, rows and keys that
// are too long, deletes that name no row, and texts that a terminal obeys.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "app/freshet_process.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kInputs = FRESHET_SOURCE_DIR "/tests/cases/inputs/";

/// A server whose defaults are none of ours, with a database for a run.
class OddServer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<fixture::OwnServer>(std::vector<std::string>{
        "--default-storage-engine=Aria", "--innodb-default-row-format=compact", "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_general_ci", "--log-bin=own-bin", "--server-id=7", "--binlog-format=ROW",
        "--binlog-row-image=FULL", "--binlog-row-metadata=FULL"});
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    ASSERT_TRUE(session->execute("CREATE OR REPLACE DATABASE shop").ok());
  }

  Said run(const std::string& input, const std::string& more = "--out out", const std::string& user = "root") {
    const std::string url = "mysql://" + user + "@localhost/shop?socket=" + server_->address().socket;
    return freshet(folder_, "run " + kInputs + input + " " + more, "FRESHET_MYSQL='" + url + "'");
  }
  Said check(const std::string& input) { return freshet(folder_, "check " + kInputs + input); }

  Folder folder_;
  static std::unique_ptr<fixture::OwnServer> server_;
};
std::unique_ptr<fixture::OwnServer> OddServer::server_;

bool obeyed(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f'; });
}

TEST_F(OddServer, GroupsThatDifferByATrailingSpaceAreTwo) {
  const Said said = run("08-trailing-space-group.json", "--out out --set /load/0/for=3s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_EQ(result_of(folder_)["audit"]["per_city"]["wrong"], 0);
  EXPECT_GT(result_of(folder_)["audit"]["per_city"]["expected"], 3);
}

/// The tables are those of an external pipeline. The last case is the negative control: it lacks only a pipeline.
TEST_F(OddServer, ATableOfAnotherPipelineThatTakesTwoGroupsForOneIsRefused) {
  const auto with = [&](const std::string& collation) {
    auto session = mysql::Connection::open(server_->address());
    EXPECT_TRUE(session.ok());
    EXPECT_TRUE(session
                    ->execute("CREATE OR REPLACE TABLE shop.per_city (City VARCHAR(9) COLLATE " + collation +
                              ", window_start DATETIME(6), window_end DATETIME(6), n BIGINT, value DECIMAL(19,2), "
                              "PRIMARY KEY (City, window_start))")
                    .ok());
    EXPECT_TRUE(session->execute("DROP TABLE IF EXISTS shop.sales").ok());
    return run("08-trailing-space-group.json", "--out out --set /pipeline=external --canary 1s");
  };
  for (const char* collation : {"utf8mb4_general_ci", "utf8mb4_bin", "latin1_bin"}) {
    const Said said = with(collation);
    EXPECT_EQ(said.exit_code, 2) << collation << said.out << said.err;
    EXPECT_THAT(said.err, HasSubstr("\"Bonn \" and \"Bonn\" are the same there")) << said.err;
    EXPECT_THAT(said.err, HasSubstr(collation));
  }
  const Said said = with("utf8mb4_nopad_bin");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("not seen")) << said.err;
}

TEST_F(OddServer, TablesHaveTheEngineThatFreshetCountsOn) {
  const Said said = run("07-aria-sink.json", "--out out --set /load/0/for=2s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
}

TEST_F(OddServer, RowsTooWideForTheirTextsAreMadeNarrower) {
  for (const char* input : {"10-wide-table.json", "10-long-texts.json"}) {
    EXPECT_EQ(check(input).exit_code, 0) << input;
    const Said said = run(input, std::string("--out ") + input + ".out --set /load/0/for=2s --set /load/0/rate=30/s");
    EXPECT_EQ(said.exit_code, 0) << input << said.out << said.err;
    SetUp();
  }
}

TEST_F(OddServer, KeysTooLongAndDeletesOfNoRowAreRefusedBeforeAnythingIsMade) {
  const Said key = check("10-long-group-key.json");
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_THAT(key.err, HasSubstr("the table of \"per_city\" cannot have the column \"note\": the key has 3,208 bytes"));
  const Said tombstone = check("11-tombstone-without-row-key.json");
  EXPECT_EQ(tombstone.exit_code, 2);
  EXPECT_THAT(tombstone.err, HasSubstr("rows of \"order\" are deleted, and with the message key \"coupon\""));
  EXPECT_EQ(run("10-long-group-key.json").exit_code, 2);
  auto session = mysql::Connection::open(server_->address());
  auto tables = session->scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'");
  EXPECT_EQ(tables.ok() ? *tables : tables.error().message, "0");
}

TEST_F(OddServer, ControlCharactersOfKeysReachNeitherTerminalNorPage) {
  // Groups that go missing before the audit are examples with their keys.
  const std::string tamper =
      folder_.write("tamper.sh", "mariadb --no-defaults -uroot -S " + server_->address().socket +
                                     " shop <<'SQL'\n"
                                     "DELETE FROM per_city WHERE city LIKE 'x%' LIMIT 1;\n"
                                     "DELETE FROM per_city WHERE city LIKE '%red%' LIMIT 1;\nSQL\n");
  const Said said =
      run("19-escape-in-terminal.json", "--out out --set /load/0/for=3s --before-audit 'sh " + tamper + "'");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("\\x1b[31mred\\x1b[0m"));
  EXPECT_THAT(said.out, HasSubstr("x\\ny"));
  EXPECT_FALSE(obeyed(said.out)) << said.out;
  EXPECT_FALSE(obeyed(said.err)) << said.err;
  for (const char* file : {"report.html", "summary.md", "junit.xml", "result.json"}) {
    const std::string text = read_file(folder_.path() + "/out/" + file);
    EXPECT_FALSE(text.empty()) << file;
    EXPECT_FALSE(obeyed(text)) << file;
    const bool markup = std::string(file) != "result.json";
    EXPECT_TRUE(!markup || text.find("<script>") == std::string::npos) << file;
  }
}

TEST_F(OddServer, WhatAServerRefusesNamesTheTableAndTheCode) {
  auto session = mysql::Connection::open(server_->address());
  ASSERT_TRUE(session->execute("CREATE OR REPLACE USER reader@localhost").ok());
  ASSERT_TRUE(session->execute("GRANT SELECT ON shop.* TO reader@localhost").ok());
  const Said said = run("08-trailing-space-group.json", "--out out", "reader");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("table sales: "));
  EXPECT_THAT(said.err, HasSubstr("CREATE command denied"));
  EXPECT_THAT(said.err, HasSubstr("(error 1142)"));
}

TEST(Terminal, TextsOfAScenarioAreShown) {
  Folder folder;
  const std::string text = read_file(kInputs + "19-escape-in-terminal.json");
  const std::string file = folder.write("odd.json", [&] {
    std::string odd = text;
    odd.replace(odd.find("\"group\": [\"city\"]"), 17, "\"group\": [\"\\u001b]0;x\\u0007\\u009b2J\"]");
    return odd;
  }());
  const Said check = freshet(folder, "check " + file);
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_THAT(check.err, HasSubstr("\\x1b]0;x\\x07\\u{009b}2J"));
  EXPECT_FALSE(obeyed(check.err)) << check.err;
  EXPECT_THAT(check.err, Not(HasSubstr("\u009b")));
  const Said sample = freshet(folder, "sample " + kInputs + "19-escape-in-terminal.json --entity sale");
  EXPECT_EQ(sample.exit_code, 0) << sample.err;
  EXPECT_FALSE(obeyed(sample.out));
}

}  // namespace
}  // namespace freshet
