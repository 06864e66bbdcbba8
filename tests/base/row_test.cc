// Rows: reuse, canonical text, equality and JSON.
#include "base/row.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/column_types.h"

namespace freshet {
namespace {

using columns::list_of;
using columns::of;

std::string json(const Row& row, const Cell& cell, const ColumnType& type) {
  std::string out;
  append_json(row, cell, type, out);
  return out;
}

std::string text(const Row& row, const Cell& cell, const ColumnType& type) {
  std::string out;
  append_text(row, cell, type, out);
  return out;
}

std::string json_text(std::string_view value) {
  Row row;
  return json(row, row.add_text(value), of(Kind::Text));
}

// One record of a single list column with the given lines.
struct Lines {
  explicit Lines(std::vector<std::pair<std::string, std::int64_t>> lines) {
    row.reset(1);
    row.cells[0] = row.add_list(lines.size(), 2);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      row.cells[row.cells[0].begin + 2 * i] = row.add_text(lines[i].first);
      row.cells[row.cells[0].begin + 2 * i + 1] = decimal_cell(lines[i].second);
    }
  }
  Row row;
};

ColumnType lines_type() {
  return list_of({{.name = "product.name", .type = of(Kind::Text)}, {.name = "price", .type = of(Kind::Decimal, 2)}});
}

TEST(Row, ResetMakesNullColumnsAndKeepsItsMemory) {
  Row row;
  row.reset(3);
  row.cells[1] = row.add_text(std::string(1'000, 'x'));
  const auto cells = row.cells.capacity();
  const auto bytes = row.text.capacity();
  row.reset(3);
  EXPECT_EQ(row.cells.size(), 3U);
  EXPECT_EQ(row.cells[1].kind, Kind::Null);
  EXPECT_TRUE(row.text.empty());
  EXPECT_EQ(row.cells.capacity(), cells);
  EXPECT_EQ(row.text.capacity(), bytes);
}

TEST(RecordType, FindsColumnsByName) {
  const RecordType type{{{.name = "id", .type = {}}, {.name = "store.id", .type = {}}}};
  EXPECT_EQ(type.find("store.id"), ColumnIndex{1});
  EXPECT_EQ(type.find("store"), std::nullopt);
}

TEST(CanonicalText, SaysEachKindInOneWay) {
  Row row;
  EXPECT_EQ(text(row, null_cell(), of(Kind::Integer)), "∅");
  EXPECT_EQ(text(row, boolean_cell(true), of(Kind::Boolean)), "true");
  EXPECT_EQ(text(row, integer_cell(-12), of(Kind::Integer)), "-12");
  EXPECT_EQ(text(row, decimal_cell(1290), of(Kind::Decimal, 2)), "12.90");
  EXPECT_EQ(text(row, double_cell(0.1), of(Kind::Double)), "0.1");
  EXPECT_EQ(text(row, double_cell(-0.0), of(Kind::Double)), "0");
  EXPECT_EQ(text(row, row.add_text("a\"b"), of(Kind::Text)), "a\"b");
  EXPECT_EQ(text(row, time_cell(0), of(Kind::Time)), "1970-01-01T00:00:00.000000Z");
}

TEST(Equality, ComparesValuesNotPlaces) {
  Row a, b;
  b.add_text("something before");
  EXPECT_TRUE(equal_cells(a, a.add_text("x"), b, b.add_text("x"), of(Kind::Text)));
  EXPECT_FALSE(equal_cells(a, a.add_text("x"), b, b.add_text("y"), of(Kind::Text)));
  EXPECT_FALSE(equal_cells(a, a.add_text("x"), b, b.add_text("x "), of(Kind::Text)));
  EXPECT_TRUE(equal_cells(a, null_cell(), b, null_cell(), of(Kind::Text)));
  EXPECT_FALSE(equal_cells(a, null_cell(), b, b.add_text(""), of(Kind::Text)));
  EXPECT_FALSE(equal_cells(a, integer_cell(1), b, integer_cell(2), of(Kind::Integer)));
  EXPECT_TRUE(equal_cells(a, double_cell(0.0), b, double_cell(-0.0), of(Kind::Double)));
}

TEST(Equality, ComparesListsItemByItem) {
  const Lines one({{"Milk", 129}, {"Bread", 250}});
  const Lines same({{"Milk", 129}, {"Bread", 250}});
  const Lines price({{"Milk", 129}, {"Bread", 251}});
  const Lines order({{"Bread", 250}, {"Milk", 129}});
  const Lines shorter({{"Milk", 129}});
  const ColumnType type = lines_type();
  EXPECT_TRUE(equal_cells(one.row, one.row.cells[0], same.row, same.row.cells[0], type));
  EXPECT_FALSE(equal_cells(one.row, one.row.cells[0], price.row, price.row.cells[0], type));
  EXPECT_FALSE(equal_cells(one.row, one.row.cells[0], order.row, order.row.cells[0], type));
  EXPECT_FALSE(equal_cells(one.row, one.row.cells[0], shorter.row, shorter.row.cells[0], type));
}

TEST(Json, WritesEachKind) {
  Row row;
  EXPECT_EQ(json(row, null_cell(), of(Kind::Text)), "null");
  EXPECT_EQ(json(row, boolean_cell(false), of(Kind::Boolean)), "false");
  EXPECT_EQ(json(row, integer_cell(std::numeric_limits<std::int64_t>::min()), of(Kind::Integer)),
            "-9223372036854775808");
  EXPECT_EQ(json(row, decimal_cell(-5), of(Kind::Decimal, 2)), "-0.05");
  EXPECT_EQ(json(row, double_cell(1e300), of(Kind::Double)), "1e+300");
  EXPECT_EQ(json(row, double_cell(std::numeric_limits<double>::infinity()), of(Kind::Double)), "null");
  EXPECT_EQ(json(row, time_cell(1), of(Kind::Time)), "\"1970-01-01T00:00:00.000001Z\"");
}

TEST(Json, EscapesWhatTheGrammarForbidsAndNothingElse) {
  EXPECT_EQ(json_text(""), "\"\"");
  EXPECT_EQ(json_text("plain"), "\"plain\"");
  EXPECT_EQ(json_text("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
  EXPECT_EQ(json_text("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
  EXPECT_EQ(json_text(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json_text("Käse チーズ 🧀"), "\"Käse チーズ 🧀\"");
}

TEST(Json, EscapesLongTextsWhateverTheirLength) {
  for (const std::size_t size : {127U, 128U, 129U, 256U, 1'000U}) {
    std::string text(size, 'x');
    std::string expected = text;
    for (const std::size_t at : {size - 1, size / 2, std::size_t{0}}) {
      text[at] = '"';
      expected.replace(at, 1, "\\\"");
    }
    EXPECT_EQ(json_text(text), '"' + expected + '"');
  }
}

TEST(Json, NestsDottedNames) {
  const RecordType type{{{.name = "id", .type = of(Kind::Integer)},
                         {.name = "store.id", .type = of(Kind::Integer)},
                         {.name = "store.place.city", .type = of(Kind::Text)},
                         {.name = "total", .type = of(Kind::Decimal, 2)}}};
  Row row;
  row.reset(type.width());
  row.cells[0] = integer_cell(1);
  row.cells[1] = integer_cell(2);
  row.cells[2] = row.add_text("Bonn");
  row.cells[3] = decimal_cell(10);
  std::string out;
  append_json_object(row, 0, type, out);
  EXPECT_EQ(out, R"({"id":1,"store":{"id":2,"place":{"city":"Bonn"}},"total":0.10})");
}

TEST(Json, GathersTheColumnsOfAnObjectThatStandApart) {
  const RecordType type{{{.name = "store.id", .type = of(Kind::Integer)},
                         {.name = "store_id", .type = of(Kind::Integer)},
                         {.name = "storey.id", .type = of(Kind::Integer)},
                         {.name = "store.name", .type = of(Kind::Integer)}}};
  Row row;
  row.reset(type.width());
  for (std::size_t i = 0; i < type.width(); ++i) row.cells[i] = integer_cell(static_cast<std::int64_t>(i));
  std::string out;
  append_json_object(row, 0, type, out);
  EXPECT_EQ(out, R"({"store":{"id":0,"name":3},"store_id":1,"storey":{"id":2}})");
}

TEST(Json, WritesListsOfObjectsAlsoInsideLists) {
  const Lines lines({{"Milk", 129}, {"\"Rye\"", 250}});
  EXPECT_EQ(json(lines.row, lines.row.cells[0], lines_type()),
            R"([{"product":{"name":"Milk"},"price":1.29},{"product":{"name":"\"Rye\""},"price":2.50}])");
  EXPECT_EQ(text(lines.row, lines.row.cells[0], lines_type()), json(lines.row, lines.row.cells[0], lines_type()));

  const ColumnType inner = list_of({{.name = "n", .type = of(Kind::Integer)}});
  const ColumnType outer = list_of({{.name = "inner", .type = inner}});
  Row row;
  row.reset(1);
  row.cells[0] = row.add_list(2, 1);
  const std::uint32_t first = row.cells[0].begin;
  const Cell some = row.add_list(1, 1);
  row.cells[some.begin] = integer_cell(7);
  row.cells[first] = some;
  row.cells[first + 1] = row.add_list(0, 1);
  EXPECT_EQ(json(row, row.cells[0], outer), R"([{"inner":[{"n":7}]},{"inner":[]}])");
}

}  // namespace
}  // namespace freshet
