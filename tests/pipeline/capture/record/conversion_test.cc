// Every kind of column × every kind of field: converted, or refused by name at start; each value exactly, or not at
// all.
#include "pipeline/capture/record/conversion.h"

#include <gtest/gtest.h>

#include "pipeline/capture/mysql/table_schema.h"
#include "pipeline/capture/record/record_adapter.h"

namespace freshet {
namespace {

const ColumnType kText{Kind::Text, 0, 0, nullptr};
const ColumnType kInteger{Kind::Integer, 0, 0, nullptr};
const ColumnType kMoney{Kind::Decimal, 2, 0, nullptr};
const ColumnType kDouble{Kind::Double, 0, 0, nullptr};
const ColumnType kBoolean{Kind::Boolean, 0, 0, nullptr};
const ColumnType kTime{Kind::Time, 0, 0, nullptr};
const ColumnType kList{Kind::List, 0, 0, std::make_shared<RecordType>(RecordType{{{"n", kInteger}}})};

Entity entity_of(const ColumnType& type) {
  Entity entity;
  entity.name = "thing";
  entity.key_field = "id";
  entity.record.columns = {{"id", kText}, {"value", type}};
  return entity;
}

// What start says of a table with this column, under a field of this type. Empty: nothing.
std::string said_at_start(const std::string& column_type, const ColumnType& field, const std::string& charset = "") {
  const auto table = declared_table("d", "t", {{"id", "int(11)", ""}, {"value", column_type, charset}});
  if (!table.ok()) return table.error().message;
  const Entity entity = entity_of(field);
  const auto adapter = RecordAdapter::make(entity, table.value());
  return adapter.ok() ? "" : adapter.error().message;
}

TEST(Conversion, OfEachTypeIsGivenOrRefusedByNameAtStart) {
  const std::vector<ColumnType> fields = {kText, kInteger, kMoney, kDouble, kBoolean, kTime, kList};
  struct Case {
    const char* column;
    const char* charset;
    std::string given;  // one letter for each of the fields: x = converted
  };
  const std::vector<Case> cases = {
      {"tinyint(1)", "", "xxxxx--"},
      {"smallint(6)", "", "xxxxx--"},
      {"mediumint(8) unsigned", "", "xxxxx--"},
      {"int", "", "xxxxx--"},
      {"bigint(20) unsigned", "", "xxxxx--"},
      {"int(5) unsigned zerofill", "", "xxxxx--"},
      {"year(4)", "", "xxxxx--"},
      {"bit(1)", "", "-xxxx--"},
      {"float", "", "x--x---"},
      {"double(10,3)", "", "x--x---"},
      {"decimal(10,2)", "", "xxxx---"},
      {"decimal(65,30)", "", "xxxx---"},
      {"date", "", "x----x-"},
      {"time(3)", "", "x------"},
      {"datetime(6)", "", "x----x-"},
      {"timestamp", "", "x----x-"},
      {"char(3)", "latin1", "xxxx-xx"},
      {"varchar(20)", "utf8mb4", "xxxx-xx"},
      {"longtext", "utf8mb4", "xxxx-xx"},
      {"enum('a','b')", "sjis", "xxxx-xx"},
      {"set('a','b')", "utf8mb4", "xxxx-xx"},
      {"uuid", "", "xxxx-xx"},
      {"inet4", "", "xxxx-xx"},
      {"inet6", "", "xxxx-xx"},
      {"binary(16)", "", "xxxx-xx"},
      {"varbinary(9)", "", "xxxx-xx"},
      {"longblob", "", "xxxx-xx"},
      {"varchar(20)", "sjis", "-------"},
      {"text", "utf16", "-------"},
      {"text /*M!100301 COMPRESSED*/", "utf8mb4", "-------"},
      {"varchar(9) /*M!100301 COMPRESSED*/", "utf8mb4", "-------"},
      {"datetime /* mariadb-5.3 */", "", "-------"},
      {"point", "", "-------"},
      {"geometrycollection", "", "-------"},
      {"json", "", "-------"},
      {"vector(4)", "", "-------"},
      {"xmltype", "", "-------"},
  };
  for (const Case& one : cases) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string said = said_at_start(one.column, fields[i], one.charset);
      EXPECT_EQ(said.empty(), one.given[i] == 'x')
          << one.column << " as " << wanted_of(fields[i]).value << ": " << said;
      if (said.empty()) continue;
      EXPECT_NE(said.find("d.t.value"), std::string::npos) << said;
      EXPECT_NE(said.find(one.column), std::string::npos) << said;
    }
  }
}

