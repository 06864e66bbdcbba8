// A small scenario for the tests of the loader, and a way to make it wrong in one place.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// Valid, without warnings. Tests count on its lines: change it and the positions they expect change too.
inline constexpr const char* kShop = R"({
  "freshet": 1, "name": "shop",
  "seed": 7, "time_scale": 2,
  "entities": {
    "region": {"rows": 4, "key": {"sequence": "R%02d"}, "fields": {"label": {"choice": ["north", "south"]}}},
    "store": {"rows": 20, "key": {"id": {"sequence": "S%d"}},
              "fields": {"region": {"ref": "region", "embed": ["id"]}, "size": {"integer": [10, 90]}}},
    "product": {"rows": 100, "key": "uuid",
      "fields": {"title": "thing", "price": {"lognormal": {"median": "7.90", "sigma": 0.9}, "min": "1.00"}}},
    "order": {
      "key": {"number": "uuid"},
      "fields": {
        "at": {"time": "created"},
        "store": {"ref": "store", "pick": {"zipf": 0.5}, "embed": ["id"]},
        "lines": {"list": {"geometric": {"mean": 3, "max": 9}},
                  "of": {"product": {"ref": "product", "inline": true, "embed": ["title", "price"]},
                         "quantity": {"integer": [1, 5]},
                         "amount": {"multiply": ["price", "quantity"]}}},
        "total": {"sum": "lines.amount"},
        "nett": {"divide": ["total", "1.2"], "scale": 2}
      }
    },
    "payment": {
      "per": "order", "share": "90%", "delay": {"exponential": "4s", "min": "1s"},
      "key": {"number": "parent"},
      "fields": {"paid": {"parent": "total"}, "status": "state", "note": "none"},
      "life": {
        "open": {"after": "2s", "to": {"done": 9, "failed": 1}},
        "failed": {"after": {"uniform": ["1s", "3s"]}, "to": "deleted", "set": {"note": "no money"}}
      }
    }
  },
  "load": [
    {"entity": "order", "process": "poisson", "stages": [{"rate": "50/s", "for": "5s"}, {"ramp": "100/s", "for": "5s"}]},
    {"entity": "product", "update": "3/s", "pick": {"zipf": 1}, "set": {"price": {"multiply": ["price", "1.1"], "scale": 2}}}
  ],
  "write": {
    "product": {"mysql": {"table": "products"}},
    "order": {"kafka": {"topic": "orders", "key": "number", "format": "json", "partitions": 4}},
    "payment": {"mysql": {"table": "payments", "connection": "mysql"}}
  },
  "views": {
    "sales": {"from": "order", "join": {"payment": "number"}, "key": "number"},
    "sold": {"from": "sales", "unnest": "lines", "key": ["number", "line"],
             "select": {"number": "number", "line": {"line": 1}, "title": "lines.title", "store": "store.id"}}
  },
  "observe": {
    "sales": {"mysql": {"table": "sales", "connection": "sink"}},
    "sold": {"mysql": {"table": "sold", "connection": "sink"}}
  },
  "slo": ["p99 freshness{view=sales, op=payment.update} < 250ms", "lost == 0"],
  "connections": {"mysql": "${FRESHET_MYSQL}", "kafka": "${FRESHET_KAFKA}", "sink": "${FRESHET_SINK}"}
}
)";

/// The shop with the first `from` replaced.
inline std::string shop_with(const std::string& from, const std::string& to) {
  std::string text = kShop;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the shop has no " << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

/// The shop with values changed as --set changes them: pointers and values.
inline Loaded shop_set(const std::vector<std::pair<std::string, std::string>>& set) {
  Overrides overrides;
  overrides.set = set;
  return parse_scenario(kShop, "shop.json", overrides);
}

/// The texts of all problems, one a line.
inline std::string texts(const Loaded& loaded) {
  std::string out;
  for (const Problem& problem : loaded.problems) out += problem.text() + '\n';
  return out;
}

}  // namespace freshet
