// Arrivals are the process that was declared, and their times can be asked for in any order.
#include "generator/time/arrivals.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "generator/fit.h"

namespace freshet {
namespace {

using Process = Load::Process;

std::vector<Micros> times_of(const Arrivals& arrivals) {
  std::vector<Micros> times;
  Micros time{};
  for (Arrivals::Cursor cursor(arrivals); cursor.next(time);) times.push_back(time);
  return times;
}

RateCurve flat(double rate, Micros length) { return RateCurve({}, {Stage{rate, rate, length}}); }

TEST(ARateCurve, CountsStagesAndRampsAndIsInvertible) {
  const RateCurve curve(Micros{2'000'000}, {{100, 100, Micros{1'000'000}},
                                            {100, 300, Micros{2'000'000}},
                                            {0, 0, Micros{1'000'000}},
                                            {50, 50, Micros{500'000}}});
  EXPECT_EQ(curve.end(), Micros{6'500'000});
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{2'000'000}), 200) << "the warm-up runs at the first rate";
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{3'000'000}), 300);
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{4'000'000}), 450) << "half of the ramp: 100 to 200 per second";
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{5'000'000}), 700);
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{6'000'000}), 700) << "nothing in the pause";
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{9'000'000}), 725);
  for (double count = 0.5; count < 725; count += 1.7) {
    EXPECT_NEAR(curve.cumulative(curve.inverse(count)), count, 0.001) << count;
  }
}

TEST(ARateCurve, ARampFromNothingWarmsUpAtItsMean) {
  const RateCurve curve(Micros{1'000'000}, {{0, 500, Micros{1'000'000}}});
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{1'000'000}), 250);
  EXPECT_DOUBLE_EQ(curve.cumulative(Micros{2'000'000}), 500);
}

