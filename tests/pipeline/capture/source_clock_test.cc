// What time it is to the pipeline: by its sources, of which each is as far as it was read.
#include "pipeline/capture/source_clock.h"

#include <gtest/gtest.h>

#include <optional>

namespace freshet {
namespace {

constexpr bool kAtEnd = true;
constexpr WallTime at(std::int64_t micros) { return WallTime{Micros{micros}}; }

/// The time when the lane has been read.
std::optional<WallTime> time_after(SourceClock& clock, std::size_t lane, const SourceReading& reading) {
  clock.read(lane, reading);
  return clock.now().time;
}

TEST(SourceClock, IsThatOfTheLaneThatIsBehind) {
  SourceClock clock(2);
  EXPECT_FALSE(clock.now().time) << "nothing was read";
  EXPECT_FALSE(time_after(clock, 0, {at(100), false})) << "the other one has more, which may be older";
  EXPECT_FALSE(clock.now().at_end);
  EXPECT_EQ(time_after(clock, 1, {at(70), false}), at(70));
  EXPECT_EQ(time_after(clock, 1, {at(130), false}), at(100));
}

TEST(SourceClock, IsNotHeldBackByWhatWasReadToItsEnd) {
  SourceClock clock(2);
  clock.read(0, {at(100), false});
  EXPECT_EQ(time_after(clock, 1, {std::nullopt, kAtEnd}), at(100)) << "of an empty one nothing older can come";
  EXPECT_EQ(time_after(clock, 1, {at(90), kAtEnd}), at(100));
  EXPECT_EQ(time_after(clock, 0, {at(120), kAtEnd}), at(120));
  EXPECT_TRUE(clock.now().at_end);
}

TEST(SourceClock, NeverGoesBack) {
  SourceClock clock(2);
  clock.read(0, {at(100), kAtEnd});
  EXPECT_EQ(time_after(clock, 1, {at(50), kAtEnd}), at(100));
  EXPECT_EQ(time_after(clock, 1, {at(60), false}), at(100)) << "what comes late comes late";
  clock.read(1, {at(40), false});
  EXPECT_EQ(time_after(clock, 0, {std::nullopt, kAtEnd}), at(100)) << "a lane's own clock does not, either";
}

TEST(SourceClock, ALaneThatComesLaterIsHeardToo) {
  SourceClock clock;
  EXPECT_EQ(time_after(clock, clock.add_lane(), {at(100), false}), at(100));
  const std::size_t later = clock.add_lane();
  EXPECT_EQ(time_after(clock, 0, {at(200), false}), at(100)) << "it was not heard yet";
  EXPECT_EQ(time_after(clock, later, {std::nullopt, kAtEnd}), at(200));
}

}  // namespace
}  // namespace freshet
