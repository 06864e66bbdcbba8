// What goes astray between a shop and its pipeline, in whole runs: keys that change, messages that are late or out of
// order, payments without orders, twice or in part. The audit knows what is right, and reports who is wrong.
#include <cmath>
#include <set>

#include "app/freshet_process.h"
#include "app/run_account.h"
#include "scenarios/examples.h"

namespace freshet {
namespace {

std::string run_of(const std::string& name) {
  return "run " FRESHET_SOURCE_DIR "/tests/app/scenarios/" + name + ".json --embedded --out out ";
}

TEST(Astray, keys_that_change_are_followed_from_tables_and_topics_into_every_view) {
  Folder folder;
  const Said said = freshet(folder, run_of("new_keys"));
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  for (const char* view : {"members", "accounts", "slips", "states"}) {
    EXPECT_EQ(errors_of(result["audit"][view]), 0) << view;
    EXPECT_EQ(result["audit"][view]["expected"], result["audit"][view]["scanned"]) << "the old rows are gone";
  }
  const nlohmann::json& faults = result["load"]["stream_faults"]["accounts"];
  for (const char* fault : {"dropped", "duplicated", "late"}) EXPECT_GT(faults[fault], 10) << fault;
  for (const auto& [view, entity] :
       std::map<std::string, std::string>{{"members", "member"}, {"accounts", "account"}}) {
    const std::int64_t updates = result["load"]["changes"][entity]["update"]["committed"];
    EXPECT_GT(updates, 500);
    EXPECT_GT(result["freshness"][view][entity + ".update"]["expected"], updates * 5 / 4)
        << "a change of the key makes two row versions due";
  }
}

TEST(Astray, rows_that_stay_under_a_key_they_have_left_are_resurrected_and_named) {
  Folder folder;
  const Said said = freshet(folder, run_of("new_keys") + "--drill resurrect=30%,view=members");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  EXPECT_EQ(result["load"]["changes"]["member"]["delete"]["committed"], 0) << "no row is ever deleted";
  const nlohmann::json audit = result["audit"]["members"];
  EXPECT_GT(audit["resurrected"], 50);
  EXPECT_EQ(errors_of(audit), audit["resurrected"]);
  EXPECT_TRUE(result["drill"]["exact"]) << result["drill"].dump(2);

  // Their keys are those of earlier versions.
  const Said rows = freshet(
      folder, "generate " FRESHET_SOURCE_DIR "/tests/app/scenarios/new_keys.json --entity member --format debezium");
  std::set<std::string> left;
  std::istringstream lines(rows.out);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json envelope = nlohmann::json::parse(line);
    if (envelope.is_object() && envelope["op"] == "d")
      left.insert("number=" + std::string(envelope["before"]["number"]));
  }
  EXPECT_GT(left.size(), 500u);
  ASSERT_FALSE(audit["examples"].empty());
  for (const nlohmann::json& example : audit["examples"]) EXPECT_TRUE(left.contains(example["key"])) << example.dump();
}

TEST(Astray, messages_that_are_late_or_out_of_order_leave_a_right_answer_and_a_valid_run) {
  nlohmann::json faults;
  for (int time = 0; time < 2; ++time) {
    Folder folder;
    const Said said = freshet(folder, run_of("late_topic"));
    ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
    const nlohmann::json result = result_of(folder);
    for (const char* view : {"orders", "paid"}) EXPECT_EQ(errors_of(result["audit"][view]), 0) << view;
    const nlohmann::json& fault_counts = result["load"]["stream_faults"];
    EXPECT_GT(fault_counts["orders"]["late"], 50);
    EXPECT_GT(fault_counts["orders"]["out_of_order"], 50);
    EXPECT_GT(fault_counts["payments"]["late"], 20);
    EXPECT_EQ(fault_counts["payments"]["out_of_order"], 0) << "of rows of one message nothing is overtaken";
    if (time == 0) faults = fault_counts["orders"];
    EXPECT_EQ(fault_counts["orders"], faults) << "the same seed strikes the same messages";
    const std::string log = read_file(folder.path() + "/out/logs/pipeline.log");
    EXPECT_NE(log.find(faults["out_of_order"].dump() + " older ignored"), std::string::npos) << log;
  }
}

TEST(Astray, a_pipeline_that_takes_what_comes_last_shows_what_was_before) {
  Folder folder;
  // Without versions it is unknown which of two messages is older.
  const Said said = freshet(
      folder,
      run_of("late_topic") +
          "--set /stamp=false --set '/slo=[\"lost == 0\"]' "
          R"(--set '/views={"states": {"from": "order", "group": ["status"], "tumble": {"on": "at", "size": "1s"},
                     "measures": {"orders": "count"}}}' )"
          R"(--set '/observe={"states": {"mysql": {"table": "states", "connection": "sink"}}}' --drain 8s)");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  EXPECT_GT(errors_of(result_of(folder)["audit"]["states"]), 0);
}