TEST(PoissonArrivals, InASlotHaveEqualMeanAndVariance) {
  for (const double per_slot : {0.3, 2.0, 10.0, 15.9, 16.1, 400.0}) {
    const Micros length = 20'000 * Arrivals::kSlot;
    const Arrivals arrivals(flat(per_slot * 100, length), Process::Poisson, Stream{7});
    std::vector<std::uint64_t> slots(20'000);
    for (const Micros time : times_of(arrivals)) ++slots[static_cast<std::size_t>(time / Arrivals::kSlot)];
    const double mean = std::accumulate(slots.begin(), slots.end(), 0.0) / 20'000;
    double variance = 0;
    for (const auto count : slots)
      variance += (static_cast<double>(count) - mean) * (static_cast<double>(count) - mean);
    variance /= 19'999;
    EXPECT_NEAR(mean, per_slot, 4.5 * std::sqrt(per_slot / 20'000));
    EXPECT_NEAR(variance / mean, 1, 4.5 * std::sqrt((2 + 1 / per_slot) / 20'000)) << per_slot;
  }
}

/// Slots are as long as it takes, and the process is the same.
TEST(PoissonArrivals, OfDaysAreOrderedAndFoundByTheirIndex) {
  constexpr Micros kHour = 3'600 * kMicrosPerSecond;
  constexpr double kPerHour = 180;
  const Arrivals arrivals(flat(kPerHour / 3'600, 1'000 * kHour), Process::Poisson, Stream{7});
  const std::vector<Micros> times = times_of(arrivals);
  ASSERT_EQ(times.size(), arrivals.count());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  std::vector<double> hours(1'000);
  for (std::size_t i = 0; i < times.size(); ++i) {
    ++hours[static_cast<std::size_t>(times[i] / kHour)];
    if (i % 97 != 0) continue;
    EXPECT_EQ(arrivals.time(i), times[i]) << i;
    EXPECT_EQ(arrivals.before(times[i] + Micros{1}), i + 1) << i;
  }
  double variance = 0;
  for (const double count : hours) variance += (count - kPerHour) * (count - kPerHour) / 1'000;
  EXPECT_NEAR(static_cast<double>(times.size()) / 1'000, kPerHour, 4.5 * std::sqrt(kPerHour / 1'000));
  EXPECT_NEAR(variance / kPerHour, 1, 4.5 * std::sqrt(2.0 / 1'000));
}

TEST(PoissonArrivals, HaveExponentialGaps) {
  for (const double rate : {200.0, 1'000.0, 20'000.0}) {
    const Arrivals arrivals(flat(rate, Micros{static_cast<std::int64_t>(100'000 / rate * 1e6)}), Process::Poisson,
                            Stream{8});
    const std::vector<Micros> times = times_of(arrivals);
    std::vector<double> gaps;
    // Half a µs of jitter is spread evenly, because times are whole and gaps are not.
    for (std::size_t i = 1; i < times.size(); ++i) {
      gaps.push_back(static_cast<double>((times[i] - times[i - 1]).count()) + unit(draw(Stream{1}, i)) -
                     unit(draw(Stream{2}, i)));
    }
    EXPECT_LT(fit::distance(gaps, [&](double x) { return x < 0 ? 0 : 1 - std::exp(-x * rate / 1e6); }),
              fit::kDistanceLimit + 0.35)
        << rate;
  }
}

TEST(PoissonArrivals, EvenSpacingIsNotTakenForThem) {
  const Arrivals arrivals(flat(1000, Micros{10'000'000}), Process::Constant, Stream{8});
  const std::vector<Micros> times = times_of(arrivals);
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(static_cast<double>((times[i] - times[i - 1]).count()));
  EXPECT_GT(fit::distance(gaps, [](double x) { return 1 - std::exp(-x / 1000); }), fit::kDistanceLimit);
}

TEST(PoissonArrivals, LieEvenlyWithinASlotHoweverFull) {
  for (const double rate : {800.0, 5'000.0, 300'000.0}) {
    const Arrivals arrivals(flat(rate, Micros{static_cast<std::int64_t>(200'000 / rate * 1e6)}), Process::Poisson,
                            Stream{9});
    std::vector<std::uint64_t> tenths(100);
    const std::vector<Micros> times = times_of(arrivals);
    for (const Micros time : times) ++tenths[static_cast<std::size_t>((time % Arrivals::kSlot).count()) / 100];
    const std::vector<double> expected(100, static_cast<double>(times.size()) / 100);
    EXPECT_LT(fit::chi_square_excess(tenths, expected), fit::kChiSquareLimit) << rate;
  }
}

TEST(PoissonArrivals, FollowARamp) {
  const RateCurve curve({}, {{100, 4'000, Micros{20'000'000}}, {4'000, 0, Micros{5'000'000}}});
  const Arrivals arrivals(curve, Process::Poisson, Stream{10});
  std::vector<double> expected_counts;
  for (const Micros time : times_of(arrivals)) expected_counts.push_back(curve.cumulative(time));
  const double total = curve.cumulative(curve.end());
  EXPECT_LT(fit::distance(expected_counts, [&](double x) { return x / total; }), fit::kDistanceLimit);
}

TEST(PoissonArrivals, ARateThatChangesWithinASlotIsKept) {
  // 3 ms of rate and 7 ms of pause, again and again: nothing may fall into the pauses.
  std::vector<Stage> stages;
  for (int i = 0; i < 300; ++i) {
    stages.push_back({5'000, 5'000, Micros{3'000}});
    stages.push_back({0, 0, Micros{7'000}});
  }
  const Arrivals arrivals(RateCurve({}, stages), Process::Poisson, Stream{11});
  EXPECT_NEAR(static_cast<double>(arrivals.count()), 4'500, 4.5 * std::sqrt(4'500));
  for (const Micros time : times_of(arrivals)) EXPECT_LE(time % Micros{10'000}, Micros{3'000});
}

TEST(Arrivals, AnswerInAnyOrderWhatTheCursorReads) {
  for (const Process process : {Process::Poisson, Process::Constant}) {
    const RateCurve curve(Micros{500'000}, {{50, 20'000, Micros{1'000'000}},
                                            {300'000, 300'000, Micros{200'000}},
                                            {0, 0, Micros{100'000}},
                                            {7, 7, Micros{3'000'000}}});
    const Arrivals arrivals(curve, process, Stream{12});
    const std::vector<Micros> times = times_of(arrivals);
    ASSERT_EQ(times.size(), arrivals.count());
    for (std::size_t i = 0; i < times.size(); ++i) {
      const std::size_t index = (i * 7919) % times.size();
      ASSERT_EQ(arrivals.time(index), times[index]);
      ASSERT_TRUE(i == 0 || times[i] >= times[i - 1]) << "time does not run backwards";
    }
    EXPECT_GE(times.front(), Micros{});
    EXPECT_LT(times.back(), curve.end());
  }
}

TEST(Arrivals, AreAFunctionOfTheStream) {
  const Arrivals one(flat(1000, Micros{1'000'000}), Process::Poisson, Stream{1});
  const Arrivals same(flat(1000, Micros{1'000'000}), Process::Poisson, Stream{1});
  const Arrivals other(flat(1000, Micros{1'000'000}), Process::Poisson, Stream{2});
  EXPECT_EQ(times_of(one), times_of(same));
  EXPECT_NE(times_of(one), times_of(other));
}

TEST(Arrivals, OfALongerScheduleBeginWithThoseOfAShorterOne) {
  const std::vector<Micros> shorter = times_of(Arrivals(flat(1000, Micros{1'000'000}), Process::Poisson, Stream{1}));
  const std::vector<Micros> longer = times_of(Arrivals(flat(1000, Micros{3'000'000}), Process::Poisson, Stream{1}));
  ASSERT_LT(shorter.size(), longer.size());
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST(ConstantArrivals, AreEvenlySpaced) {
  const std::vector<Micros> times = times_of(Arrivals(flat(1000, Micros{1'000'000}), Process::Constant, Stream{1}));
  ASSERT_EQ(times.size(), 1000u);
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_LE(std::chrono::abs(times[i] - Micros{1000 * i + 500}), Micros{1});
}

TEST(History, IsBeforeZeroInOrderAndAtRandomPlaces) {
  const Micros day = 86'400 * kMicrosPerSecond;
  const Arrivals arrivals(flat(100, kMicrosPerSecond), Process::Poisson, Stream{7}, {0.5, day});
  const Arrivals live(flat(100, kMicrosPerSecond), Process::Poisson, Stream{7});
  const std::vector<Micros> times = times_of(arrivals);
  ASSERT_EQ(times.size(), arrivals.count());
  EXPECT_EQ(arrivals.count(), 43'200 + live.count());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_GE(times.front(), -day);
  EXPECT_LT(times[43'199], Micros{});
  EXPECT_GE(times[43'200], Micros{});
  std::vector<double> places;
  for (std::size_t k = 0; k < times.size(); ++k) {
    EXPECT_EQ(arrivals.time(k), times[k]);
    if (k < 43'200) {
      places.push_back(static_cast<double>((times[k] + day).count()) / 2e6 - static_cast<double>(k));
    } else {
      EXPECT_EQ(times[k], live.time(k - 43'200)) << "the load is as it is without a history";
    }
  }
  EXPECT_LT(fit::distance(places, [](double x) { return std::clamp(x, 0.0, 1.0); }), fit::kDistanceLimit);
}

TEST(ArrivalsBefore, AreCountedAtAnyInstant) {
  for (const Process process : {Process::Poisson, Process::Constant}) {
    const Arrivals arrivals(flat(3'000, kMicrosPerSecond), process, Stream{7}, {2'000, Micros{500'000}});
    const std::vector<Micros> times = times_of(arrivals);
    for (Micros instant{-600'000}; instant < Micros{1'100'000}; instant += Micros{777}) {
      const auto expected = std::lower_bound(times.begin(), times.end(), instant) - times.begin();
      ASSERT_EQ(arrivals.before(instant), static_cast<std::uint64_t>(expected)) << instant.count();
    }
    for (std::size_t k = 0; k < times.size(); k += 13) ASSERT_LE(arrivals.before(times[k]), k) << "not itself";
  }
}

}  // namespace
}  // namespace freshet