TEST(Conversion, OfAColumnThatIsRefusedDoesNotMatterToFieldsOfOthers) {
  const auto table = declared_table("d", "t",
                                    {{"ID", "int(11)", ""},
                                     {"shape", "point", ""},
                                     {"Value", "json", ""},
                                     {"word", "varchar(9)", "sjis"},
                                     {"odd", "xmltype", ""}});
  ASSERT_TRUE(table.ok());
  Entity entity = entity_of(kText);
  entity.record.columns.pop_back();
  EXPECT_TRUE(RecordAdapter::make(entity, table.value()).ok()) << "names of columns have no case";
  entity.record.columns.push_back({"absent.one", kText});
  const auto adapter = RecordAdapter::make(entity, table.value());
  ASSERT_FALSE(adapter.ok());
  EXPECT_EQ(adapter.error().message, "entity thing: table d.t has no column absent.one");
}

struct Value {
  Cell cell;
  std::string text = {};
};

// The field's canonical text, or "refused: …".
std::string converted(const std::string& column_type, const Value& value, const ColumnType& field) {
  const auto table = declared_table("d", "t", {{"id", column_type, ""}});
  EXPECT_TRUE(table.ok());
  Row from;
  from.reset(1);
  from.cells[0] = value.text.empty() ? value.cell : from.add_text(value.text);
  Row to;
  to.reset(1);
  std::optional<JsonRowDecoder> list;
  if (field.kind == Kind::List) list.emplace(*field.item);
  const auto cell = convert_cell(from, from.cells[0], table->record.columns[0].type, table->columns[0], field,
                                 list ? &*list : nullptr, to);
  if (!cell.ok()) return "refused: " + cell.error().message;
  std::string text;
  append_text(to, cell.value(), field, text);
  return text;
}

bool refused(const std::string& column_type, const Value& value, const ColumnType& field) {
  return converted(column_type, value, field).starts_with("refused: ");
}

TEST(Conversion, IsExactOrRefusesTheValue) {
  EXPECT_EQ(converted("int(11)", {integer_cell(-42)}, kText), "-42");
  EXPECT_EQ(converted("bigint(20) unsigned", {{}, "18446744073709551615"}, kText), "18446744073709551615");
  EXPECT_EQ(converted("bigint(20) unsigned", {{}, "18446744073709551615"}, kInteger),
            "refused: the value \"18446744073709551615\" of type bigint(20) unsigned cannot become an integer without "
            "loss");
  EXPECT_EQ(converted("varchar(9)", {{}, "42"}, kInteger), "42");
  EXPECT_TRUE(refused("varchar(9)", {{}, "forty"}, kInteger));
  EXPECT_EQ(converted("decimal(15,4)", {decimal_cell(15'000)}, kMoney), "1.50");
  EXPECT_TRUE(refused("decimal(15,4)", {decimal_cell(15'001)}, kMoney));
  EXPECT_EQ(converted("decimal(65,30)", {{}, "1.500000000000000000000000000000"}, kMoney), "1.50");
  EXPECT_EQ(converted("decimal(65,30)", {{}, "-9.123456789012345678901234567890"}, kText),
            "-9.123456789012345678901234567890");
  EXPECT_TRUE(refused("decimal(65,0)", {{}, "99999999999999999999"}, kMoney));
  EXPECT_EQ(converted("int(11)", {integer_cell(7)}, kMoney), "7.00");
  EXPECT_EQ(converted("decimal(3,1)", {decimal_cell(1)}, kDouble), "0.1");
  EXPECT_EQ(converted("bigint(20)", {integer_cell(std::int64_t{1} << 53)}, kDouble), "9007199254740992");
  EXPECT_TRUE(refused("bigint(20)", {integer_cell((std::int64_t{1} << 53) + 1)}, kDouble));
  EXPECT_EQ(converted("tinyint(1)", {integer_cell(1)}, kBoolean), "true");
  EXPECT_TRUE(refused("tinyint(1)", {integer_cell(2)}, kBoolean));
  EXPECT_EQ(converted("date", {{}, "2024-02-29"}, kTime), "2024-02-29T00:00:00.000000Z");
  EXPECT_TRUE(refused("date", {{}, "0000-00-00"}, kTime));
  EXPECT_TRUE(refused("datetime", {{}, "0000-00-00 00:00:00"}, kTime));
  ColumnType day = kText;
  day.date = true;
  EXPECT_EQ(converted("date", {{}, "2024-02-29"}, day), "2024-02-29");
  EXPECT_TRUE(refused("date", {{}, "2024-00-29"}, day));
  EXPECT_EQ(converted("varbinary(9)", {{}, "ö€😀"}, kText), "ö€😀");
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_TRUE(refused("varbinary(9)", {{}, bad}, kText)) << bad;
  }
  EXPECT_EQ(converted("longtext", {{}, "[{\"n\": 1}]"}, kList), "[{\"n\":1}]");
  EXPECT_TRUE(refused("longtext", {{}, "none"}, kList));
}

}  // namespace
}  // namespace freshet
