// What tables and topics could not hold is refused before any is made, with the entity or view and its column; the same
// just within the limit is taken.
#include <gmock/gmock.h>

#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

using testing::HasSubstr;

/// Sales with these fields, a target and views of them, on MySQL.
Loaded sales(const std::string& fields, const std::string& views = "",
             const std::string& write = R"({"mysql": {"table": "s"}})", const std::string& more = "") {
  std::string observe;
  if (!views.empty()) observe = R"("views": {"v": )" + views + R"(}, "observe": {"v": {"mysql": {"table": "v"}}},)";
  return parse_scenario(R"({"freshet": 1, "name": "x", "entities": {"sale": {"key": {"number": "uuid"}, "fields": {)" +
                            fields + R"(, "at": {"time": "created"}}}}, "load": [{"entity": "sale", "rate": "10/s", )" +
                            R"("for": "10s"})" + more + R"(], "write": {"sale": )" + write + "}, " + observe +
                            R"("connections": {"mysql": "${FRESHET_MYSQL}", "kafka": "${FRESHET_KAFKA}"}})",
                        "x.json");
}

void expect_taken(const Loaded& loaded) { EXPECT_TRUE(loaded.scenario) << texts(loaded); }

void expect_refused(const Loaded& loaded, const std::string& part) {
  EXPECT_FALSE(loaded.scenario) << part;
  EXPECT_THAT(texts(loaded), HasSubstr(part));
}

std::string group_by(const std::string& column, const std::string& measures = R"({"n": "count"})") {
  return R"({"from": "sale", "group": [")" + column + R"("], "tumble": {"on": "at", "size": "2s"}, "measures": )" +
         measures + "}";
}

std::string texts_of(int count, int length) {
  std::string fields;
  for (int i = 0; i < count; ++i) {
    fields +=
        (i > 0 ? ", " : "") + std::string("\"t") + std::to_string(i) + R"(": {"text": )" + std::to_string(length) + "}";
  }
  return fields;
}

TEST(Holdings, AKeyOfAViewIsNoLongerThanAKeyOfATable) {
  expect_taken(sales(R"("note": {"text": 766})", group_by("note")));
  expect_refused(sales(R"("note": {"text": 767})", group_by("note")),
                 "the table of \"v\" cannot have the column \"note\": the key has 3,076 bytes at most, with 767");
  // A view of an external pipeline is its own table.
  EXPECT_TRUE(sales(R"("note": {"text": 767})", "").scenario);
}

TEST(Holdings, ARowHasTheColumnsThatATablesRowHas) {
  expect_taken(sales(texts_of(190, 300)));
  expect_refused(sales(texts_of(200, 300)), "the table of \"sale\" cannot have the column \"t");
  expect_taken(sales(texts_of(200, 3)));
  expect_refused(sales(texts_of(1'014, 1)), "a table has at most 1,017 columns, and this one would have 1,018");
  expect_taken(sales(texts_of(200, 300), "", R"({"kafka": {"topic": "s"}})"));
}

TEST(Holdings, TheNameOfAVersionColumnIsNoLongerThanAColumns) {
  const auto named = [](const std::string& name) {
    return parse_scenario(R"({"freshet": 1, "name": "x", "entities": {")" + name +
                              R"(": {"key": "uuid", "fields": {"a": 1}}},
                              "load": [{"entity": ")" +
                              name + R"(", "rate": "10/s", "for": "10s"}],
                              "write": {")" +
                              name + R"(": {"mysql": {"table": "s"}}},
                              "views": {"v": {"from": ")" +
                              name + R"(", "key": "id"}},
                              "observe": {"v": {"mysql": {"table": "v"}}},
                              "connections": {"mysql": "${FRESHET_MYSQL}"}})",
                          "x.json");
  };
  expect_taken(named(std::string(56, 'n')));
  expect_refused(named(std::string(57, 'n')), "its name has 65 characters, and a column's has at most 64");
}

TEST(Holdings, AnEntityColumnIsNamedWhereItWasDeclared) {
  const Loaded loaded = sales(texts_of(200, 300));
  ASSERT_FALSE(loaded.problems.empty());
  EXPECT_THAT(loaded.problems[0].origin.pointer.text(), HasSubstr("/entities/sale/fields/t1"));
}

const std::string kCoupon = R"("coupon": {"null": "50%", "else": {"choice": ["A", "B"]}})";
const std::string kDeletes =
    R"(, {"entity": "item", "delete": "1/s", "for": "5s"}, {"entity": "item", "update": "1/s", "set": {"coupon": "C"}})";

