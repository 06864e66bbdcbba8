// Signals at random instants of whole runs: they end as interrupted or had ended before, and leave nothing behind.
//
// FRESHET_SIGNALS=200 sends 200 to each kind of run (6 when it is not set); from 20 on a server is blocked in every
// phase, not only where a run spends its time.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "cases/signals.h"
#include "cases/their_server.h"

namespace freshet::cases {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

std::string name_of_signal(int number) {
  return number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : number == SIGHUP ? "SIGHUP" : "SIGKILL";
}

/// Whether a process has a file open whose path has `text` in it. One that is ending has no command line any more.
bool has_open(const std::filesystem::path& process, const std::string& text) {
  std::error_code gone;
  for (const auto& file : std::filesystem::directory_iterator(process / "fd", gone)) {
    if (std::filesystem::read_symlink(file.path(), gone).string().find(text) != std::string::npos) return true;
  }
  return false;
}

/// The processes that name `text` in their command line, or have such a file open.
std::vector<std::string> processes_naming(const std::string& text) {
  std::vector<std::string> found;
  const std::string self = std::to_string(::getpid());
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string number = entry.path().filename().string();
    if (number.find_first_not_of("0123456789") != std::string::npos || number == self) continue;
    std::string line = read_file(entry.path().string() + "/cmdline");
    for (char& c : line) c = c == '\0' ? ' ' : c;
    if (line.find(text) != std::string::npos || has_open(entry.path(), text)) found.push_back(number + ": " + line);
  }
  return found;
}

