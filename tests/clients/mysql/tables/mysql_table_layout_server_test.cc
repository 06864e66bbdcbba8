// The limits of tables, each from both sides: the server makes the largest table that fits, and refuses the next one.
#include "scenarios/tables/mysql_table_layout.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet::mysql {
namespace {

using testing::HasSubstr;

TableColumn column(const std::string& name, Kind kind, int most = 0, int key_place = 0) {
  return {.name = name,
          .type = {.kind = kind, .scale = kind == Kind::Decimal ? 2 : 0, .max_length = most, .item = nullptr},
          .key_place = key_place,
          .nullable = key_place == 0};
}

/// A key of one whole number, and `count` columns.
std::vector<TableColumn> many(int count, Kind kind, int most = 0) {
  std::vector<TableColumn> columns{column("id", Kind::Integer, 0, 1)};
  for (int i = 0; i < count; ++i) columns.push_back(column(fmt::format("c{}", i), kind, most));
  return columns;
}

class TableLayouts : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = MariadbServer::start({.binlog = false}).value(); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    Address address;
    address.socket = server_->socket();
    address.user = "root";
    auto opened = Connection::open(address);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    connection_ = std::make_unique<Connection>(std::move(*opened));
    ASSERT_TRUE(connection_->execute("CREATE OR REPLACE DATABASE layouts").ok());
    ASSERT_TRUE(connection_->execute("USE layouts").ok());
  }

  /// What the server says to the table and to a row that takes as much room in its page as one can, which is what
  /// MariaDB does not ask when it makes the table: texts up to 40 bytes stay in the page, keys always. Empty: it takes
  /// both.
  std::string answer(const std::vector<TableColumn>& columns, const TableLayout& layout) {
    const Status made = connection_->execute(create_table("t", columns, layout, "test"));
    if (!made.ok()) return made.error().message;
    std::string values;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t open = layout.types[i].find('(');
      const int length = layout.types[i].starts_with("VARCHAR") ? std::stoi(layout.types[i].substr(open + 1)) : 10;
      const bool text = columns[i].type.kind == Kind::Text;
      values += i > 0 ? ", " : "";
      values += text ? fmt::format("REPEAT('🧺', {})", columns[i].in_key() ? length : std::min(length, 10))
                : columns[i].type.kind == Kind::Time ? "UTC_TIMESTAMP(6)"
                                                     : "1";
    }
    const Status filled = connection_->execute("INSERT INTO t VALUES (" + values + ")");
    EXPECT_TRUE(connection_->execute("DROP TABLE t").ok());
    return filled.ok() ? "" : filled.error().message;
  }

  /// Among tables of growing size: the server must accept the last one that is said to fit, and refuse the next.
  int boundary(int most, const std::function<std::vector<TableColumn>(int)>& table, int roomy = 1) {
    int fits = 1;
    int beyond = most;
    while (beyond - fits > 1) {
      const int middle = (fits + beyond) / 2;
      (lay_out(table(middle), roomy).misfit ? beyond : fits) = middle;
    }
    const auto last = table(fits);
    EXPECT_EQ(answer(last, lay_out(last, roomy)), "") << fits;
    const auto next = table(beyond);
    EXPECT_NE(answer(next, lay_out(next, roomy)), "") << beyond;
    return fits;
  }

  static std::unique_ptr<MariadbServer> server_;
  std::unique_ptr<Connection> connection_;
};
std::unique_ptr<MariadbServer> TableLayouts::server_;

