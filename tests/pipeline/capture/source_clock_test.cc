// What time it is to the pipeline: by its sources, of which each is as far as it was read.
#include "pipeline/capture/source_clock.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr bool kAtEnd = true;
constexpr WallTime at(std::int64_t micros) { return WallTime{Micros{micros}}; }

TEST(SourceClock, IsThatOfTheLaneThatIsBehind) {
  SourceClock clock(2);
  EXPECT_FALSE(clock.now().time) << "nothing was read";
  clock.read(0, {at(100), false});
  EXPECT_FALSE(clock.now().time) << "the other one has more, which may be older";
  clock.read(1, {at(70), false});
  EXPECT_EQ(clock.now().time, at(70));
  clock.read(1, {at(130), false});
  EXPECT_EQ(clock.now().time, at(100));
  EXPECT_FALSE(clock.now().at_end);
}

TEST(SourceClock, IsNotHeldBackByWhatWasReadToItsEnd) {
  SourceClock clock(2);
  clock.read(0, {at(100), false});
  clock.read(1, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, at(100)) << "of an empty one nothing older can come";
  clock.read(1, {at(90), kAtEnd});
  EXPECT_EQ(clock.now().time, at(100));
  clock.read(0, {at(120), kAtEnd});
  EXPECT_EQ(clock.now().time, at(120));
  EXPECT_TRUE(clock.now().at_end);
}

TEST(SourceClock, NeverGoesBack) {
  SourceClock clock(2);
  clock.read(0, {at(100), kAtEnd});
  clock.read(1, {at(50), kAtEnd});
  EXPECT_EQ(clock.now().time, at(100));
  clock.read(1, {at(60), false});
  EXPECT_EQ(clock.now().time, at(100)) << "what comes late comes late";
  clock.read(1, {at(40), false});
  clock.read(0, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, at(100)) << "a lane's own clock does not, either";
}

TEST(SourceClock, ALaneThatComesLaterIsHeardToo) {
  SourceClock clock;
  clock.read(clock.add_lane(), {at(100), false});
  EXPECT_EQ(clock.now().time, at(100));
  const std::size_t later = clock.add_lane();
  clock.read(0, {at(200), false});
  EXPECT_EQ(clock.now().time, at(100)) << "it was not heard yet";
  clock.read(later, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, at(200));
}

}  // namespace
}  // namespace freshet
