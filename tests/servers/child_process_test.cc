// ChildProcess: readiness, ends of every kind, cost, and that nothing outlives its owner.
#include "servers/child_process.h"

#include <fcntl.h>

#include <vector>

#include "servers/process_cost.h"
#include "servers/processes.h"

namespace freshet {
namespace {

ChildProcess::Options shell(const std::string& script) { return {.command = {"sh", "-c", script}}; }

class ChildProcessTest : public OwnTemporaryDirectory {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  ChildProcess child_;
};

TEST_F(ChildProcessTest, ReadsTheRestOfTheReadyLineAndKeepsAllOutputInTheFile) {
  std::ofstream(file("out")) << "ready from an earlier life\n";
  auto options = shell("echo starting; echo ready port 4711; echo more; exec sleep 100");
  options.output_file = file("out");
  options.ready_prefix = "ready ";
  ASSERT_TRUE(child_.start(options).ok());
  EXPECT_EQ(child_.ready_line(), "port 4711");
  EXPECT_EQ(child_.died(), "");
  child_.stop();
  EXPECT_EQ(contents(file("out")), "ready from an earlier life\nstarting\nready port 4711\nmore\n");
}

TEST_F(ChildProcessTest, IsReadyWithoutAFileAndEvenWhenItEndsAtOnce) {
  auto options = shell("echo ready now; exit 3");
  options.ready_prefix = "ready ";
  ASSERT_TRUE(child_.start(options).ok());
  EXPECT_EQ(child_.ready_line(), "now");
  ASSERT_TRUE(child_.wait(10'000));
  EXPECT_EQ(child_.died(), "exited with 3");
  EXPECT_EQ(child_.exit_code(), 3);
}

TEST_F(ChildProcessTest, SaysHowItEndedAndWhatItSaidWhenItIsNeverReady) {
  auto options = shell("echo no licence >&2; exit 4");
  options.ready_prefix = "ready";
  const Status status = child_.start(options);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::Unreachable);
  EXPECT_EQ(status.error().message, "sh exited with 4 before it was ready; its output: no licence\n");
}

TEST_F(ChildProcessTest, EndsAChildThatKeepsSilent) {
  auto options = shell("echo almost ready; exec sleep 100");
  options.ready_prefix = "ready";
  options.ready_timeout_ms = 50;
  const Status status = child_.start(options);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::Unreachable);
  EXPECT_NE(status.error().message.find("was not ready within 50 ms"), std::string::npos) << status.error().message;
  EXPECT_TRUE(ends(child_.pid()));
}

TEST_F(ChildProcessTest, NamesAProgramThatDoesNotExist) {
  const Status status = child_.start({.command = {"no-such-program-here"}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::Usage);
  EXPECT_EQ(child_.pid(), -1);
  EXPECT_EQ(child_.stop(), -1);
}

TEST_F(ChildProcessTest, ReportsAFailedExec) {
  std::ofstream(file("script")) << "neither a program nor a script\n";
  std::filesystem::permissions(file("script"), std::filesystem::perms::owner_all);
  const Status status = child_.start({.command = {file("script")}});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("Exec format error"), std::string::npos) << status.error().message;
}

TEST_F(ChildProcessTest, StopsPolitelyAndKillsTheStubbornWithItsChildren) {
  auto polite = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  polite.ready_prefix = "ready";
  ASSERT_TRUE(child_.start(polite).ok());
  EXPECT_EQ(child_.stop(), 7);
  EXPECT_EQ(child_.stop(), 7);

  auto stubborn = shell("trap '' TERM; sleep 100 & echo ready $!; wait; sleep 100");
  stubborn.ready_prefix = "ready ";
  ASSERT_TRUE(child_.start(stubborn).ok());
  const int grandchild = std::stoi(child_.ready_line());
  EXPECT_EQ(child_.stop(50), 128 + SIGKILL);
  EXPECT_EQ(child_.died(), "was killed by signal 9");
  EXPECT_TRUE(ends(grandchild));
}

TEST_F(ChildProcessTest, StopsAFrozenChildPolitely) {
  auto options = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  options.ready_prefix = "ready";
  ASSERT_TRUE(child_.start(options).ok());
  child_.signal(SIGSTOP);
  EXPECT_EQ(child_.died(), "");
  EXPECT_EQ(child_.stop(10'000), 7);
}

TEST_F(ChildProcessTest, CountsItsCpuWhileItRunsAndAfterIt) {
  // It stays the same program: in the middle of an exec a process has next to no memory.
  auto options = shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo ready; while :; do :; done");
  options.ready_prefix = "ready";
  ASSERT_TRUE(child_.start(options).ok());
  const ProcessCost running = child_.cost();
  EXPECT_GE(running.cpu_s, 0.02);
  EXPECT_GT(running.rss_max_bytes, 100'000);
  child_.stop();
  EXPECT_GE(child_.cost().cpu_s, running.cpu_s - 0.011);  // one step of /proc's clock
  EXPECT_GE(child_.cost().rss_max_bytes, running.rss_max_bytes);
}

TEST_F(ChildProcessTest, DoesNotCountOurMemoryAsItsOwn) {
  const std::vector<char> ours(200'000'000, 'x');
  auto options = shell("echo ready; exec sleep 100");
  options.ready_prefix = "ready";
  ASSERT_TRUE(child_.start(options).ok());
  child_.stop();
  EXPECT_LT(child_.cost().rss_max_bytes, static_cast<std::int64_t>(ours.size()) / 4);
}

TEST_F(ChildProcessTest, GivesTheChildACleanStart) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t term, before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, &before);
  const int leaked = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  const int wanted = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  auto options = shell(
      "for n in /proc/$$/fd/*; do case $(readlink $n) in /dev/null) echo ${n##*/};; esac; done;"
      "echo $FRESHET_TEST $(cut -d' ' -f5 /proc/$$/stat) $$;"
      // By the shell itself: while it starts a program, all its signals are blocked.
      "while read -r line; do case $line in SigBlk*|SigIgn*) echo \"$line\";; esac; done </proc/$$/status");
  options.environment["FRESHET_TEST"] = "word";
  options.output_file = file("out");
  options.inherited = {wanted};
  const Status status = child_.start(options);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::close(leaked);
  ::close(wanted);
  ASSERT_TRUE(status.ok());
  ASSERT_TRUE(child_.wait(10'000));
  const std::string pid = std::to_string(child_.pid());
  EXPECT_EQ(contents(file("out")), "0\n" + std::to_string(wanted) + "\nword " + pid + " " + pid +
                                       "\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ChildProcessTest, DiesWithItsOwner) {
  OtherProcess owner([] {
    auto* child = new ChildProcess();
    return child->start(shell("trap '' TERM HUP INT; while :; do sleep 1; done")).ok() ? std::to_string(child->pid())
                                                                                       : "";
  });
  ASSERT_NE(owner.line(), "");
  const int child = std::stoi(owner.line());
  ASSERT_TRUE(cost_of(child).has_value()) << "it runs while its owner does";
  owner.kill_now();
  EXPECT_TRUE(ends(child));
}

TEST(ProcessCost, IsUnknownForProcessesThatDoNotRun) {
  EXPECT_TRUE(cost_of(::getpid()).has_value());
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  ASSERT_TRUE(ends(zombie));
  EXPECT_FALSE(cost_of(zombie).has_value());
  ::waitpid(zombie, nullptr, 0);
  EXPECT_FALSE(cost_of(zombie).has_value());
}

TEST(FindProgram, LooksInSystemFoldersThatThePathLacks) {
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  EXPECT_NE(find_program("sh"), "");
  EXPECT_EQ(find_program("no-such-program-here"), "");
  EXPECT_EQ(find_program("/etc/passwd"), "") << "a file that is no program";
  ::setenv("PATH", before.c_str(), 1);
}

/// The pid of what a script started, when the script's owner is another process.
std::string grandchild_of(ChildProcess& script, bool guarded) {
  auto options = shell("sleep 1000 & echo started $!; wait");
  options.ready_prefix = "started ";
  options.guarded = guarded;
  return script.start(options).ok() ? script.ready_line() : "0";
}

TEST_F(ChildProcessTest, WhatAGuardedScriptStartedEndsWithItsOwner) {
  for (const bool guarded : {true, false}) {
    ChildProcess script;
    OtherProcess owner([&] { return grandchild_of(script, guarded); });
    const int grandchild = std::stoi(owner.line());
    ASSERT_GT(grandchild, 0);
    owner.kill_now();
    if (guarded) {
      EXPECT_TRUE(ends(grandchild));
    } else {
      EXPECT_EQ(::kill(grandchild, 0), 0) << "without a guard it lives on";
      ::kill(grandchild, SIGKILL);
    }
  }
}

TEST_F(ChildProcessTest, AGuardEndsAsItsProgramDoes) {
  auto options = shell("exit 5");
  options.guarded = true;
  ASSERT_TRUE(child_.start(options).ok());
  ASSERT_TRUE(child_.wait(10'000));
  EXPECT_EQ(child_.exit_code(), 5);
  const int grandchild = std::stoi(grandchild_of(child_, true));
  child_.stop();
  EXPECT_TRUE(ends(grandchild));
  options.command = {"/no/such/program"};
  EXPECT_FALSE(child_.start(options).ok());
}

TEST_F(ChildProcessTest, AStopEndsTheWaitForReadiness) {
  auto options = shell("exec sleep 1000");
  options.ready_prefix = "ready";
  std::stop_source stop;
  options.stop = stop.get_token();
  stop.request_stop();
  const Status started = child_.start(options);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::Interrupted);
  EXPECT_NE(child_.died(), "");
}

}  // namespace
}  // namespace freshet
