// The main job on real parts: a private MariaDB server, the in-process broker, the native pipeline in a process of
// its own. Each promise of the verdict has a run that keeps it and a run in which it is broken on purpose.
#include <cstdint>

#include "app/freshet_process.h"
#include "app/run_account.h"

namespace freshet {
namespace {

/// The result of a run of one of the tests' scenarios, which must pass; null when it does not.
nlohmann::json result_of_run(const Folder& folder, const std::string& name) {
  const Said said =
      freshet(folder, "run " FRESHET_SOURCE_DIR "/tests/app/scenarios/" + name + ".json --embedded --out out");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  return said.exit_code == 0 ? result_of(folder) : nlohmann::json();
}

TEST(Run, passes_and_every_number_adds_up) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load());
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  ASSERT_TRUE(result.is_object());
  EXPECT_EQ(result["schema_version"], 1);
  EXPECT_EQ(result["verdict"], "pass");
  EXPECT_TRUE(result["run"]["complete"]);
  EXPECT_GT(result["load"]["headroom"], 2) << "the generator alone, against null";
  for (const char* view : {"salescompleted", "unnested_sales"}) {
    const nlohmann::json& audit = result["audit"][view];
    EXPECT_EQ(audit["status"], "done");
    EXPECT_GT(audit["expected"], 100);
    EXPECT_EQ(audit["expected"], audit["found"]);
    EXPECT_EQ(audit["scanned"], audit["expected"]);
    EXPECT_EQ(errors_of(audit), 0);
    const nlohmann::json& all = result["freshness"][view]["all"];
    EXPECT_EQ(all["expected"].get<std::int64_t>(),
              all["count"].get<std::int64_t>() + all["censored"].get<std::int64_t>());
    EXPECT_GT(all["p99_s"], 0);
    EXPECT_EQ(all["censored"], 0);
  }
  // A payment update changes the completed sale and leaves its lines as they are.
  EXPECT_GT(result["freshness"]["salescompleted"]["payment.update"]["count"], 0);
  EXPECT_GT(result["freshness"]["salescompleted"]["payment.delete"]["count"], 0);
  EXPECT_EQ(result["freshness"]["unnested_sales"]["payment.update"]["count"], 0);
  EXPECT_GT(result["freshness"]["unnested_sales"]["payment.update"]["unchanged"], 0);
  for (const auto& [entity, operations] : result["load"]["changes"].items()) {
    for (const auto& [operation, counts] : operations.items()) {
      EXPECT_EQ(counts["scheduled"], counts["committed"]) << entity << "." << operation;
    }
  }
  for (const char* file : {"report.html", "junit.xml", "summary.md", "seconds.ndjson", "scenario.resolved.json"}) {
    EXPECT_GT(read_file(folder.path() + "/out/" + file).size(), 100U) << file;
  }
  // The page names what decided a gate as the terminal does.
  const nlohmann::json& gate = result["gates"][0];
  std::string decisive = gate["view"];
  if (gate["series"] != "all") decisive += " " + gate["series"].get<std::string>();
  EXPECT_NE(read_file(folder.path() + "/out/report.html").find("<td>" + decisive + "</td>"), std::string::npos);
  EXPECT_NE(said.out.find("  " + decisive + "\n"), std::string::npos);
  EXPECT_NE(said.out.find("PASS"), std::string::npos);
}