TEST_F(TableLayouts, EveryLimitIsTheServersOwn) {
  EXPECT_EQ(boundary(4'000, [](int n) { return many(n, Kind::Boolean); }), 1'016);  // 1,017 with the key
  EXPECT_EQ(boundary(1'000, [](int n) { return many(n, Kind::Text, 300); }), 196);
  EXPECT_EQ(boundary(1'000, [](int n) { return many(n, Kind::Text, 70'000); }), 196);
  EXPECT_GT(boundary(2'000, [](int n) { return many(n, Kind::Text, 9); }), 215);
  // A column of at most 255 bytes would stay in the page whole.
  for (const int length : {11, 40, 63, 64}) {
    EXPECT_EQ(boundary(1'000, [&](int n) { return many(n, Kind::Text, length); }), 196) << length;
  }
  EXPECT_GT(boundary(2'000, [](int n) { return many(n, Kind::Integer); }), 990);
  EXPECT_GT(boundary(2'000, [](int n) { return many(n, Kind::Decimal); }), 880);
  EXPECT_EQ(boundary(2'000, [](int n) { return std::vector{column("k", Kind::Text, n, 1)}; }), 768);
  EXPECT_EQ(boundary(2'000,
                     [](int n) {
                       return std::vector{column("a", Kind::Text, 40, 1), column("b", Kind::Text, n, 2),
                                          column("at", Kind::Time, 0, 3)};
                     }),
            726);
  const auto keys = [](int n) {
    std::vector<TableColumn> columns;
    for (int i = 1; i <= n; ++i) columns.push_back(column(fmt::format("k{}", i), Kind::Integer, 0, i));
    return columns;
  };
  EXPECT_EQ(boundary(100, [](int n) { return std::vector{column(std::string(n, 'n'), Kind::Integer, 0, 1)}; }), 64);
  // MariaDB takes twice as many, MySQL does not.
  EXPECT_FALSE(lay_out(keys(16), 1).misfit);
  EXPECT_TRUE(lay_out(keys(17), 1).misfit);
}

TEST_F(TableLayouts, TextsThatWouldMakeARowTooWideAreNarrowerOrOutsideOfIt) {
  // 70 × 255 characters of four bytes are more than 65,535, and none of them needs more than one.
  const auto letters = many(70, Kind::Text, 1);
  EXPECT_EQ(lay_out(letters, 255).types[1], "VARCHAR(1)");
  EXPECT_EQ(answer(letters, lay_out(letters, 255)), "");
  EXPECT_EQ(lay_out(many(60, Kind::Text, 1), 255).types[1], "VARCHAR(255)");
  EXPECT_EQ(lay_out(many(40, Kind::Text, 40), 1).types[1], "VARCHAR(40)");
  EXPECT_EQ(lay_out(many(70, Kind::Text, 40), 1).types[1], "VARCHAR(64)");
  // If lengths are known and space is needed, the longest texts are stored outside first.
  auto texts = many(5, Kind::Text, 3'900);
  texts.push_back(column("short", Kind::Text, 40));
  const TableLayout layout = lay_out(texts, 255);
  EXPECT_EQ(layout.types[1], "LONGTEXT");
  EXPECT_EQ(layout.types[5], "VARCHAR(3900)");
  EXPECT_EQ(layout.types[6], "VARCHAR(40)");
  EXPECT_EQ(answer(texts, layout), "");
  // Each width of row from there on is made, up to the byte.
  for (int length = 3'260; length <= 3'290; ++length) {
    const auto five = many(5, Kind::Text, length);
    EXPECT_EQ(answer(five, lay_out(five, 1)), "") << length;
  }
  // Unknown lengths share what a key has.
  std::vector<TableColumn> unknown;
  for (int i = 1; i <= 6; ++i) unknown.push_back(column(fmt::format("k{}", i), Kind::Text, 0, i));
  EXPECT_EQ(lay_out(unknown, 1).types[0], "VARCHAR(128)");
  EXPECT_EQ(answer(unknown, lay_out(unknown, 1)), "");
}

TEST_F(TableLayouts, WhatDoesNotFitIsNamed) {
  const TableLayout key = lay_out({column("id", Kind::Integer, 0, 1), column("note", Kind::Text, 800, 2)}, 1);
  ASSERT_TRUE(key.misfit);
  EXPECT_EQ(key.misfit->column, 1U);
  EXPECT_EQ(key.misfit->problem,
            "the key has 3,208 bytes at most, with 800 characters of four bytes in this column, and a table's key has "
            "3,072");
  EXPECT_EQ(key.misfit->expected, "a text of at most 766 characters in the key");
  const TableLayout row = lay_out(many(197, Kind::Text, 300), 1);
  ASSERT_TRUE(row.misfit);
  EXPECT_EQ(row.misfit->column, 197U);
  EXPECT_THAT(row.misfit->problem, HasSubstr("the 198 of 198"));
}

TEST_F(TableLayouts, NothingIsLeftToTheServersSettings) {
  for (const char* setting : {"default_storage_engine=Aria", "collation_server=utf8mb4_general_ci"}) {
    ASSERT_TRUE(connection_->execute(std::string("SET SESSION ") + setting).ok());
  }
  ASSERT_TRUE(connection_->execute("SET GLOBAL innodb_default_row_format = 'compact'").ok());
  const std::vector<TableColumn> columns{column("city", Kind::Text, 10, 1), column("note", Kind::Text, 10)};
  const Status made = connection_->execute(create_table("t", columns, lay_out(columns, 1), "it's"));
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto about = [&](const std::string& what) {
    auto value = connection_->scalar("SELECT " + what + " FROM information_schema.tables WHERE table_name = 't'");
    return value.ok() ? *value : value.error().message;
  };
  EXPECT_EQ(about("engine"), "InnoDB");
  EXPECT_EQ(about("row_format"), "Dynamic");
  EXPECT_EQ(about("table_collation"), "utf8mb4_nopad_bin");
  EXPECT_EQ(about("table_comment"), "it's");
  // Keys that differ by a trailing space, by case or by an accent are keys of their own; so is nothing but spaces.
  const Status rows = connection_->execute(
      "INSERT INTO t (city) VALUES ('Bonn'), ('Bonn '), ('Bonn  '), ('bonn'), ('Bönn'), (''), (' '), ('Bonn\\t')");
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  auto found = connection_->scalar("SELECT COUNT(*) FROM t WHERE city IN ('Bonn ')");
  EXPECT_EQ(found.ok() ? *found : found.error().message, "1");
}

}  // namespace
}  // namespace freshet::mysql
