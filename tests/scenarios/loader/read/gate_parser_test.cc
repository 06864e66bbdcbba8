// The SLO grammar: what it takes, what it refuses and at which character, and what a gate accepts.
#include "scenarios/loader/read/gate_parser.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

struct Accepted {
  const char* text;
  Quantity quantity;
  double quantile;
  double within_s;  // 0 = none
  const char* view;
  const char* operation;
  Comparator comparator;
  double bound;
  const char* unit;
};

const Accepted kAccepted[] = {
    {"p99 freshness < 5m", Quantity::Freshness, 0.99, 0, "", "", Comparator::Less, 300, "s"},
    {"p99.9 end_to_end <= 1.5s", Quantity::EndToEnd, 0.999, 0, "", "", Comparator::LessEqual, 1.5, "s"},
    {"p999 service < 20ms", Quantity::Service, 0.999, 0, "", "", Comparator::Less, 0.02, "s"},
    {"p0.5 wait > 10us", Quantity::Wait, 0.005, 0, "", "", Comparator::Greater, 1e-5, "s"},
    {"max staleness{view=sales} < 1h", Quantity::Staleness, 1, 0, "sales", "", Comparator::Less, 3600, "s"},
    {"p50 freshness { op = payment.update , view = sales } < 1s", Quantity::Freshness, 0.5, 0, "sales",
     "payment.update", Comparator::Less, 1, "s"},
    {"p50 freshness{op=delete}<1s", Quantity::Freshness, 0.5, 0, "", "delete", Comparator::Less, 1, "s"},
    {"within 5m freshness >= 99.9%", Quantity::Freshness, 0, 300, "", "", Comparator::GreaterEqual, 0.999, "ratio"},
    {"within 250ms end_to_end == 100%", Quantity::EndToEnd, 0, 0.25, "", "", Comparator::Equal, 1, "ratio"},
    {"lost == 0", Quantity::Missing, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"missing{view=sales} <= 3", Quantity::Missing, 0, 0, "sales", "", Comparator::LessEqual, 3, "count"},
    {"stale == 0", Quantity::Stale, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"duplicate == 0", Quantity::Duplicate, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"phantom == 0", Quantity::Phantom, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"resurrected == 0", Quantity::Resurrected, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"wrong == 0", Quantity::Wrong, 0, 0, "", "", Comparator::Equal, 0, "count"},
    {"achieved_rate >= 99%", Quantity::AchievedRate, 0, 0, "", "", Comparator::GreaterEqual, 0.99, "ratio"},
};

TEST(SloGrammar, TakesEveryFormOfTheGrammar) {
  for (const Accepted& expected : kAccepted) {
    SCOPED_TRACE(expected.text);
    const Result<Gate> gate = parse_gate(expected.text);
    ASSERT_TRUE(gate.ok()) << gate.error().message;
    EXPECT_EQ(gate->expression, expected.text);
    EXPECT_EQ(gate->quantity, expected.quantity);
    EXPECT_DOUBLE_EQ(gate->quantile, expected.quantile);
    EXPECT_DOUBLE_EQ(gate->within_s.value_or(0), expected.within_s);
    EXPECT_EQ(gate->view, expected.view);
    EXPECT_EQ(gate->operation, expected.operation);
    EXPECT_EQ(gate->comparator, expected.comparator);
    EXPECT_DOUBLE_EQ(gate->bound, expected.bound);
    EXPECT_EQ(gate->unit, expected.unit);
  }
}

struct Refused {
  const char* text;
  const char* message;
};

constexpr const char* kLatencies = "freshness, final, end_to_end, staleness, wait or service";

