// The gates that the documents show are gates, those that they show as refused are none.
#include <gtest/gtest.h>

#include "scenarios/examples.h"
#include "scenarios/loader/read/gate_parser.h"

namespace freshet {
namespace {

struct Shown {
  std::string where;
  std::string gate;
  bool refused = false;
};

std::vector<Shown> gates_shown() {
  std::vector<Shown> out;
  for (const std::string& path : documents()) {
    std::istringstream document(file_text(path));
    std::string block;
    int number = 0;
    for (std::string line; std::getline(document, line);) {
      ++number;
      if (line.starts_with("```")) {
        block = block.empty() ? line : "";
      } else if (block == "```slo" || block == "```slo refused") {
        out.push_back({path + ':' + std::to_string(number), line, block == "```slo refused"});
      }
    }
  }
  return out;
}

TEST(SloReference, ItsGatesAreAcceptedAndItsRefusedOnesRefused) {
  int refused = 0;
  for (const Shown& shown : gates_shown()) {
    const auto gate = parse_gate(shown.gate);
    EXPECT_EQ(gate.ok(), !shown.refused) << shown.where << ": " << shown.gate;
    refused += shown.refused ? 1 : 0;
  }
  EXPECT_GE(refused, 5);
  EXPECT_GE(gates_shown().size(), 15u);
}

TEST(SloReference, ShowsEveryQuantity) {
  std::string all;
  for (const Shown& shown : gates_shown()) all += shown.refused ? "" : shown.gate + '\n';
  for (const char* name : {"freshness", "final", "end_to_end", "staleness", "wait", "service", "achieved_rate"}) {
    EXPECT_NE(all.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace freshet