bool all_ended(const std::string& text) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(2);
  while (!processes_naming(text).empty()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

struct Stopped {
  bool had_ended = false;
  int exit_code = -1;
  double took_s = 0;
  std::string output;
  /// The last that it told of.
  [[nodiscard]] std::string phase() const {
    std::string last = "start";
    std::size_t last_at = 0;
    for (const char* phase :
         {"prepare", "headroom", "reference rows", "canary", "warm-up", "measured", "drain", "audit"}) {
      const std::size_t at = output.rfind("\nfreshet: " + std::string(phase) + "\n");
      if (at == std::string::npos || at < last_at) continue;
      last = phase;
      last_at = at;
    }
    return last;
  }
};

class Sweep : public TheirServer {
 protected:
  void SetUp() override {
    TheirServer::SetUp();
    std::filesystem::create_directory(temporary());
  }
  /// Private servers have their folders here.
  [[nodiscard]] std::string temporary() const { return folder_.path() + "/tmp"; }

  Stopped stop(const std::string& arguments, int number, double after_s) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path() + "/out", ignored);
    std::filesystem::remove(folder_.path() + "/output", ignored);
    ChildProcess run;
    ChildProcess::Options options;
    options.command = {"/bin/sh", "-c",
                       "cd " + folder_.path() + " && exec " FRESHET_BINARY_DIR "/freshet " + arguments};
    options.output_file = folder_.path() + "/output";
    options.environment = environment();
    options.environment["TMPDIR"] = temporary();
    EXPECT_TRUE(run.start(options).ok());
    Stopped stopped;
    stopped.had_ended = run.wait(static_cast<int>(after_s * 1e3));
    const auto sent = steady_clock::now();
    run.signal(number);
    EXPECT_TRUE(run.wait(60'000));
    stopped.took_s = duration<double>(steady_clock::now() - sent).count();
    stopped.exit_code = run.exit_code();
    stopped.output = "\n" + read_file(options.output_file);
    return stopped;
  }

  /// `length_s`: about what a run takes; `check` follows each stop that was heard, `after_kill` each that was not.
  void sweep(const std::string& arguments, double length_s, const std::function<void()>& check,
             const std::function<void()>& after_kill) {
    std::mt19937 dice(std::random_device{}());
    std::map<std::string, std::vector<double>> took;
    const int count = signals_to_send();
    constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
    for (int i = 0; i < count; ++i) {
      const int number = kSignals[i % 4];
      // One in each stretch of a run, so that few signals see all phases too.
      const double after = length_s * (i + std::uniform_real_distribution<>(0, 1)(dice)) / count;
      const Stopped stopped = stop(arguments, number, after);
      SCOPED_TRACE(name_of_signal(number) + " after " + std::to_string(after) + " s:" + stopped.output);
      EXPECT_TRUE(all_ended(folder_.path()));
      if (number == SIGKILL) {
        EXPECT_TRUE(stopped.had_ended || stopped.exit_code == 137) << stopped.exit_code;
        after_kill();
      } else {
        // Before the run has read its scenario there is nothing to end.
        const bool at_once = stopped.exit_code == 128 + number && stopped.phase() == "start";
        EXPECT_TRUE(at_once || stopped.exit_code == (stopped.had_ended ? 0 : 130)) << stopped.exit_code;
        EXPECT_LT(stopped.took_s, kLimitSeconds);
        EXPECT_TRUE(std::filesystem::is_empty(temporary()));
        if (!stopped.had_ended) took[stopped.phase()].push_back(stopped.took_s);
        check();
      }
    }
    for (auto& [phase, times] : took) {
      std::sort(times.begin(), times.end());
      std::printf("%-16s %3zu signals: p50 %.2f s, most %.2f s\n", phase.c_str(), times.size(), times[times.size() / 2],
                  times.back());
    }
  }
};

constexpr const char* kShort = " --out out --set /load/0/for=1s --set /warm_up=0.5s --set /time_scale=40 --set /slo=[]";

TEST_F(Sweep, ARunWithPrivateServersEndsAndLeavesNothing) {
  const std::string arguments = "run " + input("00-short.json") + kShort + " --embedded";
  sweep(
      arguments, 6, [] {}, [] {});
  // What a SIGKILL left is swept, and a run goes through.
  EXPECT_EQ(freshet(folder_, arguments, "rm -rf out; TMPDIR=" + temporary()).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(temporary()));
}

TEST_F(Sweep, ARunOnOthersServersEndsAndLeavesNoTables) {
  const std::string arguments = "run " + input("00-short.json") + kShort;
  const auto nothing_left = [this] { EXPECT_THAT(tables(), testing::IsEmpty()); };
  // What a killed run left stays until it is cleaned: a run that is interrupted in time does not touch it.
  sweep(arguments, 4.5, nothing_left, [&] {
    EXPECT_EQ(with_their_address("clean " + input("00-short.json")).exit_code, 0);
    nothing_left();
  });
  EXPECT_EQ(on_their_server("run " + input("00-short.json") + " --set /load/0/for=1s --set /slo=[]").exit_code, 0);
}

/// A server that is there and does not get on. Whatever keeps it, a signal ends the run in time.
class Blocked : public Sweep {
 protected:
  /// Starts a run, waits for its phase, lets `block` do its work, and sends a SIGINT a little later.
  Stopped stop_blocked(const std::string& phase, const std::function<void()>& block, double after_s = 0.4,
                       const std::string& more = "") {
    std::error_code ignored;
    std::filesystem::remove_all(folder_.path() + "/out", ignored);
    std::filesystem::remove(folder_.path() + "/output", ignored);
    Running run(folder_, "run " + input("00-short.json") + " --out out " + more, phase, environment());
    block();
    std::this_thread::sleep_for(duration<double>(after_s));
    Stopped stopped;
    stopped.had_ended = !run.process().died().empty();
    const auto sent = steady_clock::now();
    run.process().signal(SIGINT);
    stopped.output = run.ended().out;
    stopped.took_s = duration<double>(steady_clock::now() - sent).count();
    stopped.exit_code = run.process().exit_code();
    return stopped;
  }
  static void expect_interrupted(const Stopped& stopped) {
    EXPECT_FALSE(stopped.had_ended) << stopped.output;
    EXPECT_EQ(stopped.exit_code, 130) << stopped.output;
    EXPECT_LT(stopped.took_s, kLimitSeconds) << stopped.output;
  }
  int cleaned() {
    const Said said = with_their_address("clean " + input("00-short.json"));
    EXPECT_THAT(tables(), testing::IsEmpty()) << said.out << said.err;
    return said.exit_code;
  }
};

TEST_F(Blocked, ByAReadLockOnAllTables) {
  for (const std::string& phase : phases_to_try()) {
    SCOPED_TRACE(phase);
    mysql::Connection other = connect();
    const Stopped stopped =
        stop_blocked(phase, [&] { ASSERT_TRUE(other.execute("FLUSH TABLES WITH READ LOCK").ok()); });
    expect_interrupted(stopped);
    if (phase == "measured") {
      EXPECT_THAT(stopped.output, testing::HasSubstr("table orders"));
      EXPECT_THAT(stopped.output, testing::HasSubstr("freshet clean"));
      EXPECT_EQ(result_of(folder_)["verdict"], "interrupted");
      EXPECT_GT(result_of(folder_)["load"]["changes"]["order"]["insert"]["committed"], 0);
    }
    ASSERT_TRUE(other.execute("UNLOCK TABLES").ok());
    EXPECT_EQ(cleaned(), 0);
  }
}

TEST_F(Blocked, ByALockOnItsTable) {
  mysql::Connection other = connect();
  const Stopped stopped = stop_blocked(
      "measured", [&] { ASSERT_TRUE(other.execute("LOCK TABLES shop.orders WRITE, shop.paid_orders WRITE").ok()); });
  expect_interrupted(stopped);
  // What is free goes, what is not is named, each table of it.
  const Said refused = with_their_address("clean " + input("00-short.json"));
  EXPECT_EQ(refused.exit_code, 8) << refused.err;
  EXPECT_THAT(refused.err, testing::HasSubstr("table orders: "));
  EXPECT_THAT(refused.err, testing::HasSubstr("table paid_orders: "));
  EXPECT_THAT(tables(), testing::ElementsAre("orders", "paid_orders"));
  ASSERT_TRUE(other.execute("UNLOCK TABLES").ok());
  EXPECT_EQ(cleaned(), 0);
}

TEST_F(Blocked, ByAServerThatStandsStill) {
  for (const std::string& phase : phases_to_try()) {
    SCOPED_TRACE(phase);
    const Stopped stopped = stop_blocked(phase, [&] { ::kill(server_->pid(), SIGSTOP); });
    ::kill(server_->pid(), SIGCONT);
    expect_interrupted(stopped);
    EXPECT_EQ(cleaned(), 0);
  }
}

/// From the first statement on, and in the midst of the changes.
TEST_F(Blocked, GenerateHearsAStopToo) {
  for (const double locked_after_s : {0.0, 1.5}) {
    SCOPED_TRACE(locked_after_s);
    mysql::Connection other = connect();
    const auto lock = [&](double after_s) {
      std::this_thread::sleep_for(duration<double>(after_s));
      EXPECT_TRUE(other.execute("FLUSH TABLES WITH READ LOCK").ok());
    };
    if (locked_after_s == 0) lock(0);
    std::jthread later;
    if (locked_after_s > 0) later = std::jthread(lock, locked_after_s);
    const Stopped stopped =
        stop("generate " + input("00-short.json") + " --to mysql --rate 2000/s --for 1h", SIGINT, 2.5);
    if (later.joinable()) later.join();
    EXPECT_FALSE(stopped.had_ended) << stopped.output;
    EXPECT_EQ(stopped.exit_code, 130) << stopped.output;
    EXPECT_LT(stopped.took_s, kLimitSeconds) << stopped.output;
    ASSERT_TRUE(other.execute("UNLOCK TABLES").ok());
    EXPECT_EQ(cleaned(), 0);
  }
}

TEST_F(Blocked, ByABrokerThatStandsStill) {
  for (const std::string& phase : phases_to_try()) {
    SCOPED_TRACE(phase);
    ChildProcess broker;
    ChildProcess::Options options;
    options.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "orders", "2"};
    options.ready_prefix = "ready ";
    ASSERT_TRUE(broker.start(options).ok());
    const std::string topic = R"( --use-existing-topics --set '/write/order={"kafka": {"topic": "orders"}}')";
    const Stopped stopped = stop_blocked(
        phase, [&] { broker.signal(SIGSTOP); }, 0.4, topic + " --set /connections/kafka=" + broker.ready_line());
    broker.signal(SIGCONT);
    expect_interrupted(stopped);
    EXPECT_EQ(cleaned(), 0);
  }
}