/// The example of docs/reference/scenario/faults.md in which payments go wrong.
std::string payments_astray() {
  for (const Example& example : examples()) {
    if (example.text.find(R"("double": {"after")") != std::string::npos) return example.text;
  }
  ADD_FAILURE() << "docs/reference has no payments that go wrong";
  return "";
}

TEST(Astray, payments_without_orders_twice_in_part_and_back_again_are_audited_to_the_row) {
  Folder folder;
  const std::string file = folder.write("astray.json", payments_astray());
  const Said orders = freshet(folder, "generate " + file + " --entity order --format json");
  const Said payments = freshet(folder, "generate " + file + " --entity payment --format debezium");
  std::set<std::string> ordered;
  std::istringstream order_lines(orders.out);
  for (std::string line; std::getline(order_lines, line);) ordered.insert(nlohmann::json::parse(line)["number"]);
  std::set<std::string> paid, deleted;
  int orphans = 0, twice = 0, in_part = 0, back = 0;
  std::istringstream payment_lines(payments.out);
  for (std::string line; std::getline(payment_lines, line);) {
    const nlohmann::json envelope = nlohmann::json::parse(line);
    if (!envelope.is_object()) continue;
    const nlohmann::json& before = envelope["before"];
    const nlohmann::json& after = envelope["after"];
    const std::string number = (after.is_null() ? before : after)["number"];
    if (paid.insert(number).second && !ordered.contains(number)) ++orphans;
    if (envelope["op"] == "d") deleted.insert(number);
    if (envelope["op"] == "c" && deleted.contains(number)) ++back;
    if (envelope["op"] != "u") continue;
    twice += before["transaction"] != after["transaction"];
    in_part += std::abs(before["paid"].get<double>() / 2 - after["paid"].get<double>()) < 0.006;
  }
  EXPECT_GT(orphans, 0);
  EXPECT_GT(ordered.size(), paid.size() - static_cast<std::size_t>(orphans)) << "orders without payment";
  EXPECT_GT(twice, 5);
  EXPECT_GT(in_part, 5);
  EXPECT_GT(back, 0) << "deleted, then inserted again";

  const Said said = freshet(folder, "run " + file + " --embedded --out out");
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json audit = result_of(folder)["audit"];
  for (const char* view : {"paid_orders", "payments", "orders"}) EXPECT_EQ(errors_of(audit[view]), 0) << view;
  EXPECT_LT(audit["paid_orders"]["expected"], audit["payments"]["expected"]);
  EXPECT_LT(audit["paid_orders"]["expected"], audit["orders"]["expected"]);
}

TEST(Astray, a_payment_that_comes_back_after_its_delete_is_missed_when_it_does_not) {
  Folder folder;
  const std::string file = folder.write("astray.json", payments_astray());
  const std::string tamper =
      folder.write("tamper.sh",
                   "mariadb --no-defaults -uroot -S \"$FRESHET_EMBEDDED_SOCKET\" freshet_sink "
                   "-e \"DELETE FROM payments WHERE status = 'paid' AND payment_version > 3\"\n");
  const Said said = freshet(folder, "run " + file + " --embedded --out out --before-audit 'sh " + tamper + "'");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  const nlohmann::json audit = result_of(folder)["audit"]["payments"];
  EXPECT_GT(audit["missing"], 0);
  EXPECT_EQ(errors_of(audit), audit["missing"]);
}

}  // namespace
}  // namespace freshet
