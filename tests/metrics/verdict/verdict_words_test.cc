// What the reports say of a run in words: a pass that a gate allowed, examples that name the column, who was slow.
#include <gmock/gmock.h>

#include "metrics/report/report.h"
#include "metrics/verdict/verdict.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

Scenario shop(const std::string& gates) {
  const Loaded loaded = parse_scenario(R"({"freshet": 1, "name": "shop",
    "entities": {"order": {"key": "uuid", "fields": {"total": {"decimal": ["1.00", "9.00"]}}}},
    "load": [{"entity": "order", "rate": "10/s", "for": "10s"}], "write": {"order": {"mysql": {"table": "orders"}}},
    "views": {"v": {"from": "order", "key": "id"}}, "observe": {"v": {"mysql": {"table": "v"}}},
    "slo": [)" + gates + R"(], "connections": {"mysql": "x"}})",
                                       "shop.json");
  EXPECT_TRUE(loaded.scenario) << (loaded.problems.empty() ? "" : loaded.problems[0].text());
  return loaded.scenario.value_or(Scenario());
}

RunRecord record_of(std::int64_t phantoms) {
  RunRecord record;
  record.scheduled_measured = record.achieved_measured = 100;
  record.duration_s = 10;
  record.offered_per_s = record.achieved_per_s = 10;
  record.headroom = 1000;
  ViewRecord& view = record.views.emplace_back();
  view.name = "v";
  view.audit.status = AuditReport::Status::Done;
  view.audit.expected = view.audit.found = 100;
  view.audit.phantom = phantoms;
  return record;
}

TEST(VerdictWords, APassWithAllowedDifferencesNamesThem) {
  const Scenario scenario = shop(R"("phantom <= 5")");
  RunRecord allowed = record_of(5);
  judge(scenario, allowed);
  EXPECT_EQ(allowed.verdict, Verdict::Pass);
  EXPECT_EQ(
      verdict_line(allowed),
      "PASS  every gate holds; the differences in the sink are within what the gates allow: v 5 phantom (exit 0)");
  EXPECT_THAT(summary_markdown(allowed), Not(HasSubstr("every row is right")));
  RunRecord right = record_of(0);
  judge(scenario, right);
  EXPECT_EQ(verdict_line(right), "PASS  every gate holds and every row is right (exit 0)");
  RunRecord wrong = record_of(6);
  judge(scenario, wrong);
  EXPECT_EQ(wrong.verdict, Verdict::Incorrect);
}

TEST(VerdictWords, AnExampleNamesTheColumnsThatDiffer) {
  const std::string same(700, 'x');
  AuditExample example{
      "wrong", "id=7", "{…}", "{…}", {{"total", "12.30", "12.31"}, {"note", '"' + same + "a\"", '"' + same + "b\""}}};
  const std::string text = example_text(example);
  EXPECT_THAT(text, HasSubstr("wrong        id=7"));
  EXPECT_THAT(text, HasSubstr("total: expected 12.30, found 12.31"));
  EXPECT_THAT(text, HasSubstr("xxa\", found …xx")) << "long values where they differ: " << text;
  EXPECT_LT(text.size(), 300U);
}

TEST(VerdictWords, AnExampleWithoutAPairShowsTheRowThatIsThere) {
  const std::string row = R"({"note": ")" + std::string(1400, 'x') + "\"}";
  for (const auto& [expected, found, what] :
       {std::tuple{row, std::string("no row"), "expected {"}, std::tuple{std::string("no row"), row, "found {"}}) {
    const std::string text = example_text({"missing", "id=7", expected, found, {}});
    EXPECT_THAT(text, HasSubstr(what));
    EXPECT_LT(text.size(), 250U);
  }
}

TEST(VerdictWords, TheSlowPartIsNamed) {
  const Scenario scenario = shop(R"("p99 freshness < 1s")");
  RunRecord late = record_of(0);
  late.achieved_measured = 50;
  judge(scenario, late);
  ASSERT_EQ(late.slow.size(), 1U);
  EXPECT_EQ(late.slow[0].part, "targets");
  EXPECT_THAT(late.slow[0].why, HasSubstr("mysql committed 10 of 10"));
  late.headroom = 1.1;
  judge(scenario, late);
  ASSERT_EQ(late.slow.size(), 1U);
  EXPECT_EQ(late.slow[0].part, "generator");
  RunRecord stale = record_of(0);
  FreshnessSeries& series = stale.views[0].series["all"];
  series.expected = 1000;
  for (int i = 0; i < 1000; ++i) series.delay.record(5 * kNanosPerSecond), series.earliest.record(5 * kNanosPerSecond);
  judge(scenario, stale);
  EXPECT_EQ(stale.verdict, Verdict::Fail);
  ASSERT_EQ(stale.slow.size(), 1U);
  EXPECT_EQ(stale.slow[0].part, "pipeline");
  RunRecord kept = record_of(0);
  judge(scenario, kept);
  EXPECT_TRUE(kept.slow.empty()) << "nobody, when all was in time";
}

TEST(VerdictWords, DataOnlyIsNotJudgedUnlessAnOutcomeIsUnknown) {
  const Scenario scenario = shop("");
  RunRecord record = record_of(0);
  record.views.clear();
  record.data_only = true;
  ChangeRecord& change = record.changes.emplace_back();
  change.entity = "order";
  change.counts[0][static_cast<std::size_t>(Outcome::Rejected)] = 3;
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::NotJudged);
  EXPECT_EQ(exit_code_of(record.verdict), 0);
  EXPECT_THAT(junit_xml(record), HasSubstr("skipped=\"2\""));
  change.counts[0][static_cast<std::size_t>(Outcome::Unknown)] = 1;
  judge(scenario, record);
  EXPECT_EQ(record.verdict, Verdict::Inconclusive);
}

}  // namespace
}  // namespace freshet
