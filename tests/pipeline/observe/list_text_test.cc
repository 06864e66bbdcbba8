// Lists as a sink shows them: read, or none.
#include "pipeline/observe/list_text.h"

#include <gtest/gtest.h>

#include <string>

#include "pipeline/sales_scenario.h"

namespace freshet {
namespace {

RecordType item_record() {
  return {{{"product.name", shop::of(Kind::Text)},
           {"price", shop::of(Kind::Decimal, 2)},
           {"quantity", shop::of(Kind::Integer)},
           {"weight", shop::of(Kind::Double)},
           {"fresh", shop::of(Kind::Boolean)},
           {"packed.at", shop::of(Kind::Time)},
           {"tags", shop::list_of({{"tag", shop::of(Kind::Text)}})}}};
}

class Lists : public testing::Test {
 protected:
  /// The list as it was read, written by the encoder; "none" when it was none.
  std::string read(std::string_view json) {
    row_.reset(record_.width());
    const std::optional<Cell> list = reader_.read(json, row_);
    if (!list) return "none";
    row_.cells[0] = *list;
    const std::string object = shop::json_of(row_, record_);
    return object.substr(8, object.size() - 9);
  }

  RecordType record_{{{"list", shop::list_of(item_record().columns)}}};
  ListText reader_{*record_.columns[0].type.item};
  Row row_;
};

constexpr const char* kList =
    R"([{"product":{"name":"te\"a é"},"price":1.05,"quantity":-2,"weight":0.1,"fresh":true,)"
    R"("packed":{"at":"2026-11-21T12:00:00.123456Z"},"tags":[{"tag":"x"},{"tag":"y"}]},)"
    R"({"product":{"name":null},"price":90071992547409.93,"quantity":null,"weight":null,"fresh":false,)"
    R"("packed":{"at":null},"tags":[]}])";

TEST_F(Lists, AreReadAsTheEncoderWritesThem) {
  EXPECT_EQ(read(kList), kList);
  EXPECT_EQ(read("[]"), "[]");
}

TEST_F(Lists, AcceptMembersInAnyOrderAndUnknownOnes) {
  EXPECT_EQ(read(R"( [ {"more":{"price":7,"x":[1,{"tag":2}]}, "price" : "1.5" ,"product":{"x":1,"name":"tea"}} ] )"),
            R"([{"product":{"name":"tea"},"price":1.50,"quantity":null,"weight":null,"fresh":null,)"
            R"("packed":{"at":null},"tags":null}])");
}

TEST_F(Lists, NegativeControlWhatDoesNotFitIsRefused) {
  for (const char* item :
       {R"({"price":1.005})", R"({"price":1e2})", R"({"quantity":1.0})", R"({"quantity":"1"})", R"({"fresh":1})",
        R"({"product":{"name":7}})", R"({"product":{"name":{"x":1}}})", R"({"packed":{"at":"noon"}})",
        R"({"tags":[1]})", R"({"tags":{}})", R"({"quantity":nul})", R"({"price":[]})", "7", "[]", "null"}) {
    EXPECT_EQ(read("[" + std::string(item) + "]"), "none") << item;
  }
}

TEST_F(Lists, NegativeControlTruncatedOrTrailingTextIsRefused) {
  const std::string whole = kList;
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(read(whole.substr(0, size)), "none") << size;
  EXPECT_EQ(read(whole + "]"), "none");
  EXPECT_EQ(read(R"({"product":{"name":"tea"}})"), "none");
  EXPECT_EQ(read(whole), whole) << "of use again";
}

}  // namespace
}  // namespace freshet
