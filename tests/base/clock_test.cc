// The types of time refuse to be mixed. The machine's clock: it advances, a sleep lasts until its instant, and a stop
// request ends it.
#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>
#include <type_traits>

namespace freshet {
namespace {

// Beside each refusal stands what is accepted, so that none holds for a wrong reason.

template <typename A, typename B>
concept Adds = requires(A a, B b) {
  a + b;
};
template <typename A, typename B>
concept Subtracts = requires(A a, B b) {
  a - b;
};
template <typename A, typename B>
concept Multiplies = requires(A a, B b) {
  a* b;
};
template <typename A, typename B>
concept Compares = requires(A a, B b) {
  a < b;
};

template <typename Time>
constexpr bool kRefusesNumbers = !std::is_convertible_v<int, Time> && !std::is_convertible_v<std::int64_t, Time> &&
                                 !std::is_constructible_v<Time, double> && !std::is_convertible_v<Time, std::int64_t> &&
                                 !Compares<Time, int> && !Adds<Time, int>;
static_assert(kRefusesNumbers<Nanos> && kRefusesNumbers<Micros>);
static_assert(kRefusesNumbers<Instant> && kRefusesNumbers<WallTime>);
static_assert(!kRefusesNumbers<std::int64_t>);
static_assert(std::is_constructible_v<Nanos, std::int64_t> && std::is_constructible_v<Micros, std::int64_t>);

static_assert(std::is_convertible_v<Micros, Nanos>, "nothing is lost");
static_assert(!std::is_convertible_v<Nanos, Micros> && !std::is_constructible_v<Micros, Nanos>);
static_assert(Multiplies<int, Nanos> && !Multiplies<Nanos, Nanos> && !Multiplies<Micros, Nanos>);

static_assert(Adds<Instant, Nanos> && Adds<Instant, Micros> && !Adds<Instant, Instant>);
static_assert(std::is_same_v<decltype(Instant{} - Instant{}), Nanos>);
static_assert(!std::is_convertible_v<Nanos, Instant> && !std::is_convertible_v<Micros, WallTime>);

static_assert(Subtracts<WallTime, WallTime> && !Subtracts<WallTime, Instant>);
static_assert(Compares<Instant, Instant> && Compares<WallTime, WallTime> && !Compares<Instant, WallTime>);
static_assert(std::is_same_v<decltype(WallTime{} + Micros{}), WallTime>);
static_assert(!std::is_convertible_v<decltype(WallTime{} + Nanos{}), WallTime>);

static_assert(sizeof(Instant) == sizeof(std::int64_t) && std::is_trivially_copyable_v<Instant>);

TEST(TimeTypes, MicrosecondsBecomeNanosecondsAndComeBackWithoutTheFraction) {
  EXPECT_EQ(Nanos{Micros{3}}, Nanos{3'000});
  EXPECT_EQ(whole_micros(Nanos{3'999}), Micros{3});
  EXPECT_EQ(whole_micros(Nanos{-3'999}), Micros{-3});
  EXPECT_EQ(kMicrosPerSecond, kNanosPerSecond);
}

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
  const std::int64_t seconds = epoch_micros(SystemClock().wall()) / kMicrosPerSecond.count();
  EXPECT_LE(std::abs(seconds - static_cast<std::int64_t>(time(nullptr))), 1);
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
  clock.sleep_until(Instant{}, {});
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
