// Errors planted in a sink, by class, and an audit that must report just these.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "metrics/audit/audit.h"
#include "metrics/random_numbers.h"

namespace freshet::test {

struct Planted {
  std::int64_t missing = 0, stale = 0, duplicate = 0, phantom = 0, resurrected = 0, wrong = 0;

  void add(const Planted& more) {
    missing += more.missing;
    stale += more.stale;
    duplicate += more.duplicate;
    phantom += more.phantom;
    resurrected += more.resurrected;
    wrong += more.wrong;
  }
  void expect_more_than(std::int64_t least) const {
    for (const std::int64_t of_class : {missing, stale, duplicate, phantom, resurrected, wrong}) {
      EXPECT_GT(of_class, least) << "every class was put to the test";
    }
  }
};

/// Shops with random lives, the same ones in every run.
template <typename Shop, typename Check>
void for_each_shop(std::uint64_t seeds, const Check& check) {
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNumbers random(seed);
    check(Shop(random), random);
  }
}

inline void expect_sound(const AuditReport& report) {
  ASSERT_EQ(report.errors(), 0);
  ASSERT_EQ(report.found, report.expected);
}

inline void expect_reported(const Planted& planted, std::int64_t expected, const AuditReport& report) {
  ASSERT_EQ(report.missing, planted.missing);
  ASSERT_EQ(report.stale, planted.stale);
  ASSERT_EQ(report.duplicate, planted.duplicate);
  ASSERT_EQ(report.phantom, planted.phantom);
  ASSERT_EQ(report.resurrected, planted.resurrected);
  ASSERT_EQ(report.wrong, planted.wrong);
  ASSERT_EQ(report.expected, expected);
  ASSERT_EQ(report.found, report.expected - report.missing);
}

}  // namespace freshet::test
