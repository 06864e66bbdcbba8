// In whatever phase a server begins to refuse, a signal ends the run in time, what stays is named, and clean removes
// it.
//
// From FRESHET_SIGNALS=20 on every phase is tried; else those where a run spends its time.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "cases/service.h"
#include "cases/signals.h"
#include "servers/own_server.h"

namespace freshet::cases {
namespace {

using testing::AnyOf;

class EveryPhase : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<fixture::OwnServer>(
        std::vector<std::string>{"--log-bin=own-bin", "--server-id=7", "--binlog-format=ROW", "--binlog-row-image=FULL",
                                 "--binlog-row-metadata=FULL", "--innodb-log-file-size=8M", "--aria-log-file-size=8M",
                                 "--character-set-server=utf8mb4"},
        160'000'000);
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    sql("CREATE USER clerk@localhost");
    sql("GRANT ALL ON shop.* TO clerk@localhost");
    sql("GRANT REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR, REPLICATION MASTER ADMIN ON *.* TO "
        "clerk@localhost");
  }
  void sql(const std::string& statement) const {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status done = session->execute(statement);
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  [[nodiscard]] std::string url() const { return "mysql://clerk@localhost/shop?socket=" + server_->address().socket; }

  /// A server that found its disk full looks again after a minute, and holds its locks until then.
  void expect_clean() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    Said cleaned;
    do {
      cleaned = freshet(folder_, "clean " + input("00-short.json"), "FRESHET_MYSQL='" + url() + "'");
    } while (cleaned.exit_code == 8 && std::chrono::steady_clock::now() < deadline);
    EXPECT_EQ(cleaned.exit_code, 0) << cleaned.out << cleaned.err;
  }

  /// `refuse` at the beginning of each phase, a SIGINT a little later, `permit`.
  void expect_that_a_signal_ends_it(const std::function<void()>& refuse, const std::function<void()>& permit) {
    for (const std::string& phase : phases_to_try()) {
      SCOPED_TRACE(phase);
      std::error_code ignored;
      std::filesystem::remove_all(folder_.path() + "/out", ignored);
      std::filesystem::remove(folder_.path() + "/output", ignored);
      Running run(folder_, "run " + input("00-short.json") + " --out out", phase, {{"FRESHET_MYSQL", url()}});
      refuse();
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      // A refusal in time ends a run by itself, and one that had nothing left to write does not notice.
      const bool had_ended = !run.process().died().empty() ||
                             read_file(folder_.path() + "/output").find("\nResults: ") != std::string::npos;
      const auto sent = std::chrono::steady_clock::now();
      run.process().signal(SIGINT);
      const Said said = run.ended();
      const double took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - sent).count();
      EXPECT_LT(took_s, kLimitSeconds) << said.out;
      std::printf("%-16s %.2f s, exit %d\n", phase.c_str(), took_s, said.exit_code);
      EXPECT_THAT(said.exit_code, had_ended ? testing::Matcher<int>(AnyOf(0, 6, 8, 130)) : testing::Matcher<int>(130))
          << said.out;
      EXPECT_EQ(said.out.find("PASS") != std::string::npos, said.exit_code == 0) << said.out;
      permit();
      expect_clean();
      auto session = mysql::Connection::open(server_->address());
      ASSERT_TRUE(session.ok()) << session.error().message;
      auto left = session->scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'");
      EXPECT_EQ(left.ok() ? *left : left.error().message, "0") << said.out;
    }
  }

  Folder folder_;
  std::unique_ptr<fixture::OwnServer> server_;
};

TEST_F(EveryPhase, AReadOnlyServer) {
  expect_that_a_signal_ends_it([this] { sql("SET GLOBAL read_only = 1"); },
                               [this] { sql("SET GLOBAL read_only = 0"); });
}

TEST_F(EveryPhase, AServerThatRefusesConnections) {
  expect_that_a_signal_ends_it(
      [this] {
        sql("ALTER USER clerk@localhost ACCOUNT LOCK");
        sql("KILL USER clerk");
      },
      [this] { sql("ALTER USER clerk@localhost ACCOUNT UNLOCK"); });
}

TEST_F(EveryPhase, AServerWhoseDiskIsFull) {
  expect_that_a_signal_ends_it([this] { server_->fill_disk(0); }, [this] { server_->let_go(); });
}

}  // namespace
}  // namespace freshet::cases
