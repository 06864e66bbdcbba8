// The machine's clock: it advances, a sleep lasts until its instant, and a stop request ends it.
#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace freshet {
namespace {

TEST(SystemClock, NowNeverGoesBack) {
  const SystemClock clock;
  Instant last = clock.now();
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, WallCountsMicrosecondsSinceTheEpoch) {
  const Micros seconds = SystemClock().wall() / kMicrosPerSecond;
  EXPECT_LE(std::abs(seconds - static_cast<Micros>(time(nullptr))), 1);
}

TEST(SystemClock, SleepsUntilTheInstantAndNotLess) {
  const SystemClock clock;
  const Instant until = clock.now() + 20 * kNanosPerMilli;
  clock.sleep_until(until, {});
  EXPECT_GE(clock.now(), until);
}

TEST(SystemClock, AnInstantThatHasPassedIsNotWaitedFor) {
  const SystemClock clock;
  const Instant before = clock.now();
  clock.sleep_until(before - kNanosPerSecond, {});
  clock.sleep_until(0, {});
  EXPECT_LT(clock.now() - before, kNanosPerSecond);
}

TEST(SystemClock, AStopRequestEndsTheSleep) {
  const SystemClock clock;
  const Instant far = clock.now() + 3'600 * kNanosPerSecond;
  std::jthread sleeper([&](const std::stop_token& stop) { clock.sleep_until(far, stop); });
  sleeper.request_stop();
  sleeper.join();  // would wait for an hour
  EXPECT_LT(clock.now(), far);
}

TEST(SystemClock, ARequestMadeBeforeTheSleepIsSeen) {
  const SystemClock clock;
  std::stop_source source;
  source.request_stop();
  const Instant far = clock.now() + 3'600 * kNanosPerSecond;
  clock.sleep_until(far, source.get_token());
  EXPECT_LT(clock.now(), far);
}

}  // namespace
}  // namespace freshet
