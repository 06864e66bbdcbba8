// MariadbServer, with real servers: what a run may rely on, and that nothing is left behind however the run ends.
#include "servers/mariadb_server.h"

#include <sys/resource.h>

#include "clients/mysql/mysql.h"
#include "servers/process_cost.h"
#include "servers/processes.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

mysql::Address over_socket(const MariadbServer& server) {
  mysql::Address address;
  address.socket = server.socket();
  address.user = "root";
  return address;
}

mysql::Address over_tcp(const MariadbServer& server, const std::string& password) {
  mysql::Address address;
  address.port = server.port();
  address.user = "root";
  address.password = password;
  return address;
}

/// The value of an expression, or the error's text.
std::string ask(mysql::Connection& connection, const std::string& expression) {
  auto answer = connection.scalar("SELECT " + expression);
  return answer.ok() ? *answer : answer.error().message;
}

std::unique_ptr<MariadbServer> started(const MariadbServer::Options& options = {}) {
  auto server = MariadbServer::start(options);
  EXPECT_TRUE(server.ok()) << server.error().message;
  return server.ok() ? std::move(server).value() : nullptr;
}

class MariadbServerTest : public OwnTemporaryDirectory {};

TEST_F(MariadbServerTest, LogsRowsInFullAndReadsNoConfigurationOfTheMachine) {
  const auto server = started();
  ASSERT_TRUE(server);
  auto connection = mysql::Connection::open(over_socket(*server));
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(ask(*connection, "CONCAT_WS(' ', @@log_bin, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata)"),
            "ON ROW FULL FULL");
  EXPECT_EQ(ask(*connection,
                "CONCAT_WS(' ', @@gtid_strict_mode, @@server_id, @@innodb_flush_log_at_trx_commit, @@sync_binlog)"),
            "ON 1 2 0");
  EXPECT_EQ(ask(*connection, "CONCAT_WS(' ', @@character_set_server, @@bind_address, @@port, @@skip_name_resolve)"),
            "utf8mb4 127.0.0.1 " + std::to_string(server->port()) + " ON");
  EXPECT_EQ(ask(*connection, "@@socket"), server->socket());
  EXPECT_EQ(server->socket().rfind(folder_, 0), 0U);
  EXPECT_NE(server->port(), 3306);
  EXPECT_EQ(server->died(), "");
}

TEST_F(MariadbServerTest, LetsOnlyHoldersOfThePasswordInOverThePort) {
  const auto server = started();
  ASSERT_TRUE(server);
  auto good = mysql::Connection::open(over_tcp(*server, server->tcp_password()));
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(ask(*good, "CURRENT_USER()"), "root@127.0.0.1");
  EXPECT_FALSE(mysql::Connection::open(over_tcp(*server, "")).ok());
  EXPECT_FALSE(mysql::Connection::open(over_tcp(*server, "guess")).ok());
}

TEST_F(MariadbServerTest, LeavesTheIgnoredDatabaseOutOfTheLog) {
  const auto server = started({.binlog_ignore_database = "sink"});
  ASSERT_TRUE(server);
  auto connection = mysql::Connection::open(over_socket(*server));
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  for (const char* sql : {"CREATE DATABASE source", "CREATE DATABASE sink",
                          "CREATE TABLE source.t (id INT PRIMARY KEY)", "CREATE TABLE sink.t (id INT PRIMARY KEY)"}) {
    ASSERT_TRUE(connection->execute(sql).ok()) << sql;
  }
  const std::string before = ask(*connection, "@@gtid_binlog_pos");
  ASSERT_TRUE(connection->execute("INSERT INTO sink.t VALUES (1), (2)").ok());
  EXPECT_EQ(ask(*connection, "@@gtid_binlog_pos"), before);
  ASSERT_TRUE(connection->execute("INSERT INTO source.t VALUES (1)").ok());
  EXPECT_NE(ask(*connection, "@@gtid_binlog_pos"), before);
}

TEST_F(MariadbServerTest, RunsSideBySideEachForItself) {
  const auto one = started({.binlog = false});
  const auto two = started();
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->port(), two->port());
  EXPECT_NE(one->socket(), two->socket());
  auto connection = mysql::Connection::open(over_socket(*one));
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(ask(*connection, "@@log_bin"), "0");
}