/// Items with rows, which the load deletes or not, in a topic.
Loaded items(const std::string& topic, bool deleted, const std::string& beside = "") {
  return parse_scenario(
      R"({"freshet": 1, "name": "x", "entities": {"item": {"rows": 10, "key": {"id": {"sequence": "I%d"}},
                            "fields": {)" +
          kCoupon + R"(}}, "sale": {"key": "uuid", "fields": {"a": 1}}},
                            "load": [{"entity": "sale", "rate": "10/s", "for": "5s"})" +
          (deleted ? kDeletes : "") + R"(], "write": {"sale": {"mysql": {"table": "s"}}, "item": {)" + beside +
          R"("kafka": {"topic": "items", )" + topic + R"(}}},
                            "connections": {"mysql": "${FRESHET_MYSQL}", "kafka": "${FRESHET_KAFKA}"}})",
      "x.json");
}

TEST(Holdings, ADeleteNamesItsRow) {
  const std::string refusal =
      "rows of \"item\" are deleted, and with the message key \"coupon\" the message of a delete does not identify its "
      "row, "
      "expected "
      "\"key\": \"id\", or \"format\": \"debezium\"";
  expect_refused(items(R"("key": "coupon")", true), refusal);
  expect_refused(items(R"("key": "coupon")", true, R"("mysql": {"table": "i"}, )"), refusal);
  expect_refused(items(R"("key": "coupon", "format": "avro", "registry": "${R}")", true), refusal);
  expect_taken(items(R"("key": "coupon")", false));
  expect_taken(items(R"("key": "id")", true));
  expect_taken(items(R"("partitions": 2)", true));
  expect_taken(items(R"("key": "coupon", "format": "debezium")", true));
}

TEST(Holdings, ASumFitsItsColumn) {
  const auto sum_of = [](const std::string& law) {
    return sales(R"("city": {"choice": ["Bonn"]}, "total": )" + law, group_by("city", R"x({"value": "sum(total)"})x"));
  };
  // At most 1.5 × 130 + 1,000 rows.
  const std::string refusal = "the sum \"value\" of \"v\" can exceed the 19 digits of its column";
  expect_taken(sum_of(R"({"integer": [1, 7000000000000000]})"));
  expect_refused(sum_of(R"({"integer": [1, 8000000000000000]})"), refusal);
  expect_refused(sum_of(R"({"integer": [-8000000000000000, 1]})"), refusal);
  expect_taken(sum_of(R"({"decimal": ["1.00", "99999999.99"]})"));
  expect_refused(sum_of(R"({"multiply": [{"decimal": ["1.00", "9000000.00"]}, {"integer": [1, 900000000]}]})"),
                 refusal);
}

TEST(Holdings, ADecimalFitsItsColumn) {
  const auto with = [](const std::string& fields) { return sales(fields); };
  const std::string refusal = "\"b\" of \"sale\" can have more digits than the 18 of its column in a table";
  const std::string a = R"("a": {"decimal": ["1.00", "1000000000.00"]}, )";
  expect_taken(with(a + R"("b": {"multiply": ["a", "9999999"], "scale": 2})"));
  expect_refused(with(a + R"("b": {"multiply": ["a", "a", "2"], "scale": 2})"), refusal);
  expect_taken(with(R"("b": {"decimal": ["-9999999999999999.99", "9999999999999999.99"]})"));
  expect_refused(with(R"("b": {"decimal": ["0.00", "10000000000000000.00"]})"), refusal);
  expect_taken(with(a + R"("b": {"divide": ["a", {"decimal": ["0.50", "2.00"]}], "scale": 8})"));
  expect_refused(with(a + R"("b": {"divide": ["a", {"decimal": ["0.00", "2.00"]}], "scale": 8})"), refusal);
}

TEST(Holdings, ArrivalsAreCounted) {
  const auto with = [](const std::string& load) {
    return parse_scenario(R"({"freshet": 1, "name": "x", "entities": {"sale": {"key": "uuid", "fields": {"n": 1}}},
                              "load": [)" +
                              load + R"(], "write": {"sale": {"mysql": {"table": "s"}}},
                              "connections": {"mysql": "${M}"}})",
                          "x.json");
  };
  const std::string refusal = "more than 1,000,000,000 arrivals in all loads";
  expect_taken(with(R"({"entity": "sale", "rate": "1000/s", "for": "270h"})"));
  expect_refused(with(R"({"entity": "sale", "rate": "1000/s", "for": "280h"})"), refusal);
  expect_refused(with(R"({"entity": "sale", "rate": "1000/s", "for": "270h"},
                         {"entity": "sale", "rate": "1000/s", "for": "10h"})"),
                 refusal);
}

}  // namespace
}  // namespace freshet
