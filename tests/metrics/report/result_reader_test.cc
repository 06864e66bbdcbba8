// result.json and back: the same bytes, whatever is in it; and every lie about its shape is named.
#include "metrics/report/result_reader.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "metrics/fixed_run.h"
#include "metrics/random_numbers.h"
#include "metrics/report/report.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Records with anything in them that the types allow.
class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed) : random_(seed) {}

  RunRecord make() {
    RunRecord record = test::fixed_run();
    record.seconds.clear();
    record.run_id = text();
    record.scenario_file = text();
    record.seed = random_.next();
    record.salt = random_.next();
    record.epoch = WallTime{Micros{random_.below(4'000'000'000'000'000)}};
    record.epoch_lag_s = number();
    record.overrides = {{text(), text()}, {text(), text()}};
    record.complete = flag();
    record.drained = flag();
    record.null_target = flag();
    record.data_only = flag();
    record.load_was_late = flag();
    record.warnings.assign(random_.below(3), text());
    record.in_flight = flag() ? 7 : 0;
    record.generator_limit_per_s = flag() ? number() : 0;
    record.committed = count();
    if (flag()) record.ended_by = Error{ErrorKind::Unreachable, text(), text()};
    if (flag()) record.drill.reset();
    if (flag()) record.state.reset();
    if (flag()) record.views.pop_back();
    for (ChangeRecord& change : record.changes) {
      for (auto& counts : change.counts) std::ranges::generate(counts, [&] { return count(); });
    }
    record.wait = histogram();
    record.service = histogram();
    for (ViewRecord& view : record.views) fill(view);
    for (GateResult& gate : record.gates) fill(gate);
    record.verdict = static_cast<Verdict>(random_.below(10));
    record.reasons = {text()};
    return record;
  }

 private:
  bool flag() { return random_.below(2) == 0; }
  std::int64_t count() { return static_cast<std::int64_t>(random_.below(std::uint64_t{1} << random_.below(50))); }
  double number() { return static_cast<double>(count()) / static_cast<double>(1 + random_.below(1000)); }
  std::string text() {
    constexpr const char* kParts[] = {"orders", "\"", "\\", "<b>", "ä", "\n", "\x1b[31m", "/", "~", " ", "{}"};
    std::string text;
    for (std::uint64_t i = random_.below(6); i > 0; --i) text += kParts[random_.below(std::size(kParts))];
    return text;
  }
  Histogram histogram() {
    Histogram histogram;
    for (std::uint64_t i = random_.below(20); i > 0; --i) {
      const auto magnitude = static_cast<Nanos>(random_.below(std::uint64_t{1} << (10 + random_.below(40))));
      histogram.record(random_.below(5) == 0 ? -magnitude : magnitude);
    }
    if (random_.below(4) == 0) histogram.record(25 * 3600 * kNanosPerSecond);
    return histogram;
  }
  void fill(FreshnessSeries& series) {
    series.delay = histogram();
    series.end_to_end = histogram();
    series.earliest = histogram();
    series.resolution = histogram();
    series.bounded = static_cast<std::int64_t>(random_.below(3));
    series.unproven = count();
    series.censored_ages.clear();
    for (std::uint64_t i = random_.below(5); i > 0; --i) series.censored_ages.emplace_back(count());
    std::ranges::sort(series.censored_ages);
    series.censored_ages_end_to_end = series.censored_ages;
    series.censored = static_cast<std::int64_t>(series.censored_ages.size());
  }
  void fill(ViewRecord& view) {
    for (auto& [name, series] : view.series) fill(series);
    view.staleness = {histogram(), count()};
    if (view.windows) fill(view.windows->closed);
    view.audit.status = static_cast<AuditReport::Status>(random_.below(3));
    view.audit.reason = text();
    view.audit.in_flight = count();
    view.audit.looks_apart_s = number();
    view.evidence.order = flag() ? Order::Source : Order::Key;
  }
  void fill(GateResult& gate) {
    for (Judgement* judgement : {&gate.decisive, &gate.judged.emplace_back()}) {
      judgement->series = text();
      judgement->value = flag() ? std::optional(number()) : std::nullopt;
      judgement->more_than = flag() ? std::optional(number()) : std::nullopt;
      judgement->status = static_cast<Judgement::Status>(random_.below(4));
      judgement->reason = text();
    }
  }

  test::RandomNumbers random_;
};

TEST(ResultReader, WhatIsReadIsWrittenAgainByteByByte) {
  constexpr std::uint64_t kRuns = 150;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RunRecord record = RandomRun(seed).make();
    const std::string written = result_json(record);
    auto read = read_result(written);
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(result_json(*read), written);
    ASSERT_EQ(summary_text(*read), summary_text(record)) << "the other reports say the same of it";
    ASSERT_EQ(junit_xml(*read), junit_xml(record));
    ASSERT_EQ(summary_markdown(*read), summary_markdown(record));
  }
}

/// Each member of a result that is turned into something else is named, or is one that the writer derives from others:
/// a quantile, a sum.
TEST(ResultReader, NamesEachMemberThatIsNotWhatItMustBe) {
  const nlohmann::ordered_json whole = nlohmann::ordered_json::parse(result_json(test::fixed_run()));
  int named = 0, silent = 0;
  const nlohmann::ordered_json flat = whole.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    nlohmann::ordered_json changed = whole;
    changed[nlohmann::ordered_json::json_pointer(pointer)] = nlohmann::ordered_json::array({nullptr});
    const auto read = read_result(changed.dump());
    if (read.ok()) {
      ++silent;
      continue;
    }
    EXPECT_EQ(read.error().kind, ErrorKind::Usage);
    EXPECT_THAT(read.error().message, HasSubstr(pointer)) << pointer;
    ++named;
  }
  EXPECT_GT(named, 2 * silent) << named << " named, " << silent << " derived";
}

TEST(ResultReader, SaysWhatIsMissingAllAtOnce) {
  const auto none = read_result("[1]");
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().message, HasSubstr("expected a JSON object"));
  const auto later = read_result(R"({"schema_version": 2})");
  ASSERT_FALSE(later.ok());
  EXPECT_THAT(later.error().message, HasSubstr("schema_version 2"));
  auto json = nlohmann::ordered_json::parse(result_json(test::fixed_run()));
  json["run"].erase("pipeline");
  json["audit"]["sales"]["missing"] = "3";
  const auto read = read_result(json.dump());
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message, AllOf(HasSubstr("/run/pipeline: is missing"), HasSubstr("/audit/sales/missing: ")));
}

}  // namespace
}  // namespace freshet
