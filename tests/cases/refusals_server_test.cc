// Refusals of servers, full disks and outputs that are not read: the cause reaches the user, and every message is
// correct.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "cases/their_server.h"
#include "servers/own_server.h"

namespace freshet::cases {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Refusals : public TheirServer {
 protected:
  /// A user who may do no more than that, for the next runs.
  void become(const std::string& privileges) {
    sql("CREATE OR REPLACE USER clerk@localhost");
    sql("GRANT " + privileges + " ON shop.* TO clerk@localhost");
    sql("GRANT REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR, REPLICATION MASTER ADMIN ON *.* TO "
        "clerk@localhost");
  }
  [[nodiscard]] std::map<std::string, std::string> as_clerk() const {
    return {{"FRESHET_MYSQL", "mysql://clerk@localhost/shop?socket=" + server_->socket()}};
  }
  Said run_as_clerk(const std::string& more = "") {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path() + "/out", ignored);
    return freshet(folder_, "run " + input("00-short.json") + " --out out " + more,
                   "FRESHET_MYSQL='" + as_clerk()["FRESHET_MYSQL"] + "'");
  }
  Said ended_as_clerk(const std::string& phase, const std::function<void()>& refuse) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path() + "/out", ignored);
    std::filesystem::remove(folder_.path() + "/output", ignored);
    Running run(folder_, "run " + input("00-short.json") + " --out out", phase, as_clerk());
    refuse();
    return run.ended();
  }
};

TEST_F(Refusals, AMissingPrivilegeIsReportedInTheServersWords) {
  become("SELECT, CREATE, DROP, LOCK TABLES, DELETE, UPDATE");
  const Said said = run_as_clerk();
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("INSERT command denied"));
  EXPECT_THAT(said.err, HasSubstr("(error 1142)"));
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(Refusals, AReadOnlyServerIsNoInternalError) {
  become("ALL");
  sql("SET GLOBAL read_only = 1");
  const Said before = run_as_clerk();
  EXPECT_EQ(before.exit_code, 8) << before.out << before.err;
  EXPECT_THAT(before.err, HasSubstr("(error 1290)"));
  sql("SET GLOBAL read_only = 0");
  const Said meanwhile = ended_as_clerk("measured", [this] { sql("SET GLOBAL read_only = 1"); });
  // Changes were rejected, or the pipeline, too, had something to write and ended.
  EXPECT_THAT(meanwhile.exit_code, testing::AnyOf(6, 8)) << meanwhile.out;
  EXPECT_THAT(meanwhile.out, HasSubstr("(error 1290)"));
  EXPECT_THAT(meanwhile.out, HasSubstr("may be left behind"));
  sql("SET GLOBAL read_only = 0");
}

TEST_F(Refusals, AResultThatCannotBeWrittenIsNoPass) {
  std::filesystem::create_directories(folder_.path() + "/taken/result.json.part");
  const Said said = with_their_address("run " + input("00-short.json") + " --set /load/0/for=1s --out taken");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.out, Not(HasSubstr("PASS")));
  EXPECT_THAT(said.out, HasSubstr("cannot create taken/result.json: "));
  for (const char* file : {"junit.xml", "summary.md", "report.html", "result.json"}) {
    EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/taken/" + file)) << file;
  }
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(Refusals, AFolderThatCannotBeMadeGetsNoResultsElsewhere) {
  const std::string run = "run " + input("00-short.json") + " --null-target --set /load/0/for=1s --out ";
  (void)folder_.write("taken", "a file");
  const auto results_in_the_root = [] {
    std::string found;
    for (const char* file : {"/junit.xml", "/summary.md", "/report.html", "/result.json", "/seconds.ndjson"}) {
      if (std::filesystem::exists(file)) found += file;
    }
    return found;
  };
  const std::string before = results_in_the_root();
  const Said said = freshet(folder_, run + "taken");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("cannot create taken: "));
  EXPECT_EQ(results_in_the_root(), before);
  std::filesystem::create_directory(folder_.path() + "/theirs");
  (void)folder_.write("theirs/report.html", "theirs");
  const Said theirs = freshet(folder_, run + "theirs");
  EXPECT_EQ(theirs.exit_code, 2) << theirs.out << theirs.err;
  EXPECT_THAT(theirs.err, HasSubstr("theirs holds a report.html"));
  EXPECT_EQ(read_file(folder_.path() + "/theirs/report.html"), "theirs");
}

