// JSON → typed rows: what is read, exactly, and what is refused.
#include "pipeline/codec/json_row.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/codec/sale_record.h"
#include "pipeline/sales_scenario.h"
#include "pipeline/state/packed_row.h"

namespace freshet {
namespace {

using shop::list_of;
using shop::of;
using testing::HasSubstr;

RecordType sale_record() {
  return columns::sale_record({{"product.name", of(Kind::Text)},
                               {"price", of(Kind::Decimal, 2)},
                               {"tags", list_of({{"tag", of(Kind::Text)}})}});
}

class JsonRow : public testing::Test {
 protected:
  std::string refused(std::string_view json) {
    const Status status = decoder_.decode(json, row_);
    return status.ok() ? "was taken as " + shop::json_of(row_, record_) : status.error().message;
  }
  std::string taken(std::string_view json) {
    const Status status = decoder_.decode(json, row_);
    return status.ok() ? shop::json_of(row_, record_) : "was refused: " + status.error().message;
  }

  RecordType record_ = sale_record();
  JsonRowDecoder decoder_{record_};
  Row row_;
};

constexpr const char* kSale =
    R"({"id":"a","store":{"id":"s1","place":{"city":"Benoni"}},"terminal":-7,"total":12.30,"weight":0.1,"paid":true,)"
    R"("at":"2026-11-21T12:00:00.123456Z","items":[{"product":{"name":"tea"},"price":1.05,"tags":[{"tag":"x"},{"tag":"y"}]},)"
    R"({"product":{"name":"rusk"},"price":0.00,"tags":[]}]})";

TEST_F(JsonRow, ReadsWhatTheEncoderWrites) { EXPECT_EQ(taken(kSale), kSale); }

TEST_F(JsonRow, AnEnvelopeGivesTheRowAfterOrForADeleteTheRowBefore) {
  const auto envelope = [](std::string_view before, std::string_view after) {
    return fmt::format(R"({{"before":{},"source":{{"after":null,"before":[]}},"after":{},"op":"?","ts_ms":1}})", before,
                       after);
  };
  Result<bool> deleted = decoder_.decode_envelope(envelope(R"({"id":"old","terminal":1})", kSale), row_);
  ASSERT_TRUE(deleted.ok()) << deleted.error().message;
  EXPECT_FALSE(deleted.value());
  EXPECT_EQ(shop::json_of(row_, record_), kSale);
  deleted = decoder_.decode_envelope(envelope(kSale, "null"), row_);
  ASSERT_TRUE(deleted.ok()) << deleted.error().message;
  EXPECT_TRUE(deleted.value());
  EXPECT_EQ(shop::json_of(row_, record_), kSale);
}

TEST_F(JsonRow, RefusesWhatIsNotAnEnvelope) {
  const auto refusal = [&](std::string_view json) {
    const Result<bool> deleted = decoder_.decode_envelope(json, row_);
    return deleted.ok() ? "was taken" : deleted.error().message;
  };
  EXPECT_EQ(refusal(kSale), "an envelope without \"after\"");
  EXPECT_EQ(refusal(R"({"after":null})"), "an envelope without \"before\"");
  EXPECT_EQ(refusal(R"({"before":null,"after":null})"), "an envelope without a row");
  EXPECT_EQ(refusal(R"({"after":7})"), "after: expected an object");
  EXPECT_EQ(refusal(R"({"after":nix})"), "after: expected an object");
  const std::string whole = R"({"before":null,"after":{"id":"a"},"op":"c"})";
  EXPECT_EQ(refusal(whole), "was taken");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(refusal(whole.substr(0, size)), "was taken") << size;
  EXPECT_THAT(refusal(whole + "}"), HasSubstr("not JSON"));
}

TEST_F(JsonRow, ReadsMembersInAnyOrderAndSkipsWhatTheRecordDoesNotKnow) {
  EXPECT_EQ(taken(R"({"more":{"id":"no"},"total":1,"store":{"x":[1,{"id":2}],"id":"s"},"id":"b"})"),
            R"({"id":"b","store":{"id":"s","place":{"city":null}},"terminal":null,"total":1.00,"weight":null,)"
            R"("paid":null,"at":null,"items":null})");
}

TEST_F(JsonRow, NullAndMissingAreNullAtEveryLevel) {
  EXPECT_EQ(taken(R"({"id":null,"store":null,"items":[{"product":null,"price":null}]})"),
            R"({"id":null,"store":{"id":null,"place":{"city":null}},"terminal":null,"total":null,"weight":null,)"
            R"("paid":null,"at":null,"items":[{"product":{"name":null},"price":null,"tags":null}]})");
}

TEST_F(JsonRow, UnescapesTexts) {
  ASSERT_TRUE(decoder_.decode(R"({"id":"q\" b\\ n\n \u00e9 \ud83d\ude00 ü"})", row_).ok());
  EXPECT_EQ(row_.text_of(row_.cells[0]), "q\" b\\ n\n é 😀 ü");
}

TEST_F(JsonRow, TakesDecimalsDigitByDigit) {
  // 2^53 + 1 cents and its neighbours have no double of their own.
  ASSERT_TRUE(decoder_.decode(R"({"total":90071992547409.93})", row_).ok());
  EXPECT_EQ(row_.cells[4].number, 9007199254740993);
  ASSERT_TRUE(decoder_.decode(R"({"total": -0.07 , "terminal": 9223372036854775807 })", row_).ok());
  EXPECT_EQ(row_.cells[4].number, -7);
  EXPECT_EQ(row_.cells[3].number, INT64_MAX);
  ASSERT_TRUE(decoder_.decode(R"({"total":"1.5"})", row_).ok()) << "the text of a decimal";
  EXPECT_EQ(row_.cells[4].number, 150);
}

TEST_F(JsonRow, RefusesWhatDoesNotFitAndNamesTheColumn) {
  EXPECT_THAT(refused(R"({"total":1.005})"), HasSubstr("total: the number 1.005"));
  EXPECT_THAT(refused(R"({"total":1e2})"), HasSubstr("total"));
  EXPECT_THAT(refused(R"({"terminal":1.0})"), HasSubstr("terminal"));
  EXPECT_THAT(refused(R"({"terminal":"1"})"), HasSubstr("terminal: the text"));
  EXPECT_THAT(refused(R"({"terminal":9223372036854775808})"), HasSubstr("terminal"));
  EXPECT_THAT(refused(R"({"id":5})"), HasSubstr("id: the number 5"));
  EXPECT_THAT(refused(R"({"id":true})"), HasSubstr("id: a Boolean"));
  EXPECT_THAT(refused(R"({"id":{"x":1}})"), HasSubstr("id: an object"));
  EXPECT_THAT(refused(R"({"paid":1})"), HasSubstr("paid"));
  EXPECT_THAT(refused(R"({"at":"yesterday"})"), HasSubstr("at: the text"));
  EXPECT_THAT(refused(R"({"store":"s1"})"), HasSubstr("store: expected an object"));
  EXPECT_THAT(refused(R"({"items":{}})"), HasSubstr("items: expected an array"));
  EXPECT_THAT(refused(R"({"items":[1]})"), HasSubstr("not an object"));
  EXPECT_THAT(refused(R"({"items":[{"price":"x"}]})"), HasSubstr("price: the text"));
}

TEST_F(JsonRow, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", R"({"id":"a")", R"({"id":"a"}x)", R"({"id":"a"}{})", R"({"id":nul})",
                           R"({"id" "a"})", R"({"id":"\x"})", "{\"id\":\"\xff\"}", R"({"items":[{"price":1})", "[1]",
                           R"("text")", R"({"total":1.2.3})", R"({"total":-})", R"({"paid":tru})"}) {
    EXPECT_THAT(refused(text), testing::Not(HasSubstr("was taken"))) << text;
  }
}

TEST_F(JsonRow, EveryPrefixOfAMessageIsRefused) {
  const std::string whole = kSale;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decoder_.decode(whole.substr(0, size), row_).ok()) << size;
  }
}

