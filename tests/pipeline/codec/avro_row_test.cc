// Avro datums, made by hand, read as rows; and what a datum may not say of itself.
#include "pipeline/codec/avro_row.h"

#include <gmock/gmock.h>

#include <string>

#include "base/column_types.h"

namespace freshet {
namespace {

using testing::HasSubstr;

std::string number(std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::string bytes;
  for (; bits >= 0x80; bits >>= 7) bytes += static_cast<char>((bits & 0x7f) | 0x80);
  return bytes + static_cast<char>(bits);
}
std::string text(const std::string& value) { return number(static_cast<std::int64_t>(value.size())) + value; }
std::string framed(std::uint32_t id, const std::string& datum) {
  std::string message(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) message += static_cast<char>((id >> shift) & 0xff);
  return message + datum;
}

using columns::list_of;
using columns::of;

class AvroRow : public testing::Test {
 protected:
  void knows(const std::string& fields) {
    const Status added = decoder_.add_schema(7, R"({"type": "record", "name": "r", "fields": [)" + fields + "]}");
    ASSERT_TRUE(added.ok()) << added.error().message;
  }
  std::string read(const std::string& datum) {
    const Status read = decoder_.decode(framed(7, datum), row_);
    if (!read.ok()) return read.error().message;
    std::string json;
    append_json_object(row_, 0, type_, json);
    return json;
  }

  const RecordType type_{{{"id", of(Kind::Text)},
                          {"store.id", of(Kind::Text)},
                          {"number", of(Kind::Integer)},
                          {"total", of(Kind::Decimal, 2)},
                          {"paid", of(Kind::Boolean)},
                          {"items", list_of({{"sku", of(Kind::Text)}})}}};
  AvroRowDecoder decoder_{type_, {}};
  Row row_;
};

TEST_F(AvroRow, FieldsAreMatchedByNameWhateverTheirOrder) {
  knows(R"({"name": "paid", "type": "boolean"}, {"name": "unknown", "type": {"type": "map", "values": "long"}},
    {"name": "total", "type": ["null", "bytes"]},
    {"name": "store", "type": {"type": "record", "name": "s", "fields": [{"name": "id", "type": "string"}]}},
    {"name": "id", "type": "string"})");
  const std::string map = number(1) + text("a") + number(5) + number(0);
  EXPECT_EQ(read(std::string("\1", 1) + map + number(1) + text("\x04\xd2") + text("S1") + text("order-1")),
            R"({"id":"order-1","store":{"id":"S1"},"number":null,"total":12.34,"paid":true,"items":null})");
  EXPECT_EQ(read(std::string("\0", 1) + number(0) + number(1) + text("\xff") + text("") + text("x")),
            R"({"id":"x","store":{"id":""},"number":null,"total":-0.01,"paid":false,"items":null})");
}

TEST_F(AvroRow, ListsComeInBlocksWithAndWithoutTheirSize) {
  knows(R"({"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "i", "fields": [
    {"name": "sku", "type": "string"}]}}})");
  const std::string sized = number(-2) + number(6) + text("aa") + text("bb");
  EXPECT_THAT(read(sized + number(1) + text("cc") + number(0)),
              HasSubstr(R"("items":[{"sku":"aa"},{"sku":"bb"},{"sku":"cc"}])"));
  EXPECT_THAT(read(number(0)), HasSubstr(R"("items":[])"));
}

/// A datum is looked through before the library believes what it says of itself.
TEST_F(AvroRow, LengthsAreCheckedAgainstTheInput) {
  knows(R"({"name": "id", "type": ["null", "string"]}, {"name": "items", "type": ["null", {"type": "array", "items": {
    "type": "record", "name": "i", "fields": [{"name": "sku", "type": "string"}]}}]})");
  const std::string good = number(1) + text("x") + number(1) + number(1) + text("a") + number(0);
  EXPECT_THAT(read(good), HasSubstr(R"("id":"x")"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(read(good.substr(0, cut)), "not a datum of its schema") << cut;
  }
  EXPECT_EQ(read(good + "x"), "trailing bytes after the datum");
  const std::string before_length = number(1), before_count = number(1) + text("x") + number(1);
  for (const std::int64_t lie : {std::int64_t{3}, std::int64_t{1} << 20, INT64_MAX, std::int64_t{-2}, INT64_MIN}) {
    EXPECT_EQ(read(before_length + number(lie) + "x" + number(0)), "not a datum of its schema") << lie;
    EXPECT_EQ(read(before_count + number(lie)), "not a datum of its schema") << lie;
  }
  EXPECT_EQ(read(number(2) + text("x")), "not a datum of its schema") << "a branch that the union has not";
  EXPECT_THAT(read(good), HasSubstr(R"("id":"x")")) << "as good as new";
}

TEST_F(AvroRow, AValueThatDoesNotFitNamesItsColumn) {
  knows(R"({"name": "number", "type": ["string", "long"]})");
  EXPECT_THAT(read(number(1) + number(-7)), HasSubstr(R"("number":-7)"));
  EXPECT_EQ(read(number(0) + text("seven")), "number: the value does not fit");
}

TEST_F(AvroRow, AMessageWithoutFrameAndAnInvalidSchemaAreRefused) {
  EXPECT_THAT(decoder_.decode("{}", row_).error().message, HasSubstr("frame"));
  EXPECT_THAT(decoder_.add_schema(8, R"({"type": "strin"})").error().message, HasSubstr("cannot be read"));
  EXPECT_THAT(decoder_.add_schema(8, R"("string")").error().message, HasSubstr("not a record"));
}

}  // namespace
}  // namespace freshet
