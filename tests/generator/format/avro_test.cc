// Avro: golden bytes, the schema, and what an independent library (Debian's python3-avro) reads from a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "generator/format/avro_writer.h"
#include "generator/format/fixture.h"

namespace freshet {
namespace {

using namespace formats;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kSchema =
    R"({"type":"record","name":"order","namespace":"freshet","fields":[{"name":"id","type":"string"},)"
    R"({"name":"store","type":{"type":"record","name":"order_store","fields":[)"
    R"({"name":"id","type":["null","long"],"default":null},{"name":"name","type":["null","string"],"default":null}]}},)"
    R"({"name":"amount","type":["null",{"type":"bytes","logicalType":"decimal","precision":19,"scale":3}],"default":null},)"
    R"({"name":"rate","type":["null","double"],"default":null},{"name":"open","type":["null","boolean"],"default":null},)"
    R"({"name":"due","type":["null",{"type":"int","logicalType":"date"}],"default":null},)"
    R"({"name":"items","type":["null",{"type":"array","items":{"type":"record","name":"order_items","fields":[)"
    R"({"name":"product","type":{"type":"record","name":"order_items_product","fields":[)"
    R"({"name":"name","type":["null","string"],"default":null},)"
    R"({"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":19,"scale":2}],"default":null}]}},)"
    R"({"name":"quantity","type":["null","long"],"default":null}]}}],"default":null},)"
    R"({"name":"version","type":"long"},{"name":"updated_at","type":{"type":"long","logicalType":"timestamp-micros"}}]})";

std::string datum(const Row& row) {
  Buffer out;
  AvroWriter(entity()).append(row, out);
  return text(out);
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    out += digits;
  }
  return out;
}

// Worked out by hand from the specification, field by field.
constexpr const char* kFullRow =
    "06"
    "4f2d31"  // id: 3 bytes, "O-1"
    "02"
    "05"  // store.id: branch 1, -3 zigzag
    "02"
    "20"
    "4dc3bc6c6c65722c20224bc3b66c6e22"  // store.name: 16 bytes
    "02"
    "06"
    "12d644"  // amount 1234500 = 0x12d644
    "02"
    "000000000000d03f"  // rate 0.25
    "02"
    "01"  // open
    "02"
    "b6b302"  // due: day 19675
    "02"
    "04"  // items: a block of two
    "02"
    "06"
    "746561"
    "02"
    "04"
    "031f"
    "02"
    "04"  // tea, 7.99, 2
    "02"
    "08"
    "69742773"
    "02"
    "02"
    "fb"
    "02"
    "02"                 // it's, -0.05, 1
    "00"                 // end of items
    "02"                 // version 1
    "d480f28183898506";  // updated_at 1700000000000042

TEST(FormatAvro, TheSchemaIsTheGoldenOne) { EXPECT_EQ(AvroWriter(entity()).schema(), kSchema); }

TEST(FormatAvro, TheBytesAreTheGoldenOnes) { EXPECT_EQ(hex(datum(full_row())), kFullRow); }

TEST(FormatAvro, EmptyColumnsAreTheFirstBranch) {
  EXPECT_EQ(hex(datum(bare_row())),
            "06"
            "4f2d32"
            "00"
            "00"
            "00"
            "00"
            "00"
            "00"
            "00"
            "04"
            "01");
}

TEST(FormatAvro, OneChangedValueChangesTheBytes) {
  Row row = full_row();
  row.cells[2].number += 1;
  EXPECT_NE(hex(datum(row)), kFullRow);
}

TEST(FormatAvro, DecimalsAreTheFewestBytesThatHoldTheSign) {
  RecordType type;
  type.columns = {{"amount", {Kind::Decimal, 2, 0, nullptr}}};
  const AvroWriter writer("money", type, {true});
  const auto bytes = [&](std::int64_t units) {
    Row row;
    row.reset(1);
    row.cells[0] = decimal_cell(units);
    Buffer out;
    writer.append(row, out);
    return hex(out.view());
  };
  EXPECT_EQ(bytes(0), "0200");
  EXPECT_EQ(bytes(127), "027f");
  EXPECT_EQ(bytes(128), "040080");
  EXPECT_EQ(bytes(-1), "02ff");
  EXPECT_EQ(bytes(-128), "0280");
  EXPECT_EQ(bytes(-129), "04ff7f");
  EXPECT_EQ(bytes(std::numeric_limits<std::int64_t>::max()), "107fffffffffffffff");
  EXPECT_EQ(bytes(std::numeric_limits<std::int64_t>::min()), "108000000000000000");
}

TEST(FormatAvro, RecordsOfOneNameGetDistinctNames) {
  RecordType item;
  item.columns = {{"x", {Kind::Integer, 0, 0, nullptr}}};
  RecordType type;
  type.columns = {{"a.b", {Kind::List, 0, 0, std::make_shared<const RecordType>(item)}},
                  {"a_b", {Kind::List, 0, 0, std::make_shared<const RecordType>(item)}}};
  const std::string schema = AvroWriter("r", type, {}).schema();
  EXPECT_THAT(schema, HasSubstr(R"("name":"r_a_b")"));
  EXPECT_THAT(schema, HasSubstr(R"("name":"r_a_b_2")"));
}

TEST(FormatAvro, ARequiredColumnThatIsNullIsAProgrammersError) {
  Row row = full_row();
  row.cells[0] = null_cell();
  EXPECT_DEATH(datum(row), "never null");
}

TEST(FormatAvro, ACellOfAnotherKindIsAProgrammersError) {
  Row row = full_row();
  row.cells[1] = double_cell(1);
  EXPECT_DEATH(datum(row), "its column's kind");
}

TEST(FormatAvro, TheRegistrysFrameIsAZeroAndTheIdBigEndian) {
  Buffer out;
  append_registry_frame(0x01020304, out);
  EXPECT_EQ(hex(out.view()), "0001020304");
}

/// What python3-avro makes of a container file: one line per datum, or what it complained of.
class IndependentReader : public ::testing::Test {
 protected:
  IndependentReader() {
    std::string name = "/tmp/freshet-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::string container(const std::vector<Row>& rows) {
    const AvroWriter writer(entity());
    const AvroSync sync = avro_sync(writer.schema());
    Buffer out;
    append_avro_header(writer.schema(), sync, out);
    Buffer datums;
    for (const Row& row : rows) writer.append(row, datums);
    append_avro_block_head(static_cast<std::int64_t>(rows.size()), datums.size(), out);
    out.append(datums.view());
    append_avro_block_tail(sync, out);
    return text(out);
  }

