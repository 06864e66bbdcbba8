// A scenario that writes to an SQLite file, by the program itself: generate, run and clean, without any server.
#include <gmock/gmock.h>

#include "app/freshet_process.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kShop = R"({
  "freshet": 1, "name": "shop", "seed": 7, "warm_up": "1s",
  "entities": {
    "product": {"rows": 20, "key": {"id": {"sequence": "P%04d"}}, "fields": {"price": {"decimal": ["1.00", "9.99"]}}},
    "order": {"key": {"number": "uuid"},
      "fields": {"status": "state", "total": {"decimal": ["1.00", "99.99"]}},
      "life": {"open": {"after": "500ms", "to": {"paid": 8, "deleted": 2}}}},
    "line": {"per": "order", "count": 3, "key": {"id": {"sequence": "L%09d"}},
      "fields": {"number": {"parent": "number"}}}
  },
  "load": [{"entity": "order", "rate": "200/s", "for": "2s"}],
  "write": {
    "product": {"sqlite": {"file": "shop.db"}},
    "order": {"sqlite": {"file": "shop.db", "table": "orders"}},
    "line": {"sqlite": {"file": "shop.db"}}
  }
})";

class OnSqlite : public ::testing::Test {
 protected:
  OnSqlite() { EXPECT_NE(folder_.write("shop.json", kShop), ""); }
  /// What the command line tool of SQLite says.
  std::string query(const std::string& sql) {
    const std::string output = folder_.path() + "/answer";
    const std::string command = "cd " + folder_.path() + "; sqlite3 shop.db \"" + sql + "\" >" + output + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_file(output);
    return read_file(output);
  }
  const Folder folder_;
};

TEST_F(OnSqlite, GenerateFillsTablesThatStay) {
  const Said said = freshet(folder_, "generate shop.json --to sqlite");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(query("SELECT COUNT(*) FROM product"), "20\n");
  EXPECT_EQ(query("SELECT COUNT(*) > 100, COUNT(DISTINCT status) = 2 FROM orders"), "1|1\n");
  EXPECT_EQ(query("SELECT COUNT(*) > 300 FROM line WHERE number IN (SELECT number FROM orders)"), "1\n");
}

TEST_F(OnSqlite, ASecondGenerateNeedsTheFlagAndCleanDropsOnlyWhatIsOurs) {
  query("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  ASSERT_EQ(freshet(folder_, "generate shop.json --to sqlite").exit_code, 0);
  const Said again = freshet(folder_, "generate shop.json --to sqlite");
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, AllOf(HasSubstr("table product exists (made by freshet as shop.db.product, run generate-"),
                               HasSubstr("--drop-existing")));
  EXPECT_EQ(freshet(folder_, "generate shop.json --to sqlite --drop-existing").exit_code, 0);

  const Said dry = freshet(folder_, "clean shop.json --dry-run");
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("would drop shop.db: orders (made by freshet as shop.db.orders, run generate-"),
                             Not(HasSubstr("theirs"))));
  EXPECT_EQ(query("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"), "4\n");
  const Said clean = freshet(folder_, "clean shop.json");
  EXPECT_EQ(clean.exit_code, 0) << clean.err;
  EXPECT_THAT(clean.out, HasSubstr("dropped shop.db: orders"));
  EXPECT_EQ(query("SELECT name FROM sqlite_master WHERE type = 'table'"), "theirs\n");
  EXPECT_THAT(freshet(folder_, "clean shop.json").out, HasSubstr("nothing was left behind"));
}

TEST_F(OnSqlite, CleanMakesNoFile) {
  EXPECT_EQ(freshet(folder_, "clean shop.json").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/shop.db"));
}

TEST_F(OnSqlite, ARunNeedsSomethingToJudge) {
  const Said said = freshet(folder_, "run shop.json --out out");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, HasSubstr("there is nothing to judge"));
}

TEST_F(OnSqlite, ARunsAccountHoldsAndItsTablesGoWithIt) {
  const Said kept = freshet(folder_, "run shop.json --data-only --keep --out out");
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  const nlohmann::json result = result_of(folder_);
  ASSERT_TRUE(result.is_object());
  std::int64_t committed = 0;
  for (const auto& [entity, operations] : result["load"]["changes"].items()) {
    for (const auto& [operation, counts] : operations.items()) {
      committed += counts["committed"].get<std::int64_t>();
      for (const char* other : {"rejected", "unknown", "withheld"}) EXPECT_EQ(counts[other], 0) << entity << operation;
    }
  }
  EXPECT_GT(committed, 1'500);
  const std::string inserted =
      std::to_string(result["load"]["changes"]["order"]["insert"]["committed"].get<std::int64_t>() -
                     result["load"]["changes"]["order"]["delete"]["committed"].get<std::int64_t>());
  EXPECT_EQ(query("SELECT COUNT(*) FROM orders"), inserted + "\n");

  EXPECT_EQ(freshet(folder_, "run shop.json --data-only --drop-existing --out two").exit_code, 0);
  EXPECT_EQ(query("SELECT name FROM sqlite_master"), "");
}

TEST_F(OnSqlite, WhatCannotBeWrittenIsExitEight) {
  std::filesystem::create_directory(folder_.path() + "/shop.db");
  const Said said = freshet(folder_, "generate shop.json --to sqlite");
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_THAT(said.err, HasSubstr("shop.db: unable to open database file"));
}

TEST_F(OnSqlite, CheckKnowsTheLanguageAndWhatTheNativePipelineCannotRead) {
  EXPECT_EQ(freshet(folder_, "check shop.json --data-only").exit_code, 0);
  const Said slip = freshet(folder_, "check shop.json --set '/write/order={\"sqlite\": {\"fiel\": \"shop.db\"}}'");
  EXPECT_EQ(slip.exit_code, 2);
  EXPECT_THAT(slip.err, AllOf(HasSubstr("unknown key \"fiel\""), HasSubstr("did you mean \"file\"")));

  std::string viewed = kShop;
  viewed.insert(
      viewed.rfind('}'),
      R"(, "views": {"orders": {"from": "order", "key": "number"}}, "observe": {"orders": {"mysql": {"table": "orders_view"}}},
    "connections": {"mysql": "mysql://nobody@localhost/nothing"})");
  const std::string file = folder_.write("viewed.json", viewed);
  const Said native = freshet(folder_, "check " + file);
  EXPECT_EQ(native.exit_code, 2);
  EXPECT_THAT(native.err, HasSubstr("the native pipeline cannot read the table orders: it is written to sqlite"));
  EXPECT_EQ(freshet(folder_, "check " + file + " --set /pipeline='\"external\"'").exit_code, 0);
}

}  // namespace
}  // namespace freshet