TEST_F(Refusals, AVerdictThatCouldNotBePrintedIsNoSuccess) {
  const std::string run = "run " + input("00-short.json") + " --null-target --set /load/0/for=1s --json --out ";
  for (const char* where : {">/dev/full", ">&-"}) {
    const std::string command =
        "cd " + folder_.path() + "; rm -rf out; " FRESHET_BINARY_DIR "/freshet " + run + "out " + where + " 2>errors";
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 8) << where;
    EXPECT_THAT(read_file(folder_.path() + "/errors"), HasSubstr("cannot write to standard output: ")) << where;
  }
}

TEST_F(Refusals, TheVerdictIsPrintedBeforeTheTablesAreDropped) {
  // A reader with an open transaction prevents the table from being dropped, but not from being written.
  mysql::Connection reader = connect();
  Running run(folder_, "run " + input("00-short.json") + " --out out", "measured", environment());
  ASSERT_TRUE(reader.execute("BEGIN").ok());
  ASSERT_TRUE(reader.execute("SELECT COUNT(*) FROM shop.orders").ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (read_file(folder_.path() + "/output").find("\nResults: ") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << read_file(folder_.path() + "/output");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(run.process().died(), "");
  EXPECT_EQ(result_of(folder_)["verdict"], "pass");
  const auto sent = std::chrono::steady_clock::now();
  run.process().signal(SIGINT);
  const Said said = run.ended();
  EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds(3));
  EXPECT_EQ(said.exit_code, 130);
  EXPECT_THAT(said.out, HasSubstr("table orders"));
  EXPECT_THAT(said.out, HasSubstr("may be left behind (freshet clean drops them)"));
  EXPECT_THAT(tables(), testing::Contains("orders"));
}

TEST(FullDisk, IsReportedInTheServersWords) {
  fixture::OwnServer server({"--log-bin=own-bin", "--server-id=7", "--binlog-format=ROW", "--binlog-row-image=FULL",
                             "--binlog-row-metadata=FULL", "--character-set-server=utf8mb4",
                             "--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:16M"});
  auto session = mysql::Connection::open(server.address());
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(session->execute("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin").ok());
  Folder folder;
  Running run(folder, "run " + input("00-short.json") + " --out out --set /load/0/rate=2000/s", "measured",
              {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + server.address().socket}});
  const Said said = run.ended();
  EXPECT_THAT(said.exit_code, AnyOf(6, 8)) << said.out;
  EXPECT_THAT(said.out, AnyOf(HasSubstr("(error 1114)"), HasSubstr("(error 1026)"), HasSubstr("(error 1021)")))
      << said.out;
}

/// The file system is not full, but files may not grow: the same to the installer.
TEST(Installer, ItsErrorOutputReachesTheUser) {
  Folder folder;
  const Said said = freshet(folder, "run " + input("00-short.json") + " --embedded --out out",
                            "ulimit -f 8192; trap '' XFSZ; TMPDIR=" + folder.path());
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("mariadb-install-db exited with"));
  EXPECT_THAT(said.err, AnyOf(HasSubstr("ibdata1"), HasSubstr("File size limit"), HasSubstr("File too large")));
  EXPECT_THAT(said.err, Not(HasSubstr("Installation of system tables failed")));
}

TEST(Installer, ItsOutputIsShortenedForTheUser) {
  Folder folder;
  const std::string installer = folder.write(
      "mariadb-install-db", "#!/bin/sh\nhead -c 50000000 /dev/zero | tr '\\0' x\necho 'the cause'\nexit 1\n");
  std::filesystem::permissions(installer, std::filesystem::perms::owner_all);
  const Said said =
      freshet(folder, "run " + input("00-short.json") + " --embedded --out out", "PATH=" + folder.path() + ":$PATH");
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.err, HasSubstr("mariadb-install-db exited with 1: "));
  EXPECT_THAT(said.err, HasSubstr("the cause"));
  EXPECT_LT(said.err.size(), 4000U);
}

}  // namespace
}  // namespace freshet::cases