TEST_F(JsonRow, CanBeUsedAgainAfterAnError) {
  EXPECT_THAT(refused(R"({"id":5})"), HasSubstr("id"));
  EXPECT_EQ(taken(kSale), kSale);
}

TEST_F(JsonRow, ListsOfTablesAreReadIntoARowThatHasOtherCells) {
  JsonRowDecoder items(*record_.columns[8].type.item);
  row_.reset(record_.width());
  row_.cells[0] = row_.add_text("before");
  const Result<Cell> list = items.append_list(R"([{"product":{"name":"tea"},"price":2.5}])", row_);
  ASSERT_TRUE(list.ok());
  row_.cells[8] = list.value();
  EXPECT_EQ(row_.text_of(row_.cells[0]), "before");
  EXPECT_EQ(row_.text_of(row_.cells[row_.cells[8].begin]), "tea");
  EXPECT_FALSE(items.append_list(R"({"product":{}})", row_).ok());
  EXPECT_FALSE(items.append_list("[]]", row_).ok());
  EXPECT_TRUE(items.append_list("[]", row_).ok());
}

TEST_F(JsonRow, PackedRowsComeBackAsTheyWere) {
  ASSERT_TRUE(decoder_.decode(kSale, row_).ok());
  std::string packed;
  pack_row(row_, record_, packed);
  Row back;
  unpack_row(packed, record_, back);
  EXPECT_EQ(shop::json_of(back, record_), kSale);
  EXPECT_LT(packed.size(), row_.cells.size() * sizeof(Cell)) << "or packing is not worth it";
  for (std::int64_t number :
       {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{63}, std::int64_t{64}, INT64_MAX}) {
    row_.cells[3] = integer_cell(number);
    packed.clear();
    pack_row(row_, record_, packed);
    unpack_row(packed, record_, back);
    EXPECT_EQ(back.cells[3].number, number);
  }
}

}  // namespace
}  // namespace freshet