TEST_F(Blocked, InTheAuditIsNeverAPass) {
  const std::string freeze = "kill -STOP " + std::to_string(server_->pid());
  for (const std::string& command : {std::string("sleep 100"), freeze}) {
    const Stopped stopped = stop_blocked(
        "audit", [] {}, 0.4, "--before-audit '" + command + "'");
    ::kill(server_->pid(), SIGCONT);
    expect_interrupted(stopped);
    EXPECT_THAT(stopped.output, testing::Not(testing::HasSubstr("PASS")));
    EXPECT_EQ(result_of(folder_)["verdict"], "interrupted");
    EXPECT_EQ(cleaned(), 0);
  }
}

TEST_F(Blocked, ASecondSigintEndsItAtOnce) {
  Running run(folder_, "run " + input("00-short.json") + " --out out", "measured", environment());
  ::kill(server_->pid(), SIGSTOP);
  run.process().signal(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto sent = steady_clock::now();
  run.process().signal(SIGINT);
  EXPECT_EQ(run.ended().exit_code, 130);
  EXPECT_LT(duration<double>(steady_clock::now() - sent).count(), 0.5);
  ::kill(server_->pid(), SIGCONT);
  EXPECT_EQ(cleaned(), 0);
}

}  // namespace
}  // namespace freshet::cases
