// The memory of values in flight: what is not released is never handed out again, and what is released is.
#include "clients/kafka/kafka_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string>

namespace freshet::kafka {
namespace {

TEST(ValuesInFlight, StayAsTheyAreUntilTheyAreReleased) {
  ValueBlocks blocks;
  struct Kept {
    char* at;
    std::string value;
  };
  std::deque<Kept> kept;
  for (int i = 0; i < 50'000; ++i) {
    const std::string value(static_cast<std::size_t>(1 + i * 7919 % 5'000), static_cast<char>('a' + i % 26));
    char* at = blocks.reserve(value.size(), 1);
    ASSERT_NE(at, nullptr);
    ASSERT_TRUE(blocks.holds(at));
    std::copy(value.begin(), value.end(), at);
    kept.push_back({at, value});
    // Out of order: every other time the second oldest goes first.
    for (std::size_t which = i % 2 == 0 ? 1 : 0; kept.size() > 500; which = 0) {
      const Kept& oldest = kept[which];
      ASSERT_EQ(std::string_view(oldest.at, oldest.value.size()), oldest.value);
      blocks.release(oldest.at);
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
}

TEST(ValuesInFlight, UseTheSameMemoryAgain) {
  ValueBlocks blocks;
  std::set<char*> places;
  for (int i = 0; i < 10'000; ++i) {
    char* at = blocks.reserve(100'000, 2);
    ASSERT_NE(at, nullptr);
    places.insert(at);
    blocks.release(at);
    blocks.release(at + 50'000);
  }
  EXPECT_LE(places.size(), 6U) << "three blocks of two at most";
}

TEST(ValuesInFlight, AreLeftToTheClientWhenThereIsNoRoom) {
  ValueBlocks blocks;
  EXPECT_EQ(blocks.reserve(ValueBlocks::kBlockBytes + 1, 1), nullptr);
  std::vector<char*> all;
  while (char* at = blocks.reserve(ValueBlocks::kBlockBytes, 1)) all.push_back(at);
  EXPECT_EQ(all.size(), 1024U);
  blocks.release(all[7]);
  EXPECT_EQ(blocks.reserve(10, 1), all[7]);
  EXPECT_FALSE(blocks.holds(nullptr));
  EXPECT_FALSE(blocks.holds(&blocks));
}

}  // namespace
}  // namespace freshet::kafka
