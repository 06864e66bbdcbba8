// The account of a run as its result tells it.
#pragma once

#include <gtest/gtest.h>

#include "app/freshet_process.h"

namespace freshet {

/// Errors of a view, class by class.
inline std::int64_t errors_of(const nlohmann::json& audit) {
  std::int64_t sum = 0;
  for (const char* name : {"missing", "stale", "duplicate", "phantom", "resurrected", "wrong"}) {
    sum += audit.at(name).get<std::int64_t>();
  }
  return sum;
}

inline std::int64_t sum_of(const nlohmann::json& result, const char* outcome) {
  std::int64_t sum = 0;
  for (const auto& [entity, operations] : result["load"]["changes"].items()) {
    for (const auto& [operation, counts] : operations.items()) sum += counts[outcome].get<std::int64_t>();
  }
  return sum;
}

/// That a change has two outcomes or none is an internal error, exit 1, of the run itself; what is left to see here is
/// that what was reported is what is there.
inline void expect_equal_audit(const nlohmann::json& result) {
  for (const auto& [view, audit] : result["audit"].items()) {
    EXPECT_EQ(audit["status"], "done") << view;
    EXPECT_GT(audit["expected"], 100) << view;
    EXPECT_EQ(errors_of(audit), 0) << view << audit.dump(2);
  }
}

}  // namespace freshet
