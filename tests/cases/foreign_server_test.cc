// Scenarios of others: what `check` says is what `run` does, and files, connections and names are found.
#include <gmock/gmock.h>

#include "cases/their_server.h"

namespace freshet::cases {
namespace {

using testing::HasSubstr;
using testing::Not;

class Foreign : public TheirServer {};

TEST_F(Foreign, FilesBesideTheScenarioAreFoundByThePipelineToo) {
  const std::filesystem::path home = folder_.path();
  std::filesystem::create_directories(home / "theirs/locales");
  std::filesystem::copy_file(input("foreign/c.csv"), home / "theirs/c.csv");
  std::string locale = read_file(FRESHET_SOURCE_DIR "/scenarios/locales/de_DE.json");
  locale.replace(locale.find("\"de_DE\""), 7, "\"xx_XX\"");
  (void)folder_.write("theirs/locales/xx_XX.json", locale);
  (void)folder_.write("theirs/zones.csv", "code,zone\nA,1\nB,2\n");
  std::string text = read_file(input("foreign/data.json"));
  const std::string fields = "\"code\": {\"data\": \"code\"}, ";
  text.replace(text.find(fields), fields.size(),
               fields + R"("zone": {"lookup": "code", "from": "zones.csv", "key": "code", "column": "zone", "else": 9},
                           "who": {"person": ["name"], "locale": "xx_XX"}, )");
  (void)folder_.write("theirs/data.json", text);
  const Said said = on_their_server("run theirs/data.json --for 1s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  // What a run leaves is whole: it says the same without the files that it was made of.
  std::filesystem::remove_all(home / "theirs");
  const Said checked = freshet(folder_, "check out/scenario.resolved.json");
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
}

TEST_F(Foreign, AConnectionThatNothingUsesIsNotAsked) {
  const Said said = on_their_server("run " + input("foreign/unused.json") + " --for 1s --set /warm_up=0s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("nothing uses the connection \"kafka\""));
}

TEST_F(Foreign, AConnectionWithoutUrlHasTheDocumentedVariable) {
  const Said said = on_their_server("run " + input("foreign/null.json") + " --for 1s --set /warm_up=0s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  const Said missing = freshet(folder_, "run " + input("foreign/null.json") + " --out none", "env -u FRESHET_MYSQL");
  EXPECT_EQ(missing.exit_code, 8);
  EXPECT_THAT(missing.err, HasSubstr("the variable FRESHET_MYSQL is not set"));
}

/// Whatever the environment says. A variable that is not set here may be set where the run is.
TEST(ForeignCheck, AUrlThatCannotBeOneIsRefused) {
  const Folder folder;
  const auto check = [&](const std::string& more) {
    return freshet(folder, "check " + input("foreign/base.json") + more);
  };
  const Said wrong = check(" --set /connections/mysql=127.0.0.1:9092");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("/connections/mysql: connection \"mysql\": its URL does not begin with mysql://, "
                                   "expected mysql://USER@HOST[:PORT]/DATABASE"));
  EXPECT_EQ(check(" --set '/connections/mysql=${NOBODY_SET_THIS}'").exit_code, 0);
  EXPECT_EQ(check(" --set '/connections/mysql=${NOBODY_SET_THIS:-mysql://root@localhost/shop}'").exit_code, 0);
  EXPECT_EQ(check(" --set '/connections/mysql=${NOBODY_SET_THIS:-mysql://localhost}'").exit_code, 2);
  EXPECT_THAT(check(" --canary 0s").err, HasSubstr("expected a duration that is longer than 0"));
}

TEST_F(Foreign, EveryKindOfColumnIsRight) {
  const Said said = on_their_server("run " + input("foreign/types.json") + " --for 2s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder_);
  for (const auto& [view, audit] : result["audit"].items()) EXPECT_GT(audit["expected"], 5) << view;
}

TEST_F(Foreign, GatesWithoutAViewAreJudgedAndTheAuditIsSkipped) {
  const Said said = on_their_server("run " + input("foreign/noviews.json") +
                                    " --set /pipeline=external --rate 500/s --for 1s --set /warm_up=0s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("PASS  every gate holds; no view is observed, so no row was judged"));
  EXPECT_THAT(said.out, HasSubstr("skipped: no view is observed"));
  EXPECT_EQ(result_of(folder_)["gates"][0]["status"], "pass");
  EXPECT_EQ(result_of(folder_)["run"]["audit"]["status"], "skipped");
}

TEST_F(Foreign, DataOnlyIsNoPass) {
  const Said said = on_their_server("run " + input("foreign/noviews.json") +
                                    " --set '/slo=[]' --data-only --keep --for 1s --set /warm_up=0s");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("NOT JUDGED"));
  EXPECT_EQ(result_of(folder_)["verdict"], "not_judged");
  EXPECT_EQ(result_of(folder_)["load"]["changes"]["order"]["insert"]["committed"].get<int>(),
            std::stoi(connect().scalar("SELECT COUNT(*) FROM shop.orders").value()));
  for (const char* file : {"summary.md", "junit.xml", "report.html", "result.json"}) {
    EXPECT_THAT(read_file(folder_.path() + "/out/" + file), Not(HasSubstr("PASS"))) << file;
  }
  EXPECT_THAT(said.out, Not(HasSubstr("PASS")));
}

/// Who was slow: the table's server, which must commit each change by itself.
TEST_F(Foreign, OverloadSaysWhatWasTakenAndWhoWasSlow) {
  const Said said = on_their_server("run " + input("foreign/noviews.json") +
                                    " --set /pipeline=external --rate 60000/s --for 1s --set /warm_up=0s "
                                    "--set '/write/order/mysql/commit={\"changes\":1}'");
  EXPECT_EQ(said.exit_code, 6) << said.out << said.err;
  const nlohmann::json load = result_of(folder_)["load"];
  EXPECT_GT(load["achieved_per_s"], 100);
  EXPECT_LE(load["achieved_per_s"], load["offered_per_s"]) << "a fast server takes all of it, too late";
  ASSERT_EQ(load["slow"].size(), 1U) << load.dump();
  EXPECT_EQ(load["slow"][0]["part"], "targets");
  EXPECT_THAT(said.out, HasSubstr("slow: the targets: mysql committed "));
}

struct Refusal {
  const char* file;
  const char* why;
  const char* cure;
};

TEST(ForeignScenarios, CheckRefusesWhatRunRefusesWithAHint) {
  Folder folder;
  for (const auto& [file, why, cure] :
       {Refusal{"foreign/noviews.json", "the native pipeline has nothing to maintain", "\"pipeline\": \"external\""},
        Refusal{"foreign/stamp.json", "\"stamp\": false", "\"stamp\": true"},
        Refusal{"22-references.json", "there is nothing to judge", "--data-only"}}) {
    for (const char* command : {"check ", "run --embedded --out out "}) {
      const Said said = freshet(folder, command + input(file));
      EXPECT_EQ(said.exit_code, 2) << command << file << said.out << said.err;
      EXPECT_THAT(said.err, HasSubstr(why));
      EXPECT_THAT(said.err, HasSubstr(cure));
    }
  }
  EXPECT_EQ(freshet(folder, "check --data-only " + input("22-references.json")).exit_code, 0);
  EXPECT_EQ(freshet(folder, "check " + input("foreign/base.json")).exit_code, 0);
  EXPECT_EQ(freshet(folder, "run --embedded --out /proc/nowhere " + input("foreign/base.json")).exit_code, 8);
}

TEST(ForeignScenarios, WhatWasRightStaysRight) {
  for (const char* file : {"20-before-1970.json", "21-null-sums.json"}) {
    Folder folder;
    const Said said = freshet(folder, "run --embedded --out out " + input(file) + " --for 3s");
    EXPECT_EQ(said.exit_code, 0) << file << said.out << said.err;
  }
}

/// An order refers to a customer and a product that live when it comes.
TEST(ForeignScenarios, ReferencesLiveWhenTheyAreMade) {
  Folder folder;
  const Said said = freshet(folder, "generate " + input("22-references.json") + " --format debezium");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  std::map<std::string, bool> living;
  int orders = 0, deletes = 0;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json envelope = nlohmann::json::parse(line, nullptr, false);
    if (!envelope.is_object()) continue;  // a tombstone
    const bool gone = envelope["op"] == "d";
    const nlohmann::json& row = envelope[gone ? "before" : "after"];
    if (!row.contains("customer")) {
      living[row["id"]] = !gone;
      deletes += gone ? 1 : 0;
      continue;
    }
    ++orders;
    for (const char* reference : {"customer", "product"}) {
      const nlohmann::json& id = row[reference]["id"];
      EXPECT_TRUE(id.is_null() || living[id]) << line;
    }
  }
  EXPECT_GT(orders, 1000);
  EXPECT_GT(deletes, 100);
}

}  // namespace
}  // namespace freshet::cases
