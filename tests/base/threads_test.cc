// Threads, conditions and turns: the machine's and those of a virtual clock keep the same promises.
#include "base/threads.h"

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "fakes/fake_threads.h"

namespace freshet {
namespace {

/// Three threads add to a number in turns, each taking its time between reading and writing.
int count_in_turns(const Clock& clock, const Threads& threads) {
  constexpr int kTimes = 20;
  Turn turn(threads);
  int count = 0;
  std::vector<std::unique_ptr<Thread>> adding;
  for (int i = 0; i < 3; ++i) {
    adding.push_back(threads.start([&](const std::stop_token&) {
      for (int time = 0; time < kTimes; ++time) {
        const std::scoped_lock lock(turn);
        const int before = count;
        clock.sleep_until(clock.now() + kNanosPerMicro, {});
        count = before + 1;
      }
    }));
  }
  for (const auto& thread : adding) thread->join();
  return count;
}

/// One thread waits until another has said so.
bool wait_for_another(const Threads& threads) {
  std::mutex mutex;
  const std::unique_ptr<Condition> told = threads.make_condition();
  bool said = false;
  bool heard = false;
  const auto listener = threads.start([&](const std::stop_token&) {
    std::unique_lock lock(mutex);
    told->wait(lock, [&] { return said; });
    heard = lock.owns_lock();
  });
  const auto speaker = threads.start([&](const std::stop_token&) {
    {
      const std::scoped_lock lock(mutex);
      said = true;
    }
    told->notify_all();
  });
  listener->join();
  return heard;
}

/// A thread that would sleep for ever ends when its owner lets go of it.
void let_go_of_a_sleeper(const Clock& clock, const Threads& threads) {
  const auto sleeper = threads.start([&clock](const std::stop_token& stop) {
    while (!stop.stop_requested()) clock.sleep_until(clock.now() + 3'600 * kNanosPerSecond, stop);
  });
}

TEST(SystemThreads, TakeTurnsWaitAndStop) {
  const SystemClock clock;
  const SystemThreads threads;
  EXPECT_EQ(count_in_turns(clock, threads), 60);
  EXPECT_TRUE(wait_for_another(threads));
  let_go_of_a_sleeper(clock, threads);
}

TEST(FakeThreads, TakeTurnsWaitAndStop) {
  const fakes::FakeClock clock;
  const fakes::FakeThreads threads(clock);
  const Instant began = clock.now();
  EXPECT_EQ(count_in_turns(clock, threads), 60);
  EXPECT_EQ(clock.now() - began, 60 * kNanosPerMicro) << "one after the other";
  EXPECT_TRUE(wait_for_another(threads));
  clock.run_tasks({[&] { let_go_of_a_sleeper(clock, threads); }});
  EXPECT_EQ(clock.now() - began, 60 * kNanosPerMicro) << "nobody slept";
}

/// Without a turn they lose count: the threads of a virtual clock do come between one another.
TEST(FakeThreads, ComeBetweenOneAnotherWithoutATurn) {
  const fakes::FakeClock clock;
  const fakes::FakeThreads threads(clock);
  int count = 0;
  std::vector<std::unique_ptr<Thread>> adding;
  for (int i = 0; i < 3; ++i) {
    adding.push_back(threads.start([&](const std::stop_token&) {
      const int before = count;
      clock.sleep_until(clock.now() + kNanosPerMicro, {});
      count = before + 1;
    }));
  }
  for (const auto& thread : adding) thread->join();
  EXPECT_EQ(count, 1);
}

TEST(ExitCode, OfEachKindOfErrorIsAsDocumented) {
  EXPECT_EQ(exit_code::of(ErrorKind::Internal), 1);
  EXPECT_EQ(exit_code::of(ErrorKind::Usage), 2);
  EXPECT_EQ(exit_code::of(ErrorKind::Unreachable), 8);
  EXPECT_EQ(exit_code::of(ErrorKind::Interrupted), 130);
}

}  // namespace
}  // namespace freshet
