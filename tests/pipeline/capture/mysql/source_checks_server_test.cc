// What is asked of a real server before its log is read, and what its log then says of statements that name none of our
// tables.
#include <gmock/gmock.h>

#include "pipeline/capture/binlog_fixture.h"
#include "pipeline/capture/mysql/source_checks.h"
#include "pipeline/capture/mysql/source_inventory.h"

namespace freshet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SourceChecks : public BinlogTest {
 protected:
  /// What check_source says of `table`; "" when nothing.
  std::string check(const std::string& table, std::vector<std::string> columns = {}) {
    warnings_.clear();
    const Status status = check_source(*connection_, {{{"d", table}, std::move(columns)}},
                                       [this](const std::string& text) { warnings_.push_back(text); });
    return status.ok() ? "" : status.error().message + " / " + status.error().hint;
  }

  /// What `user` may not see.
  std::vector<std::string> hidden_from(const std::string& user) {
    mysql::Address address = address_;
    address.user = user;
    auto session = mysql::Connection::open(address);
    EXPECT_TRUE(session.ok());
    std::vector<std::string> warnings;
    const auto classifier =
        read_classifier(*session, {{"d", "t"}}, [&](const std::string& text) { warnings.push_back(text); });
    EXPECT_TRUE(classifier.ok());
    return warnings;
  }

  /// Why the reader stops at what `statements` do; "" when it does not.
  std::string refusal(std::initializer_list<const char*> statements) {
    auto reader = open(options());
    for (const char* statement : statements) sql(statement);
    sql("SET SESSION binlog_format = ROW");
    const auto error = read_error(*reader);
    return error ? error->message : "";
  }

  std::vector<std::string> warnings_;
};

TEST_F(SourceChecks, RefusesWhatTheLogWouldNotHold) {
  sql("CREATE TABLE parent (id INT PRIMARY KEY, n INT, KEY (n))");
  sql("CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT c FOREIGN KEY (p) REFERENCES parent (id) "
      "ON DELETE CASCADE ON UPDATE RESTRICT)");
  sql("CREATE TABLE sets (id INT PRIMARY KEY, p INT, CONSTRAINT s FOREIGN KEY (p) REFERENCES parent (id) "
      "ON DELETE SET NULL ON UPDATE CASCADE)");
  sql("CREATE TABLE strict (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))");
  sql("CREATE VIEW seen AS SELECT * FROM t");
  EXPECT_EQ(check("t"), "");
  EXPECT_EQ(check("parent"), "") << "its own changes are logged";
  EXPECT_EQ(check("strict"), "");
  EXPECT_EQ(check("missing"), "") << "it may come";
  EXPECT_THAT(check("child", {"id"}), AllOf(HasSubstr("foreign key c of d.child has ON DELETE CASCADE, and"),
                                            HasSubstr("a change of d.parent does"), HasSubstr("MySQL 9.6")));
  EXPECT_EQ(check("sets", {"id"}), "") << "none of the columns that are read changes";
  EXPECT_THAT(check("sets", {"id", "P"}), HasSubstr("has ON DELETE SET NULL ON UPDATE CASCADE"));
  EXPECT_THAT(check("seen"), HasSubstr("d.seen is a view"));
  EXPECT_THAT(warnings_, IsEmpty());

  sql("CHANGE MASTER TO master_host = '127.0.0.1', master_port = 1, master_user = 'x'");
  EXPECT_THAT(check("t"),
              HasSubstr("is a replica and does not log the changes that it applies (log_slave_updates is OFF)"));
  sql("CREATE USER reader@localhost");
  sql("GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO reader@localhost");
  address_.user = "reader";
  auto session = mysql::Connection::open(address_);
  ASSERT_TRUE(session.ok());
  connection_.emplace(std::move(session).value());
  EXPECT_EQ(check("t"), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("cannot find out whether the server is a replica")));
}

TEST_F(SourceChecks, RefusesAPartialRollbackAndNamesTheTable) {
  sql("CREATE TABLE odd (id INT) ENGINE = MyISAM");
  EXPECT_THAT(refusal({"BEGIN", "INSERT INTO t VALUES (31, 1, 'a')", "SAVEPOINT s", "INSERT INTO t VALUES (32, 1, 'a')",
                       "INSERT INTO odd VALUES (1)", "ROLLBACK TO SAVEPOINT s", "COMMIT"}),
              HasSubstr("changed rows of d.t rolled back to a savepoint ("));
  EXPECT_EQ(refusal({"BEGIN", "INSERT INTO t VALUES (33, 1, 'a')", "SAVEPOINT s", "INSERT INTO t VALUES (34, 1, 'a')",
                     "ROLLBACK TO SAVEPOINT s", "COMMIT"}),
            "")
      << "without another engine the log has only what stands";
}