TEST_F(MariadbServerTest, StopsCleanlyAndTakesItsDirectoryAlong) {
  auto server = started();
  ASSERT_TRUE(server);
  const int pid = server->pid();
  server->stop();
  server->stop();
  EXPECT_EQ(server->died(), "exited with 0");
  EXPECT_GT(server->cost().cpu_s, 0);
  EXPECT_GT(server->cost().rss_max_bytes, 20'000'000);
  EXPECT_TRUE(fs::exists(server->log_file())) << "readable until the owner goes";
  server.reset();
  EXPECT_FALSE(cost_of(pid).has_value());
  EXPECT_EQ(entries(), 0);
}

TEST_F(MariadbServerTest, SaysThatItWasKilledAndStillLeavesNothing) {
  auto server = started();
  ASSERT_TRUE(server);
  server->kill_now();
  EXPECT_EQ(server->died(), "was killed by signal 9");
  EXPECT_FALSE(mysql::Connection::open(over_socket(*server)).ok());
  server.reset();
  EXPECT_EQ(entries(), 0);
}

TEST_F(MariadbServerTest, UsesTheDirectoryThatItIsGivenAndKeepsItWhenAsked) {
  const std::string directory = folder_ + "/mine";
  auto server = started({.directory = directory, .keep_directory = true});
  ASSERT_TRUE(server);
  EXPECT_EQ(server->socket(), directory + "/mysql.sock");
  server.reset();
  EXPECT_TRUE(fs::exists(directory + "/data/ibdata1"));
  auto again = MariadbServer::start({.directory = directory});
  ASSERT_FALSE(again.ok()) << "it holds data of somebody's";
  EXPECT_EQ(again.error().kind, ErrorKind::Usage);
}

TEST_F(MariadbServerTest, DiesWithAKilledHarnessAndTheNextStartSweepsUp) {
  OtherProcess harness([] {
    auto server = MariadbServer::start({});
    if (!server.ok()) return server.error().message;
    const MariadbServer& running = *std::move(server).value().release();
    return std::to_string(running.pid()) + " " + running.directory();
  });
  int pid = 0;
  std::string left;
  std::istringstream(harness.line()) >> pid >> left;
  ASSERT_TRUE(pid > 0 && cost_of(pid).has_value()) << harness.line();
  harness.kill_now();
  ASSERT_TRUE(ends(pid));
  ASSERT_TRUE(fs::exists(left));
  const auto next = started();
  ASSERT_TRUE(next);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(entries(), 1);
}

TEST_F(MariadbServerTest, SurvivesAKillInTheMiddleOfASetUp) {
  const auto somewhere = [&](const std::string& file) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (fs::exists(entry.path() / file, gone)) return true;
    }
    return false;
  };
  const SystemClock clock;
  const Instant deadline = clock.now() + 20 * kNanosPerSecond;
  {
    OtherProcess harness([] { return std::string("now"); }, [] { static_cast<void>(MariadbServer::start({})); });
    while (!somewhere("data/ibdata1") && clock.now() < deadline) {
    }
    ASSERT_FALSE(somewhere("mysql.sock")) << "too late: it was set up already";
  }
  {
    const auto next = started();
    ASSERT_TRUE(next);
    auto connection = mysql::Connection::open(over_socket(*next));
    EXPECT_TRUE(connection.ok());
  }
  // The set-up was a child of a child: it ends by itself, soon, and its directory can be swept from then on.
  while (entries() > 0 && clock.now() < deadline) PrivateDirectory::sweep();
  EXPECT_EQ(entries(), 0);
}

TEST_F(MariadbServerTest, RefusesAPathTooLongForASocket) {
  const std::string deep = folder_ + "/" + std::string(90, 'd');
  fs::create_directories(deep);
  ::setenv("TMPDIR", deep.c_str(), 1);
  auto server = MariadbServer::start({});
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().kind, ErrorKind::Usage);
  EXPECT_NE(server.error().hint.find("TMPDIR"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(deep));
}

TEST_F(MariadbServerTest, ShowsTheServersOwnWordsWhenItCannotStart) {
  OtherProcess harness([] {
    const rlimit limit{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);  // as good as a full disk
    auto server = MariadbServer::start({});
    if (server.ok()) return std::string("it started");
    const bool unreachable = server.error().kind == ErrorKind::Unreachable;
    return (unreachable ? "unreachable " : "another kind ") + server.error().message;
  });
  EXPECT_EQ(harness.line().rfind("unreachable mariadb-install-db exited with ", 0), 0U) << harness.line();
  harness.kill_now();
  EXPECT_EQ(entries(), 0);
}

}  // namespace
}  // namespace freshet
