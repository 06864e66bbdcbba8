// The house as it stands keeps its rules, and each rule refuses what it forbids and lets its neighbour pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "house/house_files.h"

namespace freshet::house {
namespace {

std::vector<File> sources() {
  const std::set<std::string> rooms = rooms_of(kHousePlan);
  return files_below({rooms.begin(), rooms.end()}, {".h", ".cc"});
}

void append(std::vector<Violation>& all, const std::vector<Violation>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

TEST(House, SourcesKeepTheRules) {
  const auto files = sources();
  ASSERT_GT(files.size(), 20U) << "the house was not found";
  std::vector<Violation> violations = check_house(files);
  for (const File& file : files) {
    append(violations, check_source(file));
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    if (lines > kLongFile) std::printf("long: %s has %ld lines\n", file.path.c_str(), static_cast<long>(lines));
  }
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

TEST(House, TestsMirrorIt) {
  const auto tests = files_below({"tests"}, {".h", ".cc"});
  ASSERT_GT(tests.size(), 20U) << "the tests were not found";
  const auto violations = check_tests(tests, sources());
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

TEST(House, ClientsAreLinkedByClients) {
  const auto files = files_below({"CMakeLists.txt"}, {});
  ASSERT_EQ(files.size(), 1U);
  ASSERT_NE(files.front().text.find("freshet_room(clients "), std::string::npos) << "the rooms were not found";
  const auto violations = check_links(files.front());
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

TEST(House, ThePlanLeadsDown) { EXPECT_THAT(upside_down(kHousePlan), ::testing::IsEmpty()); }

TEST(House, TextsNameNoMachineAndNoOpenEndWithoutIssue) {
  const auto files = files_below({"app",
                                  "base",
                                  "bench",
                                  "clients",
                                  "deploy",
                                  "docs",
                                  "fit",
                                  "generator",
                                  "metrics",
                                  "pipeline",
                                  "scenarios",
                                  "script",
                                  "servers",
                                  "tests",
                                  ".ci",
                                  ".clang-format",
                                  ".clang-tidy",
                                  "CHANGELOG.md",
                                  "CMakeLists.txt",
                                  "CMakePresets.json",
                                  "CONTRIBUTING.md",
                                  "README.md"},
                                 {});
  ASSERT_GT(files.size(), 20U) << "the project was not found";
  std::vector<Violation> violations;
  for (const File& file : files) append(violations, check_text(file));
  EXPECT_TRUE(violations.empty()) << listed(violations);
}

TEST(House, EveryRoomIsInThePlanOrKnownToBeNone) {
  const std::set<std::string> no_rooms = {"bench", "build", "deploy", "docs", "freshet-out", "script", "tests"};
  const std::set<std::string> rooms = rooms_of(kHousePlan);
  for (const auto& entry : std::filesystem::directory_iterator(FRESHET_SOURCE_DIR)) {
    const std::string name = entry.path().filename().native();
    if (!entry.is_directory() || starts_with(name, ".") || starts_with(name, "cmake-build")) continue;
    EXPECT_TRUE(rooms.count(name) + no_rooms.count(name) == 1) << name << " is a folder without a place";
  }
}

/// A rule with what it must refuse and what it must let pass.
struct Control {
  const char* name;
  const char* rule;
  File planted;
  File neighbour;
};

File source(const std::string& path, const std::string& code) {
  return {path, "// Purpose.\n#pragma once\n" + code + "\n"};
}

std::vector<Control> controls() {
  const std::string work = std::string("/") + "work" + "/x";
  const std::string home_of_root = std::string("/") + "root" + "/x";
  const std::string later = std::string("TO") + "DO";
  return {
      {"Sibling", "includes point down", source("metrics/audit/a.cc", "#include \"generator/model/model.h\""),
       source("metrics/audit/a.cc", "#include \"scenarios/model/scenario.h\"")},
      {"Upwards", "includes point down", source("base/a.h", "#include \"scenarios/model/slo.h\""),
       source("base/text/a.cc", "#include \"base/row.h\"")},
      {"FromApp", "includes point down", source("servers/a.cc", "  #  include \"app/run/run.h\""),
       source("app/parts/a.cc", "#include \"servers/mariadb_server.h\"")},
      {"BetweenFolders", "includes point down", source("generator/draw/a.cc", "#include \"generator/row/program.h\""),
       source("generator/row/a.cc", "#include \"generator/draw/random.h\"")},
      {"ObserverAndCodec", "includes point down",
       source("pipeline/observe/a.cc", "#include \"pipeline/codec/json_row.h\""),
       source("pipeline/capture/kafka/a.cc", "#include \"pipeline/codec/json_row.h\"")},
      {"OperatorsAndTheirStore", "includes point down",
       source("pipeline/views/a.cc", "#include \"pipeline/state/memory/memory_state.h\""),
       source("pipeline/views/a.cc", "#include \"pipeline/state/state.h\"")},
      {"BetweenBackends", "includes point down",
       source("generator/write/kafka/a.cc", "#include \"generator/write/mysql/mysql_writer.h\""),
       source("generator/write/writer_pool.cc", "#include \"generator/write/mysql/mysql_writer.h\"")},
      {"FolderWithItsFolders", "includes point down", source("base/text/a.cc", "#include \"base/messages/units.h\""),
       source("base/messages/a.cc", "#include \"base/text/lower_case.h\"")},
      {"ClientInTheModel", "includes point down", source("scenarios/model/a.cc", "#include \"clients/mysql/mysql.h\""),
       source("generator/write/mysql/a.cc", "#include \"clients/mysql/mysql.h\"")},
      {"Unplanned", "every folder is in the plan", source("metrics/a.cc", ""), source("metrics/audit/a.cc", "")},
      {"Relative", "includes point down", source("metrics/audit/a.cc", "#include \"ledger.h\""),
       source("metrics/audit/a.cc", "#include \"metrics/ledger/ledger.h\"")},
      {"TestsInside", "includes point down", source("app/a.cc", "#include \"tests/fakes/clock.h\""),
       source("app/a.cc", "// #include \"tests/fakes/clock.h\"")},
      {"Mysql", "mysql.h only in clients/mysql", source("metrics/audit/a.cc", "#include <mysql/mysql.h>"),
       source("clients/mysql/mysql_connection.cc", "#include <mysql.h>")},
      {"MysqlInThePipeline", "mysql.h only in clients/mysql",
       source("pipeline/capture/mysql/a.cc", "#include <mariadb_rpl.h>"),
       source("clients/mysql/mysql_dump.cc", "#include <mariadb_rpl.h>")},
      {"Kafka", "rdkafka only in clients/kafka and the embedded broker",
       source("generator/write/kafka/a.cc", "#include <librdkafka/rdkafka_mock.h>"),
       source("servers/kafka_broker.cc", "#include <librdkafka/rdkafka_mock.h>")},
      {"Curl", "curl only in clients/http", source("metrics/audit/a.cc", "#include <curl/curl.h>"),
       source("clients/http/http.cc", "#include <curl/curl.h>")},
      {"Prometheus", "prometheus only in metrics", source("app/a.cc", "#include <prometheus/counter.h>"),
       source("metrics/report/a.cc", "#include <prometheus/counter.h>")},
      {"Sqlite", "sqlite3.h only in generator/write/sqlite", source("clients/mysql/a.cc", "#include <sqlite3.h>"),
       source("generator/write/sqlite/sqlite_database.h", "// D.\n#pragma once\n#include <sqlite3.h>")},
      {"Rocks", "rocksdb only in pipeline/state", source("metrics/audit/a.cc", "#include <rocksdb/db.h>"),
       source("pipeline/state/rocks.cc", "#include <rocksdb/db.h>")},
      {"Simdjson", "simdjson only in the decoders of JSON", source("scenarios/model/a.cc", "#include <simdjson.h>"),
       source("pipeline/observe/list_text.cc", "#include <simdjson.h>")},
      {"Avro", "avro.h only in the decoder of Avro", source("pipeline/native/plan.cc", "#include <avro.h>"),
       source("pipeline/codec/avro_row.cc", "#include <avro.h>")},
      {"CommandLine", "CLI11 only in app/cli", source("app/run/a.cc", "#include <CLI/CLI.hpp>"),
       source("app/cli/command_line.cc", "#include <CLI/CLI.hpp>")},
      {"Json", "nlohmann-json only in scenarios, the reports and app",
       source("pipeline/native/a.cc", "#include <nlohmann/json.hpp>"),
       source("metrics/report/a.cc", "#include <nlohmann/json.hpp>")},
      {"RandomHeader", "no <random>, <format> or <ranges>", source("generator/row/a.cc", "#include <random>"),
       source("generator/row/a.cc", "#include \"generator/draw/random.h\"")},
      {"RandomCall", "randomness comes from the seed", source("app/a.cc", "int x = rand();"),
       source("app/a.cc", "int x = operand(); auto grand (int);")},
      {"RandomDevice", "randomness comes from the seed", source("app/a.cc", "std::random_device seed;"),
       source("app/a.cc", "std::string s = \"std::random_device\";")},
      {"WallClock", "the wall clock is read in base/clock.cc",
       source("metrics/audit/a.cc", "auto t = std::chrono::system_clock::now();"),
       source("base/clock.cc", "auto t = std::chrono::system_clock::now();")},
      {"OldWallClock", "the wall clock is read in base/clock.cc", source("app/a.cc", "auto t = time(nullptr);"),
       source("app/a.cc", "auto t = intended_time(nullptr); auto u = time(change);")},
      {"Sleep", "sleeping is the clock's", source("pipeline/views/a.cc", "std::this_thread::sleep_for(1ms);"),
       source("pipeline/views/a.cc", "clock.sleep_until(due, stop);  // never sleep(1)")},
      {"OldSleep", "sleeping is the clock's", source("app/a.cc", "::usleep(10);"),
       source("servers/a.cc", "::usleep(10);")},
      {"Print", "only app prints", source("metrics/audit/a.cc", "  printf(\"%d\", 1);"),
       source("app/a.cc", "  printf(\"%d\", 1);")},
      {"PrintToError", "only app prints", source("base/a.cc", "std::fprintf(stderr, \"x\");"),
       source("base/result.h", "std::fprintf(stderr, \"x\");")},
      {"PrintStream", "only app prints", source("metrics/audit/a.cc", "std::cout << 1;"),
       source("metrics/audit/a.cc", "std::fprintf(file, \"x\"); snprintf(p, 1, \"x\");")},
      {"PrintFmt", "only app prints", source("metrics/audit/a.cc", "fmt::print(\"x\");"),
       source("metrics/audit/a.cc", "auto f = fingerprint(row);")},
      {"Views", "no view pipelines (clang 14 cannot compile them)",
       source("app/a.cc", "for (x : v | std::views::all) {}"),
       source("app/a.cc", "std::vector<View> views; views.size();")},
      {"Format", "no std::format (g++ 12 has none)", source("app/a.cc", "auto s = std::format(\"x\");"),
       source("app/a.cc", "auto s = fmt::format(\"x\");")},
      {"Throw", "nothing throws", source("base/a.cc", "if (bad) throw 1;"),
       source("base/a.cc", "/* may throw */ catch (const E&) { int throws; } // throw\nconst char* s = R\"(throw)\";")},
      {"TypeName", "names say what a thing is", source("app/a.cc", "class RunManager {};"),
       source("app/a.cc", "class Run {}; struct Implied {};")},
      {"FileName", "names say what a thing is", source("app/string_utils.h", ""), source("app/utilisation.h", "")},
      {"Length", "files have at most 500 lines", source("app/a.cc", std::string(499, '\n')),
       source("app/a.cc", std::string(497, '\n'))},
      {"Purpose",
       "a header opens with its purpose",
       {"base/a.h", "#pragma once\n\n#pragma once\n"},
       source("base/a.h", "")},
      {"Once", "a header is included once", {"base/a.h", "// Purpose.\n"}, {"base/a.cc", "#include \"base/a.h\"\n"}},
      {"MachinePath",
       "no paths of a machine",
       {"docs/a.md", "see " + work},
       {"docs/a.md", "see /homework/ and net" + work}},
      {"HomeOfRoot", "no paths of a machine", {"script/a", "cp x " + home_of_root}, {"script/a", "cp x $root/x"}},
      {"OpenEnd",
       "what is left to do names its issue",
       {"app/a.cc", "// " + later + ": later"},
       {"app/a.cc", "// " + later + "(#12): later"}}};
}

class HouseRule : public ::testing::TestWithParam<Control> {};

TEST_P(HouseRule, RefusesThePlantedViolationAndLetsItsNeighbourPass) {
  const auto check = [](const File& file) {
    std::vector<Violation> found = check_source(file);
    append(found, check_text(file));
    return found;
  };
  const auto found = check(GetParam().planted);
  ASSERT_EQ(found.size(), 1U) << listed(found);
  EXPECT_EQ(found.front().rule, GetParam().rule);
  EXPECT_EQ(found.front().where.rfind(GetParam().planted.path, 0), 0U);
  const auto innocent = check(GetParam().neighbour);
  EXPECT_TRUE(innocent.empty()) << listed(innocent);
}

INSTANTIATE_TEST_SUITE_P(Each, HouseRule, ::testing::ValuesIn(controls()),
                         [](const auto& control) { return std::string(control.param.name); });

TEST(HouseRules, EveryRuleHasAControl) {
  std::set<std::string> controlled;
  for (const Control& control : controls()) controlled.insert(control.rule);
  for (const Guest& guest : guests()) EXPECT_EQ(controlled.count(guest.rule), 1U) << guest.rule;
  for (const Ban& ban : bans()) EXPECT_EQ(controlled.count(ban.rule), 1U) << ban.rule;
}

TEST(HouseRules, ALibraryOfTheCommandLineStaysInOneFile) {
  const File one = source("app/cli/one.cc", "#include <CLI/CLI.hpp>");
  const File two = source("app/cli/two.cc", "#include <CLI/Option.hpp>");
  const File json = source("app/json.cc", "#include <nlohmann/json.hpp>");
  const File elsewhere = source("scenarios/loader/loader.cc", "#include <nlohmann/json.hpp>");
  EXPECT_TRUE(check_house({one, json, elsewhere}).empty());
  ASSERT_EQ(check_house({one, two, json}).size(), 1U);
  EXPECT_EQ(check_house({one, two, json}).front().where, "app/cli/two.cc");
}

TEST(HouseRules, FoldersFormNoCircle) {
  const File down = source("base/messages/a.cc", "#include \"base/text/a.h\"");
  const File further = source("base/text/a.cc", "#include \"base/row.h\"");
  const File back = source("base/b.h", "\n#include \"base/messages/a.h\"");
  const File to_itself = source("base/text/b.cc", "#include \"base/text/a.h\"");
  EXPECT_TRUE(check_house({down, further, to_itself}).empty());
  const auto found = check_house({down, further, back});
  ASSERT_EQ(found.size(), 1U) << listed(found);
  EXPECT_EQ(found.front().rule, "folders form no circle");
  EXPECT_EQ(found.front().where, "base/text/a.cc:3");
  EXPECT_EQ(found.front().what, "base → base/messages → base/text → base");
}

TEST(HouseRules, AFolderHasAtMostTwentySources) {
  std::vector<File> files;
  for (int i = 0; i < 20; ++i) files.push_back(source("base/text/a" + std::to_string(i) + ".cc", ""));
  files.push_back(source("base/a.cc", ""));
  EXPECT_TRUE(check_house(files).empty());
  files.push_back(source("base/text/a.h", ""));
  const auto found = check_house(files);
  ASSERT_EQ(found.size(), 1U) << listed(found);
  EXPECT_EQ(found.front().rule, "a folder has at most 20 sources");
  EXPECT_EQ(found.front().where, "base/text");
}

TEST(HouseRules, TestsMirrorTheHouse) {
  const File model = source("generator/model/model.h", "");
  const auto check = [&](const std::string& path) { return check_tests({source(path, "")}, {model}); };
  for (const char* right : {"tests/generator/a_test.cc", "tests/generator/write/a_test.cc", "tests/fakes/fake_clock.h",
                            "tests/generator/write/kafka/a_test.cc", "tests/cases/old/a_test.cc"}) {
    EXPECT_TRUE(check(right).empty()) << right;
  }
  const auto elsewhere = check("tests/generator/writers/a_test.cc");
  ASSERT_EQ(elsewhere.size(), 1U);
  EXPECT_EQ(elsewhere.front().rule, "tests mirror the house");
  const auto same = check("tests/generator/model/model.h");
  ASSERT_EQ(same.size(), 1U);
  EXPECT_EQ(same.front().rule, "a test has a path of its own");
}

TEST(HouseRules, APlanThatLeadsUpIsFound) {
  EXPECT_THAT(upside_down({{"base", {}}, {"base/text", {"base"}}, {"app", {"base/"}}}), ::testing::IsEmpty());
  EXPECT_THAT(upside_down({{"base", {"base/text"}}, {"base/text", {"base"}}}),
              ::testing::ElementsAre("base sees base/text"));
  EXPECT_THAT(upside_down({{"base", {}}, {"base/text", {"base/"}}, {"base/words", {"base"}}}),
              ::testing::ElementsAre("base/text sees base/"));
  EXPECT_THAT(upside_down({{"base", {}}, {"app", {"bases"}}}), ::testing::ElementsAre("app sees bases"));
}

TEST(HouseRules, ARoomThatLinksAClientIsFound) {
  const auto check = [](const std::string& text) { return check_links({"CMakeLists.txt", text}); };
  EXPECT_TRUE(check("freshet_room(base)\nfreshet_room(clients SEES a LINKS PkgConfig::MARIADB)\n").empty());
  const auto found = check("freshet_room(base LINKS\n  PkgConfig::CURL)\nfreshet_room(servers)\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().rule, "clients are linked by clients");
  EXPECT_EQ(found.front().what, "base links one");
}

TEST(HouseRules, NumberLinesAsTheFileDoes) {
  const auto found = check_source(source("base/a.h", "/* one\n two */ int n = 1'000'000; char q = '\\'';\n throw n;"));
  ASSERT_EQ(found.size(), 1U) << listed(found);
  EXPECT_EQ(found.front().where, "base/a.h:5");
}

}  // namespace
}  // namespace freshet::house