TEST_F(SourceChecks, SaysThatAKeyIsNotUnique) {
  sql("CREATE TABLE sold (shop INT, number INT, more INT UNIQUE, PRIMARY KEY (shop, number), KEY (number))");
  EXPECT_EQ(check("sold", {"number", "shop"}), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("no unique index covers the key number of d.sold")));
  EXPECT_EQ(check("sold", {"MORE", "number"}), "");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(check("missing", {"id"}), "");
  EXPECT_THAT(warnings_, IsEmpty()) << "it may come";
}

TEST_F(SourceChecks, SaysWhatTheUserMayNotSee) {
  sql("SET GLOBAL log_bin_trust_function_creators = ON");
  sql("CREATE TRIGGER take AFTER INSERT ON other FOR EACH ROW INSERT INTO t VALUES (NEW.id, 1, 's')");
  sql("CREATE FUNCTION f(i INT) RETURNS INT BEGIN INSERT INTO t VALUES (i, 2, 'f'); RETURN 1; END");
  sql("CREATE USER reader@localhost");
  sql("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO reader@localhost");
  sql("GRANT SELECT, INSERT ON d.* TO reader@localhost");
  sql("GRANT EXECUTE ON FUNCTION d.f TO reader@localhost");
  EXPECT_THAT(hidden_from("root"), IsEmpty());
  EXPECT_THAT(hidden_from("reader"),
              ElementsAre(AllOf(HasSubstr("lacks TRIGGER, SHOW VIEW, SELECT on mysql.proc on the whole server"),
                                HasSubstr("trigger d.take"), HasSubstr("routine d.f"))));
  sql("GRANT TRIGGER, SHOW VIEW ON *.* TO reader@localhost");
  sql("GRANT SELECT ON mysql.proc TO reader@localhost");
  EXPECT_THAT(hidden_from("reader"), IsEmpty());
}

TEST_F(SourceChecks, ReadsOnWhereProgramsWriteOurRowsAsRows) {
  sql("SET GLOBAL log_bin_trust_function_creators = ON");
  sql("CREATE TRIGGER take AFTER INSERT ON other FOR EACH ROW INSERT INTO t VALUES (NEW.id, 1, 's')");
  sql("CREATE FUNCTION f(i INT) RETURNS INT BEGIN INSERT INTO t VALUES (i, 2, 'f'); RETURN 1; END");
  sql("CREATE PROCEDURE p() INSERT INTO t VALUES (30, 3, 'p')");
  sql("CREATE VIEW v AS SELECT * FROM t");
  auto reader = open(options());
  sql("INSERT INTO other VALUES (1)");
  sql("DO f(20)");
  sql("CALL p()");
  sql("INSERT INTO v VALUES (40, 4, 'v')");
  sql("ALTER TABLE t ADD INDEX i (n)");
  sql("CREATE INDEX j ON t (s)");
  sql("DROP INDEX j ON t");
  sql("ALTER TABLE t RENAME INDEX i TO k, COMMENT 'c', ALGORITHM = INPLACE");
  sql("ALTER TABLE t ADD UNIQUE (n, s), ADD CONSTRAINT c CHECK (n > 0)");
  sql("OPTIMIZE TABLE t");
  sql("UPDATE t SET n = 5 WHERE id = 1");
  // What writes nothing of ours, as statements.
  sql("SET SESSION binlog_format = STATEMENT");
  sql("CREATE TABLE e (t INT, s TEXT)");
  sql("INSERT INTO e SELECT id, 't' FROM t");
  sql("INSERT INTO e VALUES (1, 'INSERT INTO t VALUES (1, 1, 1)')");
  sql("UPDATE e JOIN t ON e.t = t.id SET e.s = t.s");
  sql("DELETE e FROM e JOIN t ON e.t = t.id");
  sql("CREATE TEMPORARY TABLE t (id INT)");
  sql("INSERT INTO t VALUES (1)");
  sql("DROP TABLE t");
  sql("UPDATE other SET id = 7");
  sql("SET SESSION binlog_format = ROW");
  EXPECT_EQ(texts_of(read(*reader)), (std::vector<std::string>{"t insert to id=1 n=1 s=s", "t insert to id=20 n=2 s=f",
                                                               "t insert to id=30 n=3 s=p", "t insert to id=40 n=4 s=v",
                                                               "t update from id=1 n=1 s=s to id=1 n=5 s=s"}));
}

