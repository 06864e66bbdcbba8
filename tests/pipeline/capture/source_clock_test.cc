// What time it is to the pipeline: by its sources, of which each is as far as it was read.
#include "pipeline/capture/source_clock.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr bool kAtEnd = true;

TEST(SourceClock, IsThatOfTheLaneThatIsBehind) {
  SourceClock clock(2);
  EXPECT_FALSE(clock.now().time) << "nothing was read";
  clock.read(0, {100, false});
  EXPECT_FALSE(clock.now().time) << "the other one has more, which may be older";
  clock.read(1, {70, false});
  EXPECT_EQ(clock.now().time, 70);
  clock.read(1, {130, false});
  EXPECT_EQ(clock.now().time, 100);
  EXPECT_FALSE(clock.now().at_end);
}

TEST(SourceClock, IsNotHeldBackByWhatWasReadToItsEnd) {
  SourceClock clock(2);
  clock.read(0, {100, false});
  clock.read(1, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, 100) << "of an empty one nothing older can come";
  clock.read(1, {90, kAtEnd});
  EXPECT_EQ(clock.now().time, 100);
  clock.read(0, {120, kAtEnd});
  EXPECT_EQ(clock.now().time, 120);
  EXPECT_TRUE(clock.now().at_end);
}

TEST(SourceClock, NeverGoesBack) {
  SourceClock clock(2);
  clock.read(0, {100, kAtEnd});
  clock.read(1, {50, kAtEnd});
  EXPECT_EQ(clock.now().time, 100);
  clock.read(1, {60, false});
  EXPECT_EQ(clock.now().time, 100) << "what comes late comes late";
  clock.read(1, {40, false});
  clock.read(0, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, 100) << "a lane's own clock does not, either";
}

TEST(SourceClock, ALaneThatComesLaterIsHeardToo) {
  SourceClock clock;
  clock.read(clock.add_lane(), {100, false});
  EXPECT_EQ(clock.now().time, 100);
  const std::size_t later = clock.add_lane();
  clock.read(0, {200, false});
  EXPECT_EQ(clock.now().time, 100) << "it was not heard yet";
  clock.read(later, {std::nullopt, kAtEnd});
  EXPECT_EQ(clock.now().time, 200);
}

}  // namespace
}  // namespace freshet
