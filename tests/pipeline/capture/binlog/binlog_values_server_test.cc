// Every column type, as a real server logs it. The truth is the SQL that was inserted.
#include "pipeline/capture/binlog_fixture.h"
#include "pipeline/capture/record/conversion.h"

namespace freshet {
namespace {

using std::string_literals::operator""s;

const std::string kNull = "∅";

/// One column and its values: what is inserted, and what must be read.
struct ColumnCase {
  std::string name;
  std::string type;
  std::vector<std::pair<std::string, std::string>> values;  ///< SQL literal, canonical text; later rows are NULL
};

// A day's µs as the canonical text of times.
std::string at(const std::string& clock) { return "2024-02-29T" + clock + "Z"; }

std::vector<ColumnCase> cases() {
  const std::string long_text(60'000, 'x');
  const std::string longer_text(100'000, 'y');
  return {
      {"ti", "TINYINT", {{"-128", "-128"}, {"127", "127"}, {"-1", "-1"}}},
      {"uti", "TINYINT UNSIGNED", {{"255", "255"}, {"0", "0"}, {"128", "128"}}},
      {"si", "SMALLINT", {{"-32768", "-32768"}, {"32767", "32767"}, {"-1", "-1"}}},
      {"usi", "SMALLINT UNSIGNED", {{"65535", "65535"}, {"32768", "32768"}}},
      {"y", "YEAR", {{"2155", "2155"}, {"0", "0"}, {"1901", "1901"}}},
      {"mi", "MEDIUMINT", {{"-8388608", "-8388608"}, {"8388607", "8388607"}, {"-5", "-5"}}},
      {"umi", "MEDIUMINT UNSIGNED", {{"16777215", "16777215"}}},
      {"i", "INT", {{"-2147483648", "-2147483648"}, {"2147483647", "2147483647"}, {"-5", "-5"}}},
      {"ui", "INT UNSIGNED", {{"4294967295", "4294967295"}, {"0", "0"}}},
      {"c", "CHAR(10)", {{"'abc'", "abc"}, {"''", ""}, {"'ä€😀'", "ä€😀"}}},
      {"cl", "CHAR(10) CHARACTER SET latin1", {{"'abc'", "abc"}, {"'ÿé€'", "ÿé€"}}},
      {"en", "ENUM('small','it''s','größe','a\\\\b')", {{"'größe'", "größe"}, {"'it''s'", "it's"}, {"4", "a\\b"}}},
      {"enl", "ENUM('x','ü') CHARACTER SET latin1", {{"'ü'", "ü"}, {"'x'", "x"}}},
      {"st", "SET('a','b','c','d','e','f','g','h','i')", {{"'a,c,i'", "a,c,i"}, {"''", ""}, {"'h'", "h"}}},
      {"bi",
       "BIGINT",
       {{"-9223372036854775808", "-9223372036854775808"}, {"9223372036854775807", "9223372036854775807"}}},
      {"ubi",
       "BIGINT UNSIGNED",
       {{"18446744073709551615", "18446744073709551615"}, {"9223372036854775807", "9223372036854775807"}}},
      {"de", "DECIMAL(10,2)", {{"-0.01", "-0.01"}, {"99999999.99", "99999999.99"}, {"-123.4", "-123.40"}}},
      {"df", "DECIMAL(18,0)", {{"-999999999999999999", "-999999999999999999"}, {"0", "0"}}},
      {"dg", "DECIMAL(5,5)", {{"-0.00001", "-0.00001"}, {"0.99999", "0.99999"}}},
      {"dl",
       "DECIMAL(30,10)",
       {{"-12345678901234567890.0123456789", "-12345678901234567890.0123456789"},
        {"0.01", "0.0100000000"},
        {"-0.5", "-0.5000000000"}}},
      {"dm",
       "DECIMAL(65,38)",
       {{"-999999999999999999999999999.99999999999999999999999999999999999999",
         "-999999999999999999999999999.99999999999999999999999999999999999999"},
        {"1", "1.00000000000000000000000000000000000000"}}},
      {"fl", "FLOAT", {{"-1.5", "-1.5"}, {"0.1", "0.1"}, {"16777216", "16777216"}}},
      {"db", "DOUBLE", {{"-2.125", "-2.125"}, {"1024.5", "1024.5"}}},
      {"v", "VARCHAR(50)", {{"'short'", "short"}, {"''", ""}, {"'größer'", "größer"}}},
      {"vl", "VARCHAR(300)", {{"REPEAT('z', 300)", std::string(300, 'z')}, {"'q'", "q"}}},
      {"vb", "VARBINARY(9)", {{"x'00ff00'", "\0\xff\0"s}, {"''", ""}}},
      {"b8",
       "BINARY(8)",
       {{"x'0102'", "\1\2\0\0\0\0\0\0"s}, {"x'0000000000000003'", "\0\0\0\0\0\0\0\3"s}, {"x''", std::string(8, '\0')}}},
      {"b10", "BIT(10)", {{"b'1000000001'", "513"}, {"0", "0"}}},
      {"b64", "BIT(64)", {{"18446744073709551615", "18446744073709551615"}, {"1", "1"}}},
      {"da", "DATE", {{"'2024-02-29'", "2024-02-29"}, {"'0000-00-00'", "0000-00-00"}, {"'1000-01-01'", "1000-01-01"}}},
      {"tm", "TIME", {{"'-12:34:56'", "-12:34:56"}, {"'838:59:59'", "838:59:59"}, {"'00:00:00'", "00:00:00"}}},
      {"tm2", "TIME(2)", {{"'-00:00:00.01'", "-00:00:00.01"}, {"'01:02:03.45'", "01:02:03.45"}}},
      {"tm3", "TIME(3)", {{"'-01:00:00.999'", "-01:00:00.999"}, {"'01:02:03.456'", "01:02:03.456"}}},
      {"tm6",
       "TIME(6)",
       {{"'-12:34:56.654321'", "-12:34:56.654321"},
        {"'-00:00:00.000001'", "-00:00:00.000001"},
        {"'838:59:59'", "838:59:59.000000"}}},
      {"dt",
       "DATETIME",
       {{"'2024-02-29 23:59:58'", at("23:59:58.000000")},
        {"'0000-00-00'", "0000-00-00 00:00:00"},
        {"'1000-01-01'", "1000-01-01T00:00:00.000000Z"}}},
      {"dt1",
       "DATETIME(1)",
       {{"'2024-02-29 01:02:03.9'", at("01:02:03.900000")},
        {"'9999-12-31 23:59:59.9'", "9999-12-31T23:59:59.900000Z"}}},
      {"dt2", "DATETIME(2)", {{"'2024-02-29 01:02:03.98'", at("01:02:03.980000")}}},
      {"dt3", "DATETIME(3)", {{"'2024-02-29 01:02:03.987'", at("01:02:03.987000")}}},
      {"dt4", "DATETIME(4)", {{"'2024-02-29 01:02:03.9876'", at("01:02:03.987600")}}},
      {"dt5", "DATETIME(5)", {{"'2024-02-29 01:02:03.98765'", at("01:02:03.987650")}}},
      {"dt6",
       "DATETIME(6)",
       {{"'2024-02-29 01:02:03.987654'", at("01:02:03.987654")}, {"'2024-02-29'", at("00:00:00.000000")}}},
      {"ts",
       "TIMESTAMP NULL",
       {{"'2024-02-29 23:59:58'", at("23:59:58.000000")},
        {"'0000-00-00'", "0000-00-00 00:00:00"},
        {"'2038-01-19 03:14:07'", "2038-01-19T03:14:07.000000Z"}}},
      {"ts3", "TIMESTAMP(3) NULL", {{"'2024-02-29 01:02:03.987'", at("01:02:03.987000")}}},
      {"ts6", "TIMESTAMP(6) NULL", {{"'2024-02-29 01:02:03.000001'", at("01:02:03.000001")}}},
      {"pt", "POINT", {{"POINT(1, 2)", kNull}}},
      {"uu",
       "UUID",
       {{"'11223344-5566-1788-99aa-bbccddeeff00'", "11223344-5566-1788-99aa-bbccddeeff00"},
        {"'FFFFFFFF-ffff-4fff-8fff-000000000000'", "ffffffff-ffff-4fff-8fff-000000000000"}}},
      {"i4", "INET4", {{"'0.0.0.0'", "0.0.0.0"}, {"'255.1.2.0'", "255.1.2.0"}}},
      {"i6", "INET6", {{"'::1'", "::1"}, {"'2001:db8::ff00'", "2001:db8::ff00"}, {"'::'", "::"}}},
      {"tx", "TEXT CHARACTER SET latin1", {{"'né'", "né"}, {"REPEAT('x', 60000)", long_text}}},
      {"mt", "MEDIUMTEXT", {{"'m€'", "m€"}, {"REPEAT('y', 100000)", longer_text}}},
      {"bl", "BLOB", {{"x'00e900'", "\0\xe9\0"s}, {"''", ""}}},
      {"js", "JSON", {{"'{\"a\": [1, 2]}'", "{\"a\": [1, 2]}"}}},
      {"last", "INT", {{"-7", "-7"}, {"8", "8"}, {"-9", "-9"}}},
  };
}

// A server takes seconds to start, so that one serves several checks here.
class BinlogValues : public BinlogTest {
 protected:
  [[nodiscard]] static const std::pair<std::string, std::string>& value(const ColumnCase& column, std::size_t row) {
    static const std::pair<std::string, std::string> kNone = {"NULL", kNull};
    return row < column.values.size() ? column.values[row] : kNone;
  }

  void expect_row(const RecordType& record, const Row& row, int id, std::size_t values) const {
    ASSERT_EQ(record.width(), cases_.size() + 1);
    ASSERT_EQ(row.cells.size(), record.width());
    EXPECT_EQ(row.cells[0].number, id);
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Column& column = record.columns[i + 1];
      const std::string& expected = value(cases_[i], values).second;
      EXPECT_EQ(column.name, cases_[i].name);
      std::string found;
      append_text(row, row.cells[i + 1], column.type, found);
      EXPECT_TRUE(found == expected) << column.name << " of row " << id << ": " << found.substr(0, 80) << " instead of "
                                     << expected.substr(0, 80);
    }
  }

  static void expect_kinds(const RecordType& record) {
    const auto type = [&](const char* name) { return record[record.find(name).value()].type; };
    for (const char* name : {"ti", "ubi", "y", "b10", "last"}) EXPECT_EQ(type(name).kind, Kind::Integer) << name;
    for (const char* name : {"c", "en", "st", "da", "tm6", "dl", "bl", "uu"}) {
      EXPECT_EQ(type(name).kind, Kind::Text) << name;
    }
    for (const char* name : {"dt", "dt6", "ts", "ts6"}) EXPECT_EQ(type(name).kind, Kind::Time) << name;
    for (const char* name : {"fl", "db"}) EXPECT_EQ(type(name).kind, Kind::Double) << name;
    EXPECT_EQ(type("de").kind, Kind::Decimal);
    EXPECT_EQ(type("de").scale, 2);
  }

  // Writes all cases, one row for each of their values and one all NULL; then an update; then deletes.
  void write_kinds() {
    for (std::size_t row = 0; row < kRows; ++row) {
      std::string insert = "INSERT INTO kinds VALUES (" + std::to_string(row);
      for (const ColumnCase& column : cases_) insert += ", " + value(column, row).first;
      sql(insert + ")");
    }
    std::string update = "UPDATE kinds SET id = 10";
    for (const ColumnCase& column : cases_) update += ", " + column.name + " = " + value(column, 1).first;
    sql(update + " WHERE id = 0");
    sql("DELETE FROM kinds WHERE id > 0 ORDER BY id");
  }

  void expect_kinds_read(const std::vector<RowChange>& changes) {
    ASSERT_EQ(changes.size(), kRows + 1 + kRows);
    const RecordType& record = changes[0].table->record;
    expect_kinds(record);
    for (std::size_t row = 0; row < kRows; ++row) {
      EXPECT_EQ(changes[row].operation, Operation::Insert);
      expect_row(record, changes[row].after, static_cast<int>(row), row);
    }
    const RowChange& update = changes[kRows];
    EXPECT_EQ(update.operation, Operation::Update);
    expect_row(record, update.before, 0, 0);
    expect_row(record, update.after, 10, 1);
    for (std::size_t row = 1; row < kRows; ++row) {
      EXPECT_EQ(changes[kRows + row].operation, Operation::Delete);
      expect_row(record, changes[kRows + row].before, static_cast<int>(row), row);
    }
    expect_row(record, changes.back().before, 10, 1);
  }

  static constexpr std::size_t kRows = 4;
  const std::vector<ColumnCase> cases_ = cases();
};

TEST_F(BinlogValues, AreReadAsInsertedWhateverTheServerLogs) {
  std::string create = "CREATE TABLE kinds (id INT PRIMARY KEY";
  for (const ColumnCase& column : cases_) create += ", " + column.name + " " + column.type;
  sql(create + ")");
  for (const char* setting :
       {"GLOBAL binlog_row_metadata = 'FULL'", "GLOBAL binlog_row_metadata = 'MINIMAL'",
        "GLOBAL binlog_row_metadata = 'NO_LOG'", "GLOBAL binlog_row_metadata = 'FULL', GLOBAL binlog_checksum = 'NONE'",
        "GLOBAL binlog_checksum = 'CRC32', GLOBAL log_bin_compress = 1, GLOBAL log_bin_compress_min_len = 10"}) {
    SCOPED_TRACE(setting);
    sql(std::string("SET ") + setting);
    reconnect();  // for settings that only new sessions get
    sql("DELETE FROM kinds");
    auto reader = open(options({"kinds"}));
    ASSERT_TRUE(reader);
    write_kinds();
    expect_kinds_read(read(*reader));
  }
}

TEST_F(BinlogValues, OfPartialImagesAreNullWhereTheImageHasNone) {
  sql("CREATE TABLE img (id INT PRIMARY KEY, n INT, b TEXT, s VARCHAR(20))");
  auto reader = open(options({"img"}));
  sql("INSERT INTO img VALUES (1, 10, 'blob', 'text')");
  sql("UPDATE img SET n = 11");
  sql("SET SESSION binlog_row_image = NOBLOB");
  sql("UPDATE img SET n = 12");
  sql("SET SESSION binlog_row_image = MINIMAL");
  sql("UPDATE img SET s = 'new'");
  sql("DELETE FROM img");
  sql("INSERT INTO img (id, s) VALUES (2, 'two')");
  const std::vector<RowChange> changes = read(*reader);
  EXPECT_EQ(texts_of(changes),
            (std::vector<std::string>{"img insert to id=1 n=10 b=blob s=text",
                                      "img update from id=1 n=10 b=blob s=text to id=1 n=11 b=blob s=text",
                                      "img update from id=1 n=11 b=∅ s=text to id=1 n=12 b=∅ s=text",
                                      "img update from id=1 n=∅ b=∅ s=∅ to id=∅ n=∅ b=∅ s=new",
                                      "img delete from id=1 n=∅ b=∅ s=∅", "img insert to id=2 n=∅ b=∅ s=two"}));
  EXPECT_EQ(changes[1].partial, nullptr);
  ASSERT_NE(changes[2].partial, nullptr);
  EXPECT_EQ(changes[2].partial->after, (std::vector<bool>{true, true, false, true}));
  EXPECT_EQ(changes[3].partial->before, (std::vector<bool>{true, false, false, false}));
  EXPECT_EQ(changes[3].partial->after, (std::vector<bool>{false, false, false, true}));
  EXPECT_EQ(changes[5].partial->after, (std::vector<bool>{true, false, false, true}));
}

TEST_F(BinlogValues, OfUnknownSizeAreRefusedByName) {
  sql("SET GLOBAL mysql56_temporal_format = OFF");
  sql("CREATE TABLE odd1 (id INT PRIMARY KEY, old_time DATETIME)");
  sql("CREATE TABLE odd2 (id INT PRIMARY KEY, old_stamp TIMESTAMP(3))");
  for (const auto& [table, column] :
       std::vector<std::pair<std::string, std::string>>{{"odd1", "old_time"}, {"odd2", "old_stamp"}}) {
    auto reader = open(options({table}));
    sql("INSERT INTO " + table + " VALUES (1, NOW())");
    const auto error = read_error(*reader);
    ASSERT_TRUE(error) << table;
    EXPECT_NE(error->message.find("d." + table + "." + column), std::string::npos) << error->message;
  }
}

TEST_F(BinlogValues, ThatAreNotDecodedArePassedOverAndNamed) {
  sql("CREATE TABLE odd (id INT PRIMARY KEY, packed TEXT COMPRESSED, short_packed VARCHAR(50) COMPRESSED, "
      "long_packed VARCHAR(900) COMPRESSED, kana VARCHAR(9) CHARACTER SET sjis, label ENUM('x') CHARACTER SET sjis, "
      "wide TEXT CHARACTER SET utf16, shape GEOMETRY, last INT)");
  for (const char* metadata : {"FULL", "NO_LOG"}) {
    sql(std::string("SET GLOBAL binlog_row_metadata = '") + metadata + "'");
    reconnect();
    auto reader = open(options({"odd"}));
    sql("INSERT INTO odd VALUES (1, REPEAT('q', 5000), REPEAT('q', 50), 'q', 'k', 'x', 'w', POINT(1, 2), 7)");
    sql("DELETE FROM odd");
    const std::vector<RowChange> changes = read(*reader);
    EXPECT_EQ(texts_of(changes),
              (std::vector<std::string>{
                  "odd insert to id=1 packed=∅ short_packed=∅ long_packed=∅ kana=∅ label=x wide=∅ shape=∅ last=7",
                  "odd delete from id=1 packed=∅ short_packed=∅ long_packed=∅ kana=∅ label=x wide=∅ shape=∅ last=7"}));
    const std::vector<BinlogColumn>& columns = changes.at(0).table->columns;
    EXPECT_EQ(columns[5].kind, ServerKind::Text) << "its labels are taken from information_schema";
    for (const std::size_t i : {1, 2, 3, 4, 6, 7}) {
      EXPECT_EQ(columns[i].kind, ServerKind::Unread) << i;
      EXPECT_NE(columns[i].refusal, "") << i;
    }
    EXPECT_EQ(columns[8].refusal, "");
  }
}

// The server's own SELECT is the truth for texts.
TEST_F(BinlogValues, BecomeTheTextThatTheServerPrints) {
  sql("SET SESSION sql_mode = ''");
  sql("CREATE TABLE shown (id INT PRIMARY KEY, i INT(7) ZEROFILL, b BIGINT UNSIGNED ZEROFILL, u BIGINT UNSIGNED, "
      "y YEAR, f FLOAT, fz FLOAT ZEROFILL, f2 FLOAT(9,2), d DOUBLE, d3 DOUBLE(12,3), m DECIMAL(9,3), "
      "mz DECIMAL(9,3) ZEROFILL, m0 DECIMAL(9,0) ZEROFILL, ml DECIMAL(65,30), mlz DECIMAL(40,4) ZEROFILL, da DATE, "
      "t TIME(2), dt DATETIME, dt1 DATETIME(1), dt6 DATETIME(6), ts TIMESTAMP(3) NULL, uu UUID, i4 INET4, i6 INET6, "
      "e ENUM('a','ö'), s SET('x','y','z'), c CHAR(5), j JSON)");
  auto reader = open(options({"shown"}));
  sql("INSERT INTO shown VALUES (1, 42, 42, 18446744073709551615, 0, 0.1, 1.5, 1.005, 0.1, 1.0005, -1.5, 1.5, 0, "
      "-1.5, 1, '0000-00-00', '-00:00:00.05', '0000-00-00', '2024-02-29 01:02:03.4', '2024-02-29', "
      "'2024-02-29 01:02:03.45', UUID(), '1.2.3.4', '::1.2.3.4', 'ö', 'x,z', 'a  ', '[1, 2]')");
  sql("INSERT INTO shown VALUES (2, 123456789, 0, 0, 2155, 16777217, -2.5, -0.5, 123456789012345680, -0.0004, "
      "999999.999, 999999.999, 999999999, 99999999999999999999999999999999999.999999999999999999999999999999, 0.5, "
      "'2024-00-31', '838:59:59', '2024-02-00', '9999-12-31 23:59:59.9', '1000-01-01', '0000-00-00', "
      "'ffffffff-ffff-7fff-bfff-ffffffffffff', '0.0.0.0', '::ffff:1.2.3.4', '', '', '', '{}')");
  int id = 2;
  for (const char* number : {"0", "1e15", "999999999999999", "1e-15", "1e-16", "1.5e-5", "-1.25e20", "3.4e38", "1e-38",
                             "1.4e-45", "9.9999999", "123456.5", "1234565", "0.00012345650", "9007199254740993"}) {
    sql("INSERT INTO shown (id, f, d) VALUES (" + std::to_string(++id) + ", " + number + ", " + number + ")");
  }
  sql("INSERT INTO shown (id, i6) VALUES (100, '1:0:0:2::3'), (101, '::2:3'), (102, '1:0:2:3:4:5:6:7'), (103, '1::'), "
      "(104, '0:1:2:3:4:5:6:7'), (105, '1:2:3:4:5:6:7:0'), (106, '1:0:2:0:3:0:4:0'), (107, '1:2:3:4:5:6:7:8')");
  const std::vector<RowChange> changes = read(*reader);
  ASSERT_EQ(changes.size(), static_cast<std::size_t>(id + 8));
  std::size_t at = 0;
  const Status asked = connection_->query("SELECT * FROM shown ORDER BY id", [&](const auto& values) {
    const RowChange& change = changes.at(at++);
    const BinlogTable& table = *change.table;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Cell& cell = change.after.cells[i];
      ASSERT_EQ(cell.kind == Kind::Null, !values[i].has_value()) << table.record.columns[i].name;
      if (!values[i]) continue;
      Row row;
      const auto text = convert_cell(change.after, cell, table.record.columns[i].type, table.columns[i],
                                     {Kind::Text, 0, 0, nullptr}, nullptr, row);
      ASSERT_TRUE(text.ok()) << text.error().message;
      EXPECT_EQ(row.text_of(text.value()), *values[i]) << table.record.columns[i].name << " of row " << at;
    }
  });
  EXPECT_TRUE(asked.ok());
  EXPECT_EQ(at, changes.size());
}

TEST_F(BinlogValues, OfTablesWithHiddenColumnsAreReadWithoutNames) {
  for (const char* metadata : {"FULL", "NO_LOG"}) {
    SCOPED_TRACE(metadata);
    sql(std::string("SET GLOBAL binlog_row_metadata = '") + metadata + "'");
    reconnect();
    sql("CREATE OR REPLACE TABLE hidden (id INT PRIMARY KEY, note TEXT, more TEXT, unseen INT INVISIBLE DEFAULT 3, "
        "twice INT AS (id * 2) STORED, thrice INT AS (id * 3) VIRTUAL, UNIQUE (note), UNIQUE (more, note))");
    auto reader = open(options({"hidden"}));
    sql("INSERT INTO hidden (id, note, more) VALUES (1, 'a', 'b')");
    const std::vector<RowChange> changes = read(*reader);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(
        text_of(changes[0]).starts_with("hidden insert to id=1 note=a more=b unseen=3 twice=2 thrice=3 DB_ROW_HASH_1="))
        << text_of(changes[0]);
    EXPECT_TRUE(changes[0].table->columns[4].generated);
    EXPECT_FALSE(changes[0].table->columns[3].generated);
  }
}

TEST_F(BinlogValues, OfATableThatHasChangedSinceAreRefusedWhenTheLogDoesNotNameColumns) {
  sql("SET GLOBAL binlog_row_metadata = 'NO_LOG'");
  reconnect();
  auto reader = open(options());
  sql("INSERT INTO t VALUES (3, 1, '')");
  sql("ALTER TABLE t ADD COLUMN more INT");
  const auto error = read_error(*reader);
  ASSERT_TRUE(error);
  EXPECT_NE(error->message.find("3 columns in the log and 4 in information_schema"), std::string::npos)
      << error->message;
  auto after = open(options());
  sql("INSERT INTO t VALUES (4, 1, '', 1)");
  sql("DROP TABLE t");
  const auto gone = read_error(*after);
  ASSERT_TRUE(gone);
  EXPECT_NE(gone->message.find("table d.t has rows in the log but no longer exists"), std::string::npos)
      << gone->message;
}

}  // namespace
}  // namespace freshet
