// Counts of instances against the plainest way to keep them.
#include "generator/write/lanes/instance_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace freshet {
namespace {

TEST(CountsOfInstances, AreThoseOfAMap) {
  std::mt19937_64 dice(7);
  InstanceCounts counts;
  std::map<std::pair<std::size_t, Ordinal>, int> expected;
  for (int i = 0; i < 300'000; ++i) {
    // Few ids at first, so that they meet; then more, so that the table grows.
    const Ordinal most = i < 100'000 ? 40 : 4'000;
    const InstanceId id{EntityId(dice() % 3), dice() % most};
    int& there = expected[{index_of(id.entity), id.ordinal}];
    if (dice() % 2 == 0) {
      counts.add(id);
      ++there;
    } else {
      counts.take(id);
      there = std::max(0, there - 1);
    }
    ASSERT_EQ(counts.contains(id), there > 0);
  }
  std::size_t size = 0;
  for (const auto& [id, count] : expected) {
    EXPECT_EQ(counts.contains({EntityId(id.first), id.second}), count > 0);
    size += count > 0 ? 1 : 0;
  }
  EXPECT_EQ(counts.size(), size);
}

}  // namespace
}  // namespace freshet
