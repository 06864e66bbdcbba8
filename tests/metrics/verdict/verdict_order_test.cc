// Which verdict a run gets when several apply (SEMANTICS.md 24): each alone, and all pairs.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "metrics/fixed_run.h"

namespace freshet {
namespace {

struct Misfortune {
  const char* name;
  Verdict verdict;
  std::function<void(RunRecord&)> befall;
};

void end_by(RunRecord& record, ErrorKind kind) { record.ended_by = Error{kind, "it ended", ""}; }

/// In the order of the rule.
const std::vector<Misfortune>& misfortunes() {
  static const std::vector<Misfortune> all = {
      {"Interrupted", Verdict::Interrupted, [](RunRecord& record) { end_by(record, ErrorKind::Interrupted); }},
      {"Error", Verdict::Error, [](RunRecord& record) { end_by(record, ErrorKind::Internal); }},
      {"Unreachable", Verdict::Unreachable, [](RunRecord& record) { end_by(record, ErrorKind::Unreachable); }},
      {"Incorrect", Verdict::Incorrect, [](RunRecord& record) { record.views[0].audit.missing = 1; }},
      {"Invalid", Verdict::Invalid, [](RunRecord& record) { record.achieved_measured = 1; }},
      {"Fail", Verdict::Fail, [](RunRecord& record) { record.wait.record(500 * kNanosPerMilli); }},
      {"Inconclusive", Verdict::Inconclusive, [](RunRecord& record) { record.views[0].audit.indeterminate = 1; }},
  };
  return all;
}

/// A run that passes, with a gate that it can fail without being late.
Verdict verdict_of(const std::vector<const Misfortune*>& befell) {
  Scenario scenario;
  scenario.slo = {test::gate("max wait < 100ms", 40), test::gate("lost == 0", 41)};
  RunRecord record;
  record.complete = true;
  record.duration_s = 10;
  record.scheduled_measured = record.achieved_measured = 1'000;
  record.offered_per_s = record.achieved_per_s = 100;
  record.headroom = 100;
  for (int i = 0; i < 1'000; ++i) record.wait.record(kNanosPerMilli);
  ViewRecord& view = record.views.emplace_back();
  view.name = "sales";
  view.evidence.markers = true;
  view.audit.status = AuditReport::Status::Done;
  view.audit.expected = view.audit.found = view.audit.scanned = 100;
  for (const Misfortune* each : befell) each->befall(record);
  judge(scenario, record);
  return record.verdict;
}

TEST(VerdictOrder, ARunWithoutAnyPasses) { EXPECT_EQ(verdict_of({}), Verdict::Pass); }

TEST(VerdictOrder, MarkersThatAreStillOnTheirWayDoNotMatterOnceTheLoadIsProven) {
  const auto with = [](std::int64_t unproven, std::int64_t late_markers) {
    const Misfortune late{"", Verdict::Pass, [&](RunRecord& record) {
                            record.views[0].audit.unproven = unproven;
                            record.views[0].audit.late_markers = late_markers;
                          }};
    return verdict_of({&late});
  };
  EXPECT_EQ(with(2, 2), Verdict::Pass);
  EXPECT_EQ(with(2, 1), Verdict::Inconclusive) << "a row of the load, too";
}

TEST(VerdictOrder, EachAloneIsReportedAsItself) {
  for (const Misfortune& each : misfortunes()) EXPECT_EQ(verdict_of({&each}), each.verdict) << each.name;
}

TEST(VerdictOrder, OfTwoTheFirstOfTheRuleIsReported) {
  int pairs = 0;
  for (std::size_t i = 0; i < misfortunes().size(); ++i) {
    for (std::size_t j = i + 1; j < misfortunes().size(); ++j) {
      const Misfortune &first = misfortunes()[i], &second = misfortunes()[j];
      if (j < 3) continue;  // a run ends by one thing
      ++pairs;
      EXPECT_EQ(verdict_of({&first, &second}), first.verdict) << first.name << " and " << second.name;
      EXPECT_EQ(verdict_of({&second, &first}), first.verdict) << second.name << " and " << first.name;
    }
  }
  EXPECT_EQ(pairs, 18);
}

/// The exit codes are a contract of their own.
TEST(VerdictOrder, ExitCodesAreThoseOfTheManual) {
  const std::pair<Verdict, int> codes[] = {
      {Verdict::Pass, 0},        {Verdict::NotJudged, 0},    {Verdict::Error, 1},   {Verdict::Fail, 3},
      {Verdict::Regression, 4},  {Verdict::Inconclusive, 5}, {Verdict::Invalid, 6}, {Verdict::Incorrect, 7},
      {Verdict::Unreachable, 8}, {Verdict::Interrupted, 130}};
  for (const auto& [verdict, code] : codes) EXPECT_EQ(exit_code_of(verdict), code) << name_of(verdict);
}

}  // namespace
}  // namespace freshet