const Refused kRefused[] = {
    {"p99 freshness < 5", "at character 17: found \"5\", expected a duration such as 250ms or 5m"},
    {"p99 freshness < 5 m", "at character 17: found \"5\", expected a duration such as 250ms or 5m"},
    {"p99 freshness", "at character 14: the expression ends, expected <, <=, >, >= or =="},
    {"p99 freshness = 5m", "at character 15: found \"=\", expected <, <=, >, >= or =="},
    {"p99 freshness != 5m", "at character 15: found \"!\", expected <, <=, >, >= or =="},
    {"p99 freshness < 5m now", "at character 20: found \"now\", expected the end of the expression"},
    {"within freshness >= 99%", "at character 8: found \"freshness\", expected a duration such as 5m after \"within\""},
    {"within 5m freshness >= 5m", "at character 24: found \"5m\", expected a share such as 99.9%, at most 100%"},
    {"achieved_rate >= 101%", "at character 18: found \"101%\", expected a share such as 99.9%, at most 100%"},
    {"lost == 0.5", "at character 9: found \"0.5\", expected a count such as 0"},
    {"lost == -1", "at character 9: found \"-1\", expected a count such as 0"},
    {"lost", "at character 5: the expression ends, expected <, <=, >, >= or =="},
    {"max staleness{table=x} < 5m", "at character 15: found \"table\", expected view or op"},
    {"max staleness{view=} < 5m", "at character 20: found \"}\", expected a value"},
    {"max staleness{view sales} < 5m", "at character 20: found \"sales\", expected '='"},
    {"max staleness{view=a, view=b} < 5m", "at character 23: found \"view\", expected each name once"},
    {"max staleness{view=a < 5m", "at character 22: found \"<\", expected ',' or '}'"},
    {"p50 freshness{op=upsert} < 1s",
     "at character 18: found \"upsert\", expected insert, update or delete, alone or after \"ENTITY.\" "
     "(did you mean \"insert\"?)"},
};

TEST(SloGrammar, RefusesWithWhatWasExpectedAndWhere) {
  for (const Refused& refused : kRefused) {
    const Result<Gate> gate = parse_gate(refused.text);
    ASSERT_FALSE(gate.ok()) << refused.text;
    EXPECT_EQ(gate.error().kind, ErrorKind::Usage);
    EXPECT_EQ(gate.error().message, refused.message) << refused.text;
  }
}

TEST(SloGrammar, NamesTheNearestLatency) {
  const Result<Gate> gate = parse_gate("p99 freshnes < 5m");
  ASSERT_FALSE(gate.ok());
  EXPECT_EQ(gate.error().message, "at character 5: found \"freshnes\", expected " + std::string(kLatencies) +
                                      " (did you mean \"freshness\"?)");
}

TEST(SloGrammar, AQuantileLiesStrictlyBetween0And100) {
  for (const char* text : {"p0 wait < 1s", "p100 wait < 1s", "p wait < 1s", "p9999 wait < 1s", "p-5 wait < 1s",
                           "p.5 wait < 1s", "P99 wait < 1s", "", " ", "99 wait < 1s"}) {
    const Result<Gate> gate = parse_gate(text);
    ASSERT_FALSE(gate.ok()) << text;
    EXPECT_NE(gate.error().message.find("expected p with a number between 0 and 100"), std::string::npos) << text;
  }
}

TEST(Gate, ComparesAsItsComparatorSays) {
  const auto gate = [](const char* text) { return parse_gate(text).value(); };
  EXPECT_TRUE(satisfies(gate("lost < 3"), 2));
  EXPECT_FALSE(satisfies(gate("lost < 3"), 3));
  EXPECT_TRUE(satisfies(gate("lost <= 3"), 3));
  EXPECT_FALSE(satisfies(gate("lost <= 3"), 4));
  EXPECT_TRUE(satisfies(gate("lost > 3"), 4));
  EXPECT_FALSE(satisfies(gate("lost > 3"), 3));
  EXPECT_TRUE(satisfies(gate("lost >= 3"), 3));
  EXPECT_FALSE(satisfies(gate("lost >= 3"), 2));
  EXPECT_TRUE(satisfies(gate("lost == 3"), 3));
  EXPECT_FALSE(satisfies(gate("lost == 3"), 4));
}

TEST(Quantity, HasTheNameThatTheGrammarUses) {
  EXPECT_STREQ(name_of(Quantity::EndToEnd), "end_to_end");
  EXPECT_STREQ(name_of(Quantity::Missing), "missing");
  EXPECT_STREQ(name_of(Quantity::AchievedRate), "achieved_rate");
}

}  // namespace
}  // namespace freshet
