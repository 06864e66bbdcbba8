// The way of outcomes to the judge, on a virtual clock.
#include "app/run/outcome_queue.h"

#include <gtest/gtest.h>

#include "fakes/fake_threads.h"

namespace freshet {
namespace {

TEST(OutcomeQueue, IsDrainedWhenEverythingPushedWasProcessed) {
  const fakes::FakeClock clock;
  const fakes::FakeThreads threads(clock);
  OutcomeQueue queue(2, threads);
  int dealt_with = 0;
  const auto judge = threads.start([&](const std::stop_token&) {
    while (queue.pop()) {
      clock.sleep_until(clock.now() + kNanosPerMilli, {});
      ++dealt_with;
    }
  });
  const auto writer = threads.start([&](const std::stop_token&) {
    for (int i = 0; i < 5; ++i) queue.push({Settled{}});
    EXPECT_LT(dealt_with, 5) << "what is queued is not dealt with";
    queue.catch_up();
    EXPECT_EQ(dealt_with, 5);
    queue.catch_up();  // nothing is left: at once
    queue.close();
    queue.push({Settled{}});
  });
  writer->join();
  judge->join();
  EXPECT_EQ(dealt_with, 5) << "what comes after the end is dropped";
}

TEST(OutcomeQueue, BlocksAWriterWhileItIsFull) {
  const fakes::FakeClock clock;
  const fakes::FakeThreads threads(clock);
  OutcomeQueue queue(1, threads);
  const Instant began = clock.now();
  Instant pushed{};
  const auto writer = threads.start([&](const std::stop_token&) {
    queue.push({});
    queue.push({});
    pushed = clock.now();
  });
  const auto judge = threads.start([&](const std::stop_token&) {
    clock.sleep_until(began + kNanosPerSecond, {});
    queue.pop();
  });
  writer->join();
  judge->join();
  EXPECT_EQ(pushed, began + kNanosPerSecond);
}

}  // namespace
}  // namespace freshet
