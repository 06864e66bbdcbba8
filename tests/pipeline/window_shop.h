// A small shop with two views of windows, as a scenario file says it.
#pragma once

#include <gtest/gtest.h>

#include "scenarios/loader/loader.h"

namespace freshet::windows {

inline constexpr EntityId kSale{0};
inline constexpr EntityId kPayment{1};
inline constexpr ViewId kPerStore{1};
inline constexpr ViewId kWhole{2};

// sale(id, store, at, total, weight) and its payment; "per_store" over their join, "whole" over sales alone.
inline const char* const kShop = R"x({
  "freshet": 1, "name": "shop", "stamp": true,
  "entities": {
    "sale": {"key": {"id": "uuid"}, "fields": {
      "store": {"choice": ["a", "b", "another"]}, "at": {"time": "created", "as": "unix_ms"},
      "total": {"decimal": ["1.00", "9.00"]}, "weight": {"uniform": [0, 9], "as": "double"}}},
    "payment": {"per": "sale", "delay": "2s", "key": {"id": "parent"}, "fields": {"status": {"choice": ["x", "y"]}}}
  },
  "load": [{"entity": "sale", "rate": "1/s", "for": "1s"}],
  "write": {"sale": {"kafka": {"topic": "sales"}}, "payment": {"mysql": {"table": "payments"}}},
  "views": {
    "paid": {"from": "sale", "join": {"payment": "id"}, "key": "id"},
    "per_store": {"from": "paid", "group": ["store"], "tumble": {"on": "at", "size": "10ms"},
      "measures": {"sales": "count", "value": "sum(total)", "least": "min(total)", "most": "max(total)"}},
    "whole": {"from": "sale", "tumble": {"on": "at", "size": "10ms"},
      "measures": {"value": "sum(total)", "light": "min(weight)", "heavy": "max(weight)", "n": "count"}}
  },
  "observe": {"per_store": {"mysql": {"table": "per_store"}}, "whole": {"mysql": {"table": "whole"}}},
  "connections": {"mysql": "${A}", "kafka": "${B}"}
})x";

inline const Scenario& shop() {
  static const Loaded kLoaded = parse_scenario(kShop, "shop.json");
  for (const Problem& problem : kLoaded.problems) ADD_FAILURE() << problem.text();
  return *kLoaded.scenario;
}

}  // namespace freshet::windows
