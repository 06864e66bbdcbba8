// The groups of windows against a plain list of what they hold: added, taken back, settled in any order.
#include "metrics/oracle/window_groups.h"

#include <gtest/gtest.h>

#include <set>

#include "metrics/fake_windows.h"
#include "metrics/random_numbers.h"

namespace freshet {
namespace {

ExpectedRow contribution(const std::string& store, std::int64_t value) {
  test::Tally one;
  one.add(value);
  ExpectedRow row;
  row.key = store;
  row.image = test::row_of(store, 0, one);
  return row;
}

TEST(WindowGroups, HoldWhatWasAddedAndNotTakenBackWhateverIsSettled) {
  const Scenario scenario = test::shop_with_windows();
  constexpr std::uint64_t kSeeds = 200;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::RandomNumbers random(seed);
    WindowGroups groups(scenario.view(test::kPerStore));
    std::multiset<std::int64_t> open, settled;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t what = random.below(4);
      if (what < 2 || open.empty()) {
        const auto value = static_cast<std::int64_t>(random.below(30));
        groups.add(contribution("S1", value));
        open.insert(value);
      } else {
        const auto chosen = std::next(open.begin(), static_cast<std::ptrdiff_t>(random.below(open.size())));
        if (what == 2) groups.remove(contribution("S1", *chosen));
        if (what == 3) groups.settle(contribution("S1", *chosen));
        if (what == 3) settled.insert(*chosen);
        open.erase(chosen);
      }
      test::Tally all;
      for (const auto* values : {&open, &settled}) {
        for (const std::int64_t value : *values) all.add(value);
      }
      Row image;
      ASSERT_EQ(groups.image("S1", image), all.n > 0);
      if (all.n == 0) continue;
      const Row expected = test::row_of("S1", 0, all);
      for (const int column : {test::kCount, test::kSum, test::kLeast, test::kMost}) {
        ASSERT_EQ(image.cells[static_cast<std::size_t>(column)].number,
                  expected.cells[static_cast<std::size_t>(column)].number)
            << "step " << step << ", column " << column;
      }
    }
  }
}

}  // namespace
}  // namespace freshet