TEST(Run, history_events_and_several_children_are_audited_to_the_row) {
  Folder folder;
  const nlohmann::json result = result_of_run(folder, "business");
  ASSERT_TRUE(result.is_object());
  for (const char* view : {"sold", "paid", "sent"}) {
    const nlohmann::json& audit = result["audit"][view];
    EXPECT_GT(audit["expected"], 2'000) << view;
    EXPECT_EQ(audit["expected"], audit["found"]);
    EXPECT_EQ(errors_of(audit), 0);
    EXPECT_LT(result["freshness"][view]["all"]["expected"], audit["expected"]) << "history is audited, not measured";
  }
  const auto phases = result["run"]["phases"];
  EXPECT_TRUE(std::any_of(phases.begin(), phases.end(), [](const auto& phase) { return phase["name"] == "backfill"; }));
}

TEST(Run, children_of_rows_that_change_go_and_come_back_are_audited_to_the_row) {
  Folder folder;
  const nlohmann::json result = result_of_run(folder, "members");
  ASSERT_TRUE(result.is_object());
  const nlohmann::json& changes = result["load"]["changes"];
  EXPECT_GT(changes["member"]["insert"]["committed"], 450) << "some come back";
  EXPECT_GT(changes["account"]["insert"]["committed"], 1'000) << "several of a member";
  EXPECT_EQ(result["audit"]["held"]["expected"], changes["account"]["insert"]["committed"]);
  const std::int64_t cards = changes["card"]["insert"]["committed"].get<std::int64_t>() -
                             changes["card"]["delete"]["committed"].get<std::int64_t>();
  EXPECT_GT(result["audit"]["carded"]["expected"], cards / 2);
  EXPECT_LT(result["audit"]["carded"]["expected"], cards) << "members who are away have no row";
  for (const char* view : {"carded", "held"}) EXPECT_EQ(errors_of(result["audit"][view]), 0) << view;
}

TEST(Run, messages_that_are_lost_repeated_and_poisoned_leave_a_right_answer) {
  Folder folder;
  const nlohmann::json result = result_of_run(folder, "faulty_topic");
  ASSERT_TRUE(result.is_object());
  const nlohmann::json& faults = result["load"]["stream_faults"]["orders"];
  for (const char* fault : {"dropped", "duplicated", "poisoned"}) EXPECT_GT(faults[fault], 5) << fault;
  std::int64_t withheld = 0;
  for (const auto& [operation, counts] : result["load"]["changes"]["order"].items()) {
    withheld += counts["withheld"].get<std::int64_t>();
  }
  EXPECT_EQ(withheld, faults["dropped"]);
  EXPECT_EQ(errors_of(result["audit"]["orders"]), 0);
  EXPECT_GT(result["audit"]["orders"]["expected"], 200);
  const std::string log = read_file(folder.path() + "/out/logs/pipeline.log");
  EXPECT_EQ(log.find(" 0 older ignored"), std::string::npos) << "some repeats must have come after newer versions\n"
                                                             << log;
  EXPECT_NE(log.find(std::to_string(faults["poisoned"].get<int>()) + " left out"), std::string::npos) << log;
}

TEST(Run, a_closed_loop_follows_the_targets_and_says_so) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out --rate 100/s --for 20s " +
                                        "--set '/closed_loop={\"in_flight\": 40}' --set '/slo=[\"p99 service < 1m\"]'");
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  EXPECT_EQ(result["load"]["closed_loop"]["in_flight"], 40);
  EXPECT_EQ(result["latency"]["wait"]["count"], 0);
  EXPECT_GT(result["latency"]["service"]["count"], 1'000);
  EXPECT_EQ(result["end_to_end"]["salescompleted"]["all"]["p99_s"], nullptr);
  EXPECT_GT(result["freshness"]["salescompleted"]["all"]["p99_s"], 0);
  EXPECT_LT(result["run"]["duration_s"], 20) << "the schedule's instants are not kept";
  EXPECT_EQ(errors_of(result["audit"]["salescompleted"]), 0);
  EXPECT_NE(said.out.find("CLOSED LOOP  40 in flight"), std::string::npos) << said.out;
}

TEST(Run, a_row_of_the_history_that_goes_missing_is_named) {
  Folder folder;
  const std::string tamper = folder.write("tamper.sh",
                                          "mariadb --no-defaults -uroot -S \"$FRESHET_EMBEDDED_SOCKET\" freshet "
                                          "-e \"DELETE FROM sold WHERE id = 'L000000001'\"\n");
  const Said said = freshet(folder, "run " FRESHET_SOURCE_DIR
                                    "/tests/app/scenarios/business.json --embedded --out out "
                                    "--before-audit 'sh " +
                                        tamper + "'");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  EXPECT_EQ(result_of(folder)["audit"]["sold"]["missing"], 1);
}

// A gate of 10 s or more asks for no more punctuality than a second, which a machine of tests can do.
TEST(Run, a_gate_that_does_not_hold_is_exit_3) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load() +
                                        "--drill delay=12s@5% --set /slo='[\"max freshness < 10s\"]'");
  EXPECT_EQ(said.exit_code, 3) << said.out << said.err;
  EXPECT_EQ(result_of(folder)["verdict"], "fail");
}

