// All six reports of one run, byte by byte.
#include "golden/golden.h"
#include "metrics/fixed_run.h"
#include "metrics/report/report.h"

namespace freshet {
namespace {

TEST(ReportGolden, Summary) { test::expect_golden("summary.txt", summary_text(test::fixed_run())); }
TEST(ReportGolden, Markdown) { test::expect_golden("summary.md", summary_markdown(test::fixed_run())); }
TEST(ReportGolden, Junit) { test::expect_golden("junit.xml", junit_xml(test::fixed_run())); }
TEST(ReportGolden, Html) { test::expect_golden("report.html", report_html(test::fixed_run())); }
TEST(ReportGolden, ResultJson) { test::expect_golden("result.json", result_json(test::fixed_run())); }
TEST(ReportGolden, Seconds) { test::expect_golden("seconds.ndjson", seconds_ndjson(test::fixed_run())); }

}  // namespace
}  // namespace freshet
