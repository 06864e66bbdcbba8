// What statements in the log do to our tables: by name, through programs, and not at all. No server.
#include "pipeline/capture/binlog/binlog_statement.h"

#include <gtest/gtest.h>

#include <fstream>
#include <initializer_list>
#include <string>

namespace freshet {
namespace {

using Kind = StatementEffect::Kind;

constexpr std::uint64_t kAnsiQuotes = 4;
constexpr std::uint64_t kMssql = 1 << 10;
constexpr std::uint64_t kNoBackslashEscapes = 1 << 20;
constexpr std::uint16_t kUtf8 = 45, kLatin1 = 8, kGbk = 28, kShiftJis = 13, kCp1250 = 26;

// The status variables of an event: flags, mode, catalog, increments, character sets.
std::vector<std::byte> variables(std::uint64_t mode, std::uint16_t collation) {
  std::vector<std::byte> bytes;
  const auto put = [&bytes](std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  put(0, 1), put(0, 4);
  put(1, 1), put(mode, 8);
  put(6, 1), put(3, 1), put('s' | 't' << 8 | 'd' << 16, 3);
  put(3, 1), put(0, 4);
  put(4, 1), put(collation, 2), put(8, 2), put(8, 2);
  return bytes;
}

SqlProgram view(const char* name, std::string_view body) {
  SqlProgram program{SqlProgram::Kind::View, {"d", name}};
  read_program_body(body, "d", {}, program);
  return program;
}

SqlProgram routine(const char* name, std::string_view body) {
  SqlProgram program{SqlProgram::Kind::Routine, {"d", name}};
  read_program_body(body, "d", {}, program);
  return program;
}

SqlProgram trigger(const char* name, const char* table, RowOperations operations, std::string_view body) {
  SqlProgram program{SqlProgram::Kind::Trigger, {"d", name}, {"d", table}, operations};
  read_program_body(body, "d", {}, program);
  return program;
}

SourcePrograms shop(bool fold = false) {
  SourcePrograms programs({{{"d", "pay"}, {"id", "x", "paid"}}, {{"d", "größe"}, {}}}, fold);
  programs.add(trigger("take", "inbox", kInserts, "INSERT INTO pay VALUES (NEW.id, 1, 2)"));
  programs.add(trigger("forget", "inbox", kDeletes, "SET @gone = OLD.id"));
  programs.add(trigger("chain", "letters", kInserts | kUpdates, R"(BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION UPDATE log SET n = n + 1;
    IF NEW.id > 3 THEN REPLACE INTO inbox SELECT REPLACE(INSERT(NEW.a, 1, 2, 'UPDATE pay'), 'a', 'b'); END IF;
  END)"));
  programs.add(trigger("quiet", "notes", kAllOperations, "INSERT INTO log SELECT * FROM pay -- INSERT INTO pay\n"));
  programs.add(routine("f_add", "BEGIN INSERT INTO pay VALUES (i, 1, 2); RETURN 1; END"));
  programs.add(routine("f_sum", "RETURN (SELECT SUM(x) FROM pay FOR UPDATE)"));
  programs.add(routine("p_all", "BEGIN DECLARE i INT; WHILE i < 3 DO SET i = f_add(i); END WHILE; END"));
  programs.add(routine("f_case", "CASE a WHEN 1 THEN DELETE FROM pay WHERE id = 1; ELSE BEGIN END; END CASE"));
  programs.add(
      routine("pack", "AS FUNCTION f(i INT) RETURN INT AS BEGIN INSERT INTO pay VALUES (i, 1, 2); RETURN i; END; END"));
  programs.add(view("v", "select `d`.`pay`.`id` AS `id` from (`d`.`pay` join `d`.`shops`)"));
  programs.add(view("vv", "select `v`.`id` AS `id` from `d`.`v`"));
  programs.add(view("calls", "select `d`.`f_add`(1) AS `n` from `d`.`shops`"));
  programs.add(view("sums", "select `d`.`f_sum`() AS `n` from `d`.`shops`"));
  return programs;
}

Kind effect_of(std::string_view sql, std::string_view database = "d", std::uint64_t mode = 0,
               std::uint16_t collation = kUtf8, bool mysql = false, bool fold = false) {
  const std::vector<std::byte> bytes = variables(mode, collation);
  return StatementClassifier(shop(fold), mysql).classify({sql, database, bytes}).kind;
}

void expect_each(Kind kind, std::initializer_list<const char*> statements) {
  for (const char* sql : statements) EXPECT_EQ(effect_of(sql), kind) << sql;
}

/// The statements in a file, one per line.
void expect_all(Kind kind, const std::string& name) {
  std::ifstream file(FRESHET_SOURCE_DIR "/tests/pipeline/statements/" + name + ".sql");
  std::size_t count = 0;
  for (std::string sql; std::getline(file, sql); ++count) EXPECT_EQ(effect_of(sql), kind) << sql;
  EXPECT_GT(count, 10U) << name;
}

TEST(StatementKinds, EndTransactionsInAllTheirSpellings) {
  EXPECT_EQ(kind_of_statement("BEGIN"), StatementKind::Begin);
  EXPECT_EQ(kind_of_statement("/* c */ commit"), StatementKind::Commit);
  EXPECT_EQ(kind_of_statement("XA COMMIT X'78',X'',1"), StatementKind::Commit);
  EXPECT_EQ(kind_of_statement("ROLLBACK"), StatementKind::Rollback);
  EXPECT_EQ(kind_of_statement("ROLLBACK TO `s`"), StatementKind::RollbackToSavepoint);
  EXPECT_EQ(kind_of_statement("SAVEPOINT `s`"), StatementKind::Other);
}

TEST(StatementClassifier, SeesRowsOfOursThatAreWritten) {
  expect_all(Kind::Rows, "written");
  expect_each(Kind::Rows, {"-- a\nINSERT INTO pay VALUES (1)", "--\tx\n#y\nINSERT INTO pay VALUES (1)"});
}

TEST(StatementClassifier, LeavesAloneWhatOnlyReadsOrNamesOurs) {
  expect_all(Kind::None, "only_read");
  expect_each(Kind::None, {"INSERT INTO a -- pay\n VALUES (1)", ""});
}

TEST(StatementClassifier, SeesDefinitionsOfOursThatChange) {
  expect_all(Kind::Definition, "definitions");
  expect_each(Kind::Definition, {"-- why\nDROP TABLE pay"});
  EXPECT_EQ(effect_of("DROP TABLE pay", "e"), Kind::None) << "of another database";
  EXPECT_EQ(effect_of("DROP TABLE \"pay\"", "d", kAnsiQuotes), Kind::Definition);
}

TEST(StatementClassifier, ContinuesAfterIndexesAndOptionsOfOursChange) {
  expect_all(Kind::None, "indexes_and_options");
}

TEST(StatementClassifier, SeesOursBecomePartOfAMergeTable) {
  expect_each(Kind::Merge, {"CREATE TABLE m (id INT, KEY (id)) ENGINE=MERGE UNION=(a, pay) INSERT_METHOD=LAST",
                            "CREATE TABLE m (id INT) UNION (`d`.`pay`) ENGINE=MRG_MyISAM",
                            "CREATE TEMPORARY TABLE m (id INT) ENGINE=MERGE UNION=(pay)", "ALTER TABLE m UNION=(a,pay)",
                            "ALTER TABLE m COMMENT='x', UNION (pay), ENGINE=MERGE"});
  expect_each(Kind::None, {"CREATE TABLE m (id INT) ENGINE=MERGE UNION=(a, e.pay)", "ALTER TABLE m UNION=()",
                           "CREATE TABLE m (id INT) ENGINE=MERGE UNION=() COMMENT='(pay)'",
                           "CREATE TABLE z AS SELECT 1 UNION (SELECT id FROM pay)",
                           "CREATE TABLE z (id INT) SELECT 1 UNION SELECT id FROM pay",
                           "CREATE TABLE z AS (SELECT 1) UNION (SELECT id FROM pay)"});
  StatementClassifier classifier(shop());
  EXPECT_EQ(classifier.classify({"ALTER TABLE m UNION=(pay)", "d"}).by, "d.m");
}

TEST(StatementClassifier, FollowsTriggersRoutinesAndViews) {
  expect_all(Kind::Rows, "through_programs");
  expect_all(Kind::None, "past_programs");
}

TEST(StatementClassifier, NamesTheWay) {
  StatementClassifier classifier(shop());
  EXPECT_EQ(classifier.classify({"INSERT INTO letters VALUES (4)", "d"}).by, "trigger d.chain");
  EXPECT_EQ(classifier.classify({"SELECT f_add(1)", "d"}).by, "routine d.f_add");
  EXPECT_EQ(classifier.classify({"DELETE FROM vv", "d"}).by, "view d.vv");
  EXPECT_EQ(classifier.classify({"DELETE FROM pay", "d"}).by, "");
  EXPECT_EQ(classifier.classify({"DELETE FROM größe", "d"}).table, 1U);
}

TEST(StatementClassifier, ReadsTheTextAsItsSessionMeantIt) {
  const char* quoted = R"(INSERT INTO "pay" VALUES (1))";
  EXPECT_EQ(effect_of(quoted, "d", kAnsiQuotes), Kind::Rows);
  EXPECT_EQ(effect_of(R"(INSERT INTO a SELECT "x" FROM b WHERE "; DELETE FROM pay" = '')", "d", kAnsiQuotes),
            Kind::None);
  EXPECT_EQ(effect_of("INSERT INTO [pay] VALUES (1)", "d", kMssql), Kind::Rows);
  EXPECT_EQ(effect_of("INSERT INTO [pay] VALUES (1)", "d", kMssql, kUtf8, true), Kind::None)
      << "MySQL has no such mode";
  const char* backslash = R"(INSERT INTO a VALUES ('\'); DELETE FROM pay; -- '))";
  EXPECT_EQ(effect_of(backslash), Kind::None);
  EXPECT_EQ(effect_of(backslash, "d", kNoBackslashEscapes), Kind::Rows);
  EXPECT_EQ(effect_of("/*M!100100 INSERT INTO pay VALUES (1) */", "d", 0, kUtf8, true), Kind::None);
  // Letters whose second byte is a backslash or a backtick.
  EXPECT_EQ(effect_of("INSERT INTO a VALUES ('\x95\x5c'); DELETE FROM pay", "d", 0, kGbk), Kind::Rows);
  EXPECT_EQ(effect_of("INSERT INTO a VALUES ('\x95\x5c'); DELETE FROM pay; -- '", "d", 0, kLatin1), Kind::None);
  EXPECT_EQ(effect_of("INSERT INTO `\x83\x60` VALUES (1); DELETE FROM pay", "d", 0, kShiftJis), Kind::Rows);
  // Names in other character sets: converted, or else taken for ours where they may be.
  EXPECT_EQ(effect_of("DELETE FROM gr\xf6\xdf"
                      "e",
                      "d", 0, kLatin1),
            Kind::Rows);
  EXPECT_EQ(effect_of("DELETE FROM gr\xfc\xdf"
                      "e",
                      "d", 0, kLatin1),
            Kind::None);
  EXPECT_EQ(effect_of("DELETE FROM gr\xf6\xdf"
                      "e",
                      "d", 0, kCp1250),
            Kind::Rows);
  EXPECT_EQ(effect_of("DELETE FROM gr\xf6\xdf"
                      "en",
                      "d", 0, kCp1250),
            Kind::None);
  EXPECT_EQ(effect_of("DELETE FROM gr\x81\x5c\x81\x5c"
                      "e",
                      "d", 0, kGbk),
            Kind::Rows);
}

TEST(StatementClassifier, ComparesNamesAsTheServerDoes) {
  for (const char* sql : {"DELETE FROM PAY", "INSERT INTO D.Pay VALUES (1)", "DROP TABLE Pay",
                          "INSERT INTO InBox VALUES (1)", "DELETE FROM GRÖẞE", "DROP DATABASE D"}) {
    EXPECT_EQ(effect_of(sql, "d", 0, kUtf8, false, false), Kind::None) << sql;
    EXPECT_NE(effect_of(sql, "D", 0, kUtf8, false, true), Kind::None) << sql;
  }
}

TEST(StatementClassifier, KnowsTemporaryTablesBySession) {
  StatementClassifier classifier(shop());
  const auto rows = [&](std::string_view sql, std::uint32_t thread, bool uses_temporary = true) {
    return classifier.classify({sql, "d", {}, thread, uses_temporary}).kind;
  };
  EXPECT_EQ(rows("CREATE TEMPORARY TABLE pay AS SELECT * FROM pay", 7), Kind::None);
  EXPECT_EQ(rows("INSERT INTO pay VALUES (1)", 7), Kind::None);
  EXPECT_EQ(rows("ALTER TABLE d.pay ADD x INT", 7), Kind::None);
  EXPECT_EQ(rows("INSERT INTO pay VALUES (1)", 8), Kind::Rows) << "another session's";
  EXPECT_EQ(rows("INSERT INTO pay VALUES (1)", 7, false), Kind::Rows) << "the event says that it used none";
  EXPECT_EQ(rows("ALTER TABLE pay RENAME TO größe", 7), Kind::None);
  EXPECT_EQ(rows("DELETE FROM größe", 7), Kind::None);
  EXPECT_EQ(rows("INSERT INTO pay VALUES (1)", 7), Kind::Rows);
  EXPECT_EQ(rows("DROP TABLE größe", 7), Kind::None);
  EXPECT_EQ(rows("DROP TABLE größe", 7), Kind::Definition);
  EXPECT_EQ(rows("CREATE OR REPLACE TEMPORARY TABLE pay (id INT)", 7), Kind::None);
  EXPECT_EQ(rows("DROP TEMPORARY TABLE IF EXISTS `d`.`pay`", 7), Kind::None);
  EXPECT_EQ(rows("DELETE FROM pay", 7), Kind::Rows);
  EXPECT_EQ(rows("CREATE TEMPORARY TABLE pay (id INT)", 7), Kind::None);
  classifier.forget_sessions();
  EXPECT_EQ(rows("DELETE FROM pay", 7), Kind::Rows);
}

TEST(StatementClassifier, LearnsProgramsFromTheLog) {
  StatementClassifier classifier(SourcePrograms({{{"d", "pay"}, {}}}, false));
  const auto effect = [&](std::string_view sql) { return classifier.classify({sql, "d"}).kind; };
  EXPECT_EQ(effect("INSERT INTO inbox VALUES (1)"), Kind::None);
  EXPECT_EQ(effect("CREATE DEFINER=`root`@`localhost` TRIGGER d.take AFTER INSERT ON inbox FOR EACH ROW FOLLOWS other "
                   "BEGIN SET @x = 1; INSERT INTO pay VALUES (NEW.id); END"),
            Kind::None)
      << "a trigger alone writes nothing";
  EXPECT_EQ(effect("INSERT INTO inbox VALUES (1)"), Kind::Rows);
  EXPECT_EQ(effect("RENAME TABLE inbox TO mail"), Kind::None);
  EXPECT_EQ(effect("INSERT INTO inbox VALUES (1)"), Kind::None);
  EXPECT_EQ(effect("INSERT INTO mail VALUES (1)"), Kind::Rows);
  EXPECT_EQ(effect("DROP TRIGGER IF EXISTS take"), Kind::None);
  EXPECT_EQ(effect("INSERT INTO mail VALUES (1)"), Kind::None);

  EXPECT_EQ(effect("CREATE DEFINER=CURRENT_USER() FUNCTION `f`(i INT) RETURNS int(11) MODIFIES SQL DATA DETERMINISTIC "
                   "BEGIN UPDATE pay SET x = i; RETURN 1; END"),
            Kind::None);
  EXPECT_EQ(effect("SELECT `d`.`f`(1)"), Kind::Rows);
  EXPECT_EQ(effect("CREATE TRIGGER t BEFORE DELETE ON a FOR EACH ROW SET @x = f(OLD.id)"), Kind::None);
  EXPECT_EQ(effect("DELETE FROM a"), Kind::Rows);
  EXPECT_EQ(effect("CREATE OR REPLACE FUNCTION f(i INT) RETURNS INT RETURN 1"), Kind::None);
  EXPECT_EQ(effect("SELECT `d`.`f`(1)"), Kind::None);
  EXPECT_EQ(effect("DELETE FROM a"), Kind::None);

  EXPECT_EQ(effect("CREATE ALGORITHM=MERGE DEFINER=`a`@`%` SQL SECURITY INVOKER VIEW `v` (`n`) AS SELECT * FROM pay"),
            Kind::None);
  EXPECT_EQ(effect("UPDATE v SET n = 1"), Kind::Rows);
  EXPECT_EQ(effect("ALTER VIEW v AS SELECT * FROM a"), Kind::None);
  EXPECT_EQ(effect("UPDATE v SET n = 1"), Kind::None);
  EXPECT_EQ(effect("CREATE OR REPLACE VIEW v AS SELECT * FROM pay"), Kind::None);
  EXPECT_EQ(effect("DROP VIEW other.v, v"), Kind::None);
  EXPECT_EQ(effect("UPDATE v SET n = 1"), Kind::None);

  EXPECT_EQ(effect("CREATE TRIGGER u AFTER UPDATE ON b FOR EACH ROW DELETE FROM pay"), Kind::None);
  EXPECT_EQ(effect("UPDATE b SET x = 1"), Kind::Rows);
  EXPECT_EQ(effect("DROP TABLE b"), Kind::None);
  EXPECT_EQ(effect("CREATE TABLE b (x INT)"), Kind::None);
  EXPECT_EQ(effect("UPDATE b SET x = 1"), Kind::None);
  EXPECT_EQ(effect("CREATE PROCEDURE e.p() DELETE FROM d.pay"), Kind::None);
  EXPECT_EQ(effect("CALL e.p()"), Kind::Rows);
  EXPECT_EQ(effect("DROP DATABASE e"), Kind::None);
  EXPECT_EQ(effect("CALL e.p()"), Kind::None);
}

TEST(StatementClassifier, KnowsWhatACascadeReaches) {
  constexpr const char* kTie = "ALTER TABLE pay ADD CONSTRAINT c FOREIGN KEY f (x) REFERENCES a (id) ON DELETE CASCADE";
  StatementClassifier hidden(shop());
  EXPECT_EQ(hidden.classify({kTie, "d"}).kind, Kind::Cascade);
  EXPECT_EQ(
      hidden.classify({"CREATE TABLE pay (id INT, FOREIGN KEY (id) REFERENCES a (id) ON UPDATE SET NULL)", "d"}).kind,
      Kind::Cascade);
  EXPECT_EQ(
      hidden.classify({"CREATE TABLE b (id INT, FOREIGN KEY (id) REFERENCES pay (id) ON UPDATE SET NULL)", "d"}).kind,
      Kind::None)
      << "of another table";

  StatementClassifier logged(shop(), true, true);  // MySQL 9.6: as rows, unless the parent's change is a statement
  EXPECT_EQ(logged.classify({"CREATE TABLE pay (id INT REFERENCES a (id) ON DELETE CASCADE)", "d"}).kind, Kind::None);
  EXPECT_EQ(
      logged
          .classify(
              {"CREATE TABLE a (id INT, FOREIGN KEY (id) REFERENCES b (id) ON UPDATE CASCADE ON DELETE SET NULL)", "d"})
          .kind,
      Kind::None);
  EXPECT_EQ(logged.classify({"DELETE FROM a", "d"}).kind, Kind::Rows);
  EXPECT_EQ(logged.classify({"UPDATE a SET id = 1", "d"}).kind, Kind::None);
  EXPECT_EQ(logged.classify({"DELETE FROM b", "d"}).kind, Kind::None) << "sets null in a, which deletes nothing";
  EXPECT_EQ(logged.classify({"INSERT INTO a VALUES (1)", "d"}).kind, Kind::None);
}

TEST(StatementClassifier, RefusesWhatItMayNotSee) {
  SourcePrograms programs({{{"d", "pay"}, {}}}, false);
  SqlProgram secret{SqlProgram::Kind::Routine, {"d", "secret"}};
  secret.body_unknown = true;
  programs.add(secret);
  StatementClassifier seen(programs);
  EXPECT_EQ(seen.classify({"INSERT INTO a VALUES (secret())", "d"}).kind, Kind::Rows);
  EXPECT_EQ(seen.classify({"SELECT hidden(1)", "d"}).kind, Kind::None) << "there is no such function";
  programs.hide_routines();
  StatementClassifier hidden(programs);
  EXPECT_EQ(hidden.classify({"SELECT `d`.`hidden`(1)", "d"}).kind, Kind::Rows);
  EXPECT_EQ(hidden.classify({"INSERT INTO a VALUES (COALESCE(1))", "d"}).kind, Kind::None);
}

TEST(StatementClassifier, RefusalsSayWhatAndHow) {
  const CapturedTable table{{"d", "pay"}, {}};
  EXPECT_EQ(refusal_of({Kind::Rows, 0, ""}, table, "DELETE\nFROM\x1bpay").message,
            "binlog: rows of d.pay were written by a statement and not as row events: DELETE FROM pay");
  EXPECT_EQ(
      refusal_of({Kind::Rows, 0, "trigger d.take"}, table, "x").message,
      "binlog: rows of d.pay may have been written by a statement and not as row events, through trigger d.take: x");
  EXPECT_FALSE(refusal_of({Kind::Cascade, 0, "its key"}, table, "x").hint.empty());
}

}  // namespace
}  // namespace freshet
