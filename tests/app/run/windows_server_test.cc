// Views with windows on real parts: right under churn, and each planted error named.
#include "app/freshet_process.h"

namespace freshet {
namespace {

/// `split-sales-windows` with a load for a shared machine.
std::string run_windows(const std::string& more) {
  return "run " + scenario("split-sales-windows") + " --embedded --out out " + small_load() +
         // Few samples, and windows of a day never close.
         "--set /slo='[\"max freshness < 5m\", \"max final{view=sales_per_store_5min} < 1m\"]' " + more;
}

std::int64_t errors_in(const nlohmann::json& audit) {
  std::int64_t sum = 0;
  for (const char* name : {"missing", "stale", "duplicate", "phantom", "resurrected", "wrong"}) {
    sum += audit.at(name).get<std::int64_t>();
  }
  return sum;
}

TEST(Windows, are_right_under_updates_deletes_and_late_payments) {
  Folder folder;
  const Said said = freshet(folder, run_windows(""));
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  ASSERT_EQ(result["audit"].size(), 6U);
  for (const auto& [view, audit] : result["audit"].items()) {
    EXPECT_EQ(audit["status"], "done") << view;
    EXPECT_GT(audit["expected"], 20) << view;
    EXPECT_EQ(audit["scanned"], audit["expected"]) << view;
    EXPECT_EQ(errors_in(audit), 0) << view;
    const nlohmann::json& all = result["freshness"][view]["all"];
    EXPECT_GT(all["count"], 100) << view;
    EXPECT_EQ(all["expected"], all["count"]) << view;
    const nlohmann::json& windows = result["windows"][view];
    EXPECT_EQ(windows["closed"], windows["final"]["count"]) << view;
  }
  EXPECT_GT(result["windows"]["sales_per_store_5min"]["closed"], 20);
  EXPECT_GT(result["freshness"]["sales_per_store_5min"]["payment.delete"]["count"], 0);
  EXPECT_NE(said.out.find("final, rows of closed windows"), std::string::npos);
}

TEST(Windows, tampered_with_before_the_audit_are_named_class_by_class) {
  Folder folder;
  const std::string tamper =
      folder.write("tamper.sh",
                   "mariadb --no-defaults -uroot -S \"$FRESHET_EMBEDDED_SOCKET\" freshet_sink <<'SQL'\n"
                   "DELETE FROM sales_per_store_5min ORDER BY store_id, window_start LIMIT 2;\n"
                   "UPDATE sales_per_store_5min SET value = value + 0.01 ORDER BY store_id DESC LIMIT 3;\n"
                   "UPDATE sales_per_brand_5min SET window_start = '2001-01-01' ORDER BY store_id LIMIT 1;\n"
                   "SQL\n");
  const Said said = freshet(folder, run_windows("--before-audit 'sh " + tamper + "'"));
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  const nlohmann::json audit = result_of(folder)["audit"];
  EXPECT_EQ(audit["sales_per_store_5min"]["missing"], 2);
  EXPECT_EQ(audit["sales_per_store_5min"]["wrong"], 3);
  EXPECT_EQ(errors_in(audit["sales_per_store_5min"]), 5);
  EXPECT_EQ(audit["sales_per_brand_5min"]["missing"], 1);
  EXPECT_EQ(audit["sales_per_brand_5min"]["phantom"], 1);
  EXPECT_EQ(errors_in(audit["sales_per_category_5min"]), 0);
}

TEST(Windows, a_drill_is_named_exactly) {
  Folder folder;
  const Said said =
      freshet(folder, run_windows("--drill lose=5%,stale=10%,resurrect=40%,wrong=5%,view=sales_per_terminal_5min"));
  const nlohmann::json drill = exact_drill(folder, said, 7);
  for (const char* name : {"missing", "stale", "resurrected", "wrong"}) EXPECT_GT(drill["planted"][name], 0) << name;
}

TEST(Windows, need_no_stamps) {
  Folder folder;
  const Said said = freshet(folder, run_windows("--set /stamp=false"));
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_EQ(result_of(folder)["verdict"], "pass");
  const Said other = freshet(folder, "run " + scenario("split-sales") + " --embedded --set /stamp=false");
  EXPECT_EQ(other.exit_code, 2) << other.out << other.err;
  EXPECT_NE(other.err.find("\"salescompleted\" needs version columns"), std::string::npos) << other.err;
}

TEST(Windows, a_delay_cannot_be_counted_there_and_is_refused) {
  Folder folder;
  const Said said = freshet(folder, run_windows("--drill delay=2s@5%"));
  EXPECT_EQ(said.exit_code, 2) << said.out << said.err;
  EXPECT_NE(said.err.find("which has windows"), std::string::npos) << said.err;
}

}  // namespace
}  // namespace freshet