TEST_F(SourceChecks, RefusesStatementsThatWriteOursUnderAnotherName) {
  sql("SET GLOBAL log_bin_trust_function_creators = ON");
  sql("CREATE TABLE relay (id INT)");
  sql("CREATE TRIGGER take AFTER INSERT ON other FOR EACH ROW INSERT INTO t VALUES (NEW.id, 1, 's')");
  sql("CREATE TRIGGER pass AFTER DELETE ON relay FOR EACH ROW INSERT INTO other VALUES (OLD.id)");
  sql("CREATE FUNCTION f(i INT) RETURNS INT BEGIN INSERT INTO t VALUES (i, 2, 'f'); RETURN 1; END");
  sql("CREATE VIEW v AS SELECT t.id FROM (t JOIN relay)");
  sql("INSERT INTO relay VALUES (5), (6)");
  constexpr const char* kStatement = "SET SESSION binlog_format = STATEMENT";
  EXPECT_THAT(refusal({kStatement, "INSERT INTO other VALUES (1)"}),
              HasSubstr("d.t may have been written by a statement"
                        " and not as row events, through trigger"
                        " d.take: INSERT INTO other VALUES (1)"));
  EXPECT_THAT(refusal({kStatement, "DELETE FROM relay WHERE id = 5"}), HasSubstr("through trigger d.pass"));
  EXPECT_THAT(refusal({kStatement, "DO f(2)"}), HasSubstr("through routine d.f"));
  EXPECT_THAT(refusal({kStatement, "INSERT INTO relay SELECT f(3)"}), HasSubstr("through routine d.f"));
  EXPECT_THAT(refusal({kStatement, "UPDATE v SET id = id + 100 WHERE id = 3"}), HasSubstr("through view d.v"));
  EXPECT_THAT(refusal({kStatement, "UPDATE relay JOIN t ON t.id = 1 SET n = 9"}),
              HasSubstr("rows of d.t were written by a statement"));
  EXPECT_EQ(refusal({kStatement, "DELETE FROM other WHERE id = 1"}), "") << "it fires nothing";
  EXPECT_EQ(refusal({"DROP TRIGGER take", kStatement, "INSERT INTO other VALUES (50)"}), "");
  EXPECT_THAT(refusal({"CREATE TRIGGER later BEFORE UPDATE ON relay FOR EACH ROW SET @x = f(OLD.id + 100)", kStatement,
                       "UPDATE relay SET id = 60"}),
              HasSubstr("through trigger d.later"));
}

/// Written through another table, or dropped by a definition: the log has no row of ours.
TEST_F(SourceChecks, RefusesWhatTheLogTellsOfOtherTablesOnly) {
  sql("SET GLOBAL log_bin_trust_function_creators = ON");
  EXPECT_THAT(refusal({"INSERT INTO t VALUES (7, 1, 'a'), (8, 1, 'b')", "ALTER IGNORE TABLE t ADD UNIQUE (n)"}),
              HasSubstr("the definition of d.t was changed"));
  sql("SET sql_mode = ORACLE");
  sql("CREATE PACKAGE pack AS FUNCTION f(i INT) RETURN INT; END");
  sql("CREATE PACKAGE BODY pack AS FUNCTION f(i INT) RETURN INT AS BEGIN INSERT INTO t VALUES (i, i, 'p'); "
      "RETURN i; END; END");
  sql("SET sql_mode = DEFAULT");
  EXPECT_THAT(refusal({"SET SESSION binlog_format = STATEMENT", "SET @x = d.pack.f(20)"}),
              HasSubstr("through routine d.pack"));

  sql("ALTER TABLE t ENGINE = MyISAM");
  constexpr const char* kMerge = "CREATE TABLE m LIKE t";
  EXPECT_THAT(refusal({kMerge, "ALTER TABLE m ENGINE = MERGE, UNION = (t), INSERT_METHOD = LAST"}),
              HasSubstr("d.m has the MERGE engine and d.t among its tables"));
  const auto classify = [this] { return read_classifier(*connection_, {{"d", "t"}}, [](const std::string&) {}); };
  ASSERT_FALSE(classify().ok());
  EXPECT_THAT(classify().error().message, HasSubstr("d.m has the MERGE engine and d.t among its tables"));
  EXPECT_EQ(classify().error().kind, ErrorKind::Usage);
  sql("ALTER TABLE m UNION = ()");
  EXPECT_TRUE(classify().ok());
}

}  // namespace
}  // namespace freshet
