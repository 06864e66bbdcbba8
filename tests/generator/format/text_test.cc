// Rows as JSON, CSV, Debezium envelopes and SQL statements: the exact bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text/put.h"
#include "generator/draw/random.h"
#include "generator/format/fixture.h"
#include "generator/format/format.h"

namespace freshet {
namespace {

using namespace formats;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string base_json(const Row& row, const RecordType& type) {
  std::string out;
  append_json_object(row, 0, type, out);
  return out;
}

std::string written_json(const Row& row, const RecordType& type) {
  JsonWriter writer(type);
  Buffer out;
  writer.append(row, out);
  return text(out);
}

std::string encoded(Format format, const Change& change, const Row& row, const Row* before = nullptr) {
  const Scenario shop = scenario();
  Encoder encoder(format, shop, EntityId{0}, WallTime{Micros{kInstant}}, std::nullopt);
  Buffer out;
  encoder.append(change, row, before, out);
  return text(out);
}

Change change(Operation operation, Version version = 1) {
  Change change;
  change.operation = operation;
  change.version = version;
  change.intended = Micros{1'500};
  return change;
}

TEST(FormatJson, IsWhatTheBaseWrites) {
  for (const Row& row : {full_row(), bare_row(), edge_row()}) {
    EXPECT_EQ(written_json(row, record()), base_json(row, record()));
  }
}

TEST(FormatJson, HasOneNestedObjectWhereItsFirstColumnStands) {
  EXPECT_THAT(written_json(full_row(), record()),
              StartsWith(R"({"id":"O-1","store":{"id":-3,"name":"Müller, \"Köln\""},"amount":1234.500,"rate":0.25,)"));
}

TEST(FormatJson, EveryByteOfATextAtEveryPlaceIsEscapedAsTheBaseDoes) {
  RecordType type;
  type.columns = {{"a", {Kind::Text, 0, 0, nullptr}}};
  for (int byte = 0; byte < 128; ++byte) {
    for (std::size_t place = 0; place < 20; ++place) {
      std::string content(20, 'x');
      content[place] = static_cast<char>(byte);
      Row row;
      row.reset(1);
      row.cells[0] = row.add_text(content);
      ASSERT_EQ(written_json(row, type), base_json(row, type)) << byte << " at " << place;
    }
  }
}

TEST(FormatPut, NumbersReadAsTheBaseWritesThem) {
  std::string expected;
  char buffer[kMostNumber];
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(draw(Stream{7}, i) >> (i % 64)) * (i % 3 == 0 ? -1 : 1);
    const int scale = static_cast<int>(i % 7);
    expected.clear();
    append_decimal(value, scale, expected);
    ASSERT_EQ(std::string(buffer, put_decimal(buffer, value, scale)), expected);
  }
}

TEST(FormatPut, TimesReadAsTheBaseWritesThemAcrossDays) {
  TimeText times;
  char buffer[TimeText::kMost];
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const auto micros = static_cast<std::int64_t>(draw(Stream{9}, i)) >> (i % 20);
    std::string expected;
    append_iso_time(micros, expected);
    ASSERT_EQ(std::string(buffer, times.put_iso(buffer, micros)), expected);
  }
}

TEST(FormatCsv, HasAHeaderOfColumnNames) {
  Buffer out;
  CsvWriter(record()).append_header(out);
  EXPECT_EQ(text(out), "id,store_id,amount,store_name,rate,open,due,items,version,updated_at\r\n");
}

TEST(FormatCsv, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(encoded(Format::Csv, change(Operation::Insert), full_row()),
            "O-1,-3,1234.500,\"Müller, \"\"Köln\"\"\",0.25,true,2023-11-14,"
            "\"[{\"\"product\"\":{\"\"name\"\":\"\"tea\"\",\"\"price\"\":7.99},\"\"quantity\"\":2},"
            "{\"\"product\"\":{\"\"name\"\":\"\"it's\"\",\"\"price\"\":-0.05},\"\"quantity\"\":1}]\",1,"
            "2023-11-14T22:13:20.000042Z\r\n");
}

TEST(FormatCsv, TellsNullFromTheEmptyText) {
  Row row = bare_row();
  row.cells[3] = row.add_text("");
  EXPECT_EQ(encoded(Format::Csv, change(Operation::Insert), row), "O-2,,,\"\",,,,,2,1969-12-31T23:59:59.999999Z\r\n");
}

TEST(FormatSql, WritesAStatementForEachOperation) {
  EXPECT_EQ(
      encoded(Format::Sql, change(Operation::Insert), bare_row()),
      "INSERT INTO `orders` (`id`, `store_id`, `amount`, `store_name`, `rate`, `open`, `due`, `items`, `version`, "
      "`updated_at`) VALUES ('O-2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, '1969-12-31 23:59:59.999999');\n");
  EXPECT_EQ(
      encoded(Format::Sql, change(Operation::Update), bare_row()),
      "UPDATE `orders` SET `store_id` = NULL, `amount` = NULL, `store_name` = NULL, `rate` = NULL, `open` = NULL, "
      "`due` = NULL, `items` = NULL, `version` = 2, `updated_at` = '1969-12-31 23:59:59.999999' "
      "WHERE `id` = 'O-2';\n");
  EXPECT_EQ(encoded(Format::Sql, change(Operation::Delete), full_row()), "DELETE FROM `orders` WHERE `id` = 'O-1';\n");
}

TEST(FormatSql, EscapesWhatWouldEndALiteral) {
  EXPECT_THAT(encoded(Format::Sql, change(Operation::Insert), edge_row()),
              HasSubstr("'\\\\ \\' \" \\r\\n\t\\Z;--%_ \U0001F600'"));
}

TEST(FormatDebezium, AnInsertHasNothingBefore) {
  EXPECT_EQ(encoded(Format::Debezium, change(Operation::Insert), full_row()),
            R"({"before":null,"after":)" + base_json(full_row(), record()) +
                R"(,"source":{"version":"1","connector":"freshet","name":"shop","ts_ms":1700000000001,)"
                R"("snapshot":"false","db":"freshet","sequence":null,"ts_us":1700000000001500,)"
                R"("ts_ns":1700000000001500000,"table":"orders"},"transaction":null,"op":"c",)"
                R"("ts_ms":1700000000001,"ts_us":1700000000001500,"ts_ns":1700000000001500000})"
                "\n");
}

TEST(FormatDebezium, AnUpdateHasTheVersionBefore) {
  const Row before = bare_row();
  const std::string envelope = encoded(Format::Debezium, change(Operation::Update, 2), full_row(), &before);
  EXPECT_THAT(envelope, StartsWith(R"({"before":)" + base_json(before, record()) + R"(,"after":)" +
                                   base_json(full_row(), record()) + R"(,"source":)"));
  EXPECT_THAT(envelope, HasSubstr(R"("op":"u")"));
}

TEST(FormatDebezium, ADeleteHasNothingAfterAndIsFollowedByATombstone) {
  const std::string lines = encoded(Format::Debezium, change(Operation::Delete, 3), full_row());
  EXPECT_THAT(lines, StartsWith(R"({"before":)" + base_json(full_row(), record()) + R"(,"after":null,"source":)"));
  EXPECT_THAT(lines, HasSubstr(R"("op":"d")"));
  EXPECT_TRUE(lines.ends_with("}\nnull\n")) << lines;
}

TEST(FormatDebezium, AnUpdateWithoutTheVersionBeforeIsAProgrammersError) {
  EXPECT_DEATH(encoded(Format::Debezium, change(Operation::Update, 2), full_row()), "image before");
}

TEST(Format, PlainFormatsHaveNoPlaceForADelete) {
  for (const Format format : {Format::Json, Format::Avro, Format::Csv}) {
    EXPECT_EQ(encoded(format, change(Operation::Delete), full_row()), "");
    EXPECT_FALSE(tells_operations(format));
    EXPECT_NE(encoded(format, change(Operation::Update), full_row()), "") << "the control";
  }
}

TEST(Format, IsKnownByItsNameOnly) {
  EXPECT_EQ(format_of("avro"), Format::Avro);
  EXPECT_EQ(format_of("debezium"), Format::Debezium);
  EXPECT_EQ(format_of("Avro"), std::nullopt);
  EXPECT_EQ(format_of(""), std::nullopt);
  EXPECT_EQ(suffix_of(Format::Csv), ".csv");
}

}  // namespace
}  // namespace freshet
