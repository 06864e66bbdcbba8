// Errors planted in a sink, by class, and an audit that must report just these.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "metrics/audit/audit.h"

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