TEST(Run, results_that_cannot_be_written_are_exit_8) {
  Folder folder;
  std::filesystem::create_directories(folder.path() + "/out/report.html");
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load(3));
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_NE(said.out.find("report.html"), std::string::npos) << said.out << said.err;
  EXPECT_EQ(said.out.find("PASS"), std::string::npos) << said.out;
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/out/summary.md")) << "all of them or none";
}

TEST(Drill, duplicates_cannot_be_planted_in_a_sink_with_a_unique_key) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out --drill duplicate=1%");
  EXPECT_EQ(said.exit_code, 2) << said.out << said.err;
  EXPECT_NE(said.err.find("primary key"), std::string::npos) << said.err;
}

TEST(Run, too_few_samples_are_inconclusive_exit_5) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") +
                                        " --embedded --out out --rate 5/s --for 4s "
                                        "--set /warm_up=1s --set /slo='[\"p99.9 freshness < 5m\"]'");
  EXPECT_EQ(said.exit_code, 5) << said.out << said.err;
}

TEST(Run, rows_tampered_with_before_the_audit_are_named_class_by_class) {
  Folder folder;
  const std::string tamper =
      folder.write("tamper.sh",
                   "mariadb --no-defaults -uroot -S \"$FRESHET_EMBEDDED_SOCKET\" freshet_sink <<'SQL'\n"
                   "DELETE FROM unnested_sales ORDER BY invoiceNumber, line LIMIT 3;\n"
                   "UPDATE unnested_sales SET quantity = quantity + 1 ORDER BY invoiceNumber DESC, line LIMIT 2;\n"
                   "UPDATE salescompleted SET paid = paid + 0.01 ORDER BY invoiceNumber LIMIT 1;\n"
                   "SQL\n");
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load() +
                                        "--before-audit 'sh " + tamper + "'");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  EXPECT_EQ(result["verdict"], "incorrect");
  EXPECT_EQ(result["audit"]["unnested_sales"]["missing"], 3);
  EXPECT_EQ(result["audit"]["unnested_sales"]["wrong"], 2);
  EXPECT_EQ(result["audit"]["salescompleted"]["wrong"], 1);
  EXPECT_EQ(errors_of(result["audit"]["salescompleted"]), 1);
  EXPECT_FALSE(result["audit"]["unnested_sales"]["examples"].empty());
}

TEST(Drill, the_verdict_names_exactly_what_was_planted) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load() +
                                        "--drill lose=2%,stale=3%,resurrect=30%,wrong=1%");
  const nlohmann::json drill = exact_drill(folder, said, 7);
  for (const char* name : {"missing", "stale", "resurrected", "wrong"}) EXPECT_GT(drill["planted"][name], 0) << name;
}

TEST(Drill, delayed_rows_are_seen_in_freshness_one_by_one) {
  Folder folder;
  const Said said = freshet(
      folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load() + "--drill delay=2s@5%");
  const nlohmann::json drill = exact_drill(folder, said, 0);
  EXPECT_GT(drill["planted"]["delayed"], 0);
}

TEST(Run, KeepLeavesTheFilesOfThePrivateServer) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("smoke") + " --embedded --keep --out out --for 1s --set /slo=[]",
                            "TMPDIR=" + folder.path());
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  const std::string words = "the files of the private server stay in ";
  const std::size_t at = said.err.find(words);
  ASSERT_NE(at, std::string::npos) << said.err;
  const std::string directory = said.err.substr(at + words.size(), said.err.find(" (--keep)") - at - words.size());
  EXPECT_TRUE(std::filesystem::exists(directory + "/data/ibdata1")) << directory;
}

}  // namespace
}  // namespace freshet