  std::vector<std::string> read(const std::string& bytes) {
    const std::string file = folder_ + "/rows.avro";
    const std::string script = folder_ + "/read.py";
    std::ofstream(file, std::ios::binary) << bytes;
    std::ofstream(script) << "import sys\n"
                             "from avro.datafile import DataFileReader\n"
                             "from avro.io import DatumReader\n"
                             "for row in DataFileReader(open(sys.argv[1], 'rb'), DatumReader()):\n"
                             "    for name, value in row.items():\n"
                             "        print(name, '=', value)\n";
    std::vector<std::string> lines;
    FILE* pipe = ::popen(("/usr/bin/python3 " + script + " " + file + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return lines;
    char line[4096];
    while (std::fgets(line, sizeof line, pipe) != nullptr) {
      lines.emplace_back(line);
      lines.back().pop_back();
    }
    status_ = ::pclose(pipe);
    return lines;
  }

  std::string folder_;
  int status_ = -1;
};

TEST_F(IndependentReader, ReadsEveryValueAsItWasWritten) {
  const std::vector<std::string> lines = read(container({full_row(), bare_row(), edge_row()}));
  ASSERT_EQ(status_, 0) << "needs Debian's python3-avro: " << ::testing::PrintToString(lines);
  EXPECT_THAT(
      lines,
      ElementsAre("id = O-1", "store = {'id': -3, 'name': 'Müller, \"Köln\"'}", "amount = 1234.500", "rate = 0.25",
                  "open = True", "due = 2023-11-14",
                  "items = [{'product': {'name': 'tea', 'price': Decimal('7.99')}, 'quantity': 2}, "
                  "{'product': {'name': \"it's\", 'price': Decimal('-0.05')}, 'quantity': 1}]",
                  "version = 1", "updated_at = 2023-11-14 22:13:20.000042+00:00",  //
                  "id = O-2", "store = {'id': None, 'name': None}", "amount = None", "rate = None", "open = None",
                  "due = None", "items = None", "version = 2", "updated_at = 1969-12-31 23:59:59.999999+00:00",  //
                  "id = O-3",
                  "store = {'id': -9223372036854775808, 'name': '\\\\ \\' \" \\r\\n\\t\\x1a;--%_ \U0001F600'}",
                  "amount = 9223372036854775.807", "rate = -1.5e-300", "open = False", "due = 1969-12-31", "items = []",
                  "version = 3", "updated_at = 9999-12-31 23:59:59.999999+00:00"));
}

TEST_F(IndependentReader, NoticesOneChangedByte) {
  const std::string good = container({full_row()});
  const std::vector<std::string> expected = read(good);
  ASSERT_EQ(status_, 0) << ::testing::PrintToString(expected);
  std::string bad = good;
  const std::size_t at = bad.rfind("O-1");
  bad[at + 2] = '7';
  EXPECT_NE(read(bad), expected);
  bad = good;
  bad[bad.size() - 1] ^= 1;  // of the sync mark
  read(bad + good.substr(good.size() - 20));
  EXPECT_NE(status_, 0);
}

}  // namespace
}  // namespace freshet
