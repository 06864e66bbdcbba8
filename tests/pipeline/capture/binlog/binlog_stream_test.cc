// The binlog's decoder without a server: recorded events of real ones (tests/fuzz/corpus), whole, cut and made up.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/binlog_input.h"
#include "pipeline/capture/binlog_fixture.h"

namespace freshet {
namespace {

std::vector<RecordedEvent> recorded(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(FRESHET_SOURCE_DIR) / "tests/fuzz/corpus/binlog" / name;
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(content.empty()) << path;
  return events_of(std::as_bytes(std::span(content)));
}

std::vector<std::string> all_recorded() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(FRESHET_SOURCE_DIR "/tests/fuzz/corpus/binlog")) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

std::string cell_text(const RowChange& change, const Row& row, const char* column) {
  const RecordType& record = change.table->record;
  const auto index = record.find(column);
  if (!index) return "no such column";
  std::string text;
  append_text(row, row[*index], record[*index].type, text);
  return text;
}

TEST(BinlogStream, ReadsRecordedTypesOfBothServersAlike) {
  for (const char* name : {"mariadb-kinds", "mysql-kinds"}) {
    SCOPED_TRACE(name);
    BinlogStream stream = recorded_stream();
    std::vector<RowChange> changes;
    for (const RecordedEvent& event : recorded(name)) {
      const Status status = feed(stream, event, changes);
      ASSERT_TRUE(status.ok()) << status.error().message;
    }
    ASSERT_EQ(changes.size(), 5U);  // two inserts, an update, two deletes
    const RowChange& first = changes[0];
    const std::vector<std::pair<const char*, const char*>> expected = {{"ti", "-128"},
                                                                       {"uti", "255"},
                                                                       {"y", "2155"},
                                                                       {"mi", "16777215"},
                                                                       {"i", "-5"},
                                                                       {"ui", "4294967295"},
                                                                       {"c", "ä€"},
                                                                       {"cl", "ÿé"},
                                                                       {"en", "größe"},
                                                                       {"enl", "ü"},
                                                                       {"st", "a,c,i"},
                                                                       {"bi", "-9223372036854775808"},
                                                                       {"ubi", "18446744073709551615"},
                                                                       {"de", "-0.01"},
                                                                       {"dl", "-12345678901234567890.0123456789"},
                                                                       {"b10", "513"},
                                                                       {"tm6", "-12:34:56.654321"},
                                                                       {"dt6", "2024-02-29T01:02:03.987654Z"},
                                                                       {"ts3", "2024-02-29T01:02:03.987000Z"},
                                                                       {"tx", "né"},
                                                                       {"mt", "m€"},
                                                                       {"last", "-7"}};
    for (const auto& [column, value] : expected) EXPECT_EQ(cell_text(first, first.after, column), value) << column;
    EXPECT_EQ(cell_text(changes[1], changes[1].after, "y"), "0");
    EXPECT_EQ(cell_text(changes[1], changes[1].after, "mt"), "∅");
    EXPECT_EQ(changes[2].operation, Operation::Update);
    EXPECT_EQ(cell_text(changes[2], changes[2].before, "da"), "2024-02-29");
    EXPECT_EQ(cell_text(changes[2], changes[2].after, "da"), "0000-00-00");
  }
}

TEST(BinlogStream, ReadsTheSameIntoBuffersThatWereUsedBefore) {
  for (const std::string& name : all_recorded()) {
    SCOPED_TRACE(name);
    std::vector<std::string> texts[2];
    for (const bool reused : {false, true}) {
      BinlogStream stream = recorded_stream();
      for (int round = 0; round < 2; ++round) {  // once more, into rows of other operations and sizes
        for (const RecordedEvent& event : recorded(name)) {
          std::vector<RowChange> changes;
          if (!feed(stream, event, changes).ok()) break;
          for (const std::string& text : texts_of(changes)) texts[reused ? 1 : 0].push_back(text);
          if (reused) stream.reuse(changes);
        }
      }
    }
    EXPECT_EQ(texts[0], texts[1]);
  }
}

TEST(BinlogStream, KnowsThePrimaryKey) {
  const std::vector<std::pair<const char*, Dialect>> recordings = {{"mariadb-kinds", Dialect::MariaDb},
                                                                   {"mysql-kinds", Dialect::MySql}};
  for (const auto& [name, dialect] : recordings) {
    for (const RecordedEvent& event : recorded(name)) {
      if (event.type != EventType::TableMap) continue;
      const Bytes body = Bytes(event.bytes).subspan(kEventHeaderSize);
      const auto map = parse_table_map(body.first(body.size() - 4), dialect);
      ASSERT_TRUE(map.ok()) << map.error().message;
      EXPECT_EQ(map.value().primary_key, std::vector<std::uint32_t>{0});
    }
  }
}

// Every event, cut at every place, in the state in which it came: an error or, where what is missing was not looked
// at, nothing; never a crash (the sanitizers' builds say more) and never a change that was not there.
TEST(BinlogStream, TakesNoHarmFromEventsThatEndTooEarly) {
  std::size_t refused = 0;
  std::size_t cut_in_all = 0;
  for (const std::string& name : all_recorded()) {
    BinlogStream stream = recorded_stream();
    std::vector<RowChange> changes;
    for (const RecordedEvent& event : recorded(name)) {
      for (std::size_t size = 0; size < event.bytes.size(); ++size) {
        ++cut_in_all;
        BinlogStream copy = stream;
        std::vector<RowChange> out;
        RecordedEvent cut{event.type, {event.bytes.begin(), event.bytes.begin() + static_cast<std::ptrdiff_t>(size)}};
        EXPECT_FALSE(feed(copy, cut, out).ok()) << name << ": the header tells the length";
        if (size < kEventHeaderSize) continue;
        cut.bytes = with_header(event.type, Bytes(cut.bytes).subspan(kEventHeaderSize));
        copy = stream;
        if (!feed(copy, cut, out).ok()) ++refused;
        EXPECT_LE(out.size(), 5U);
      }
      // Recorded refusals (a compressed statement, which is not inflated here) end the recording.
      if (!feed(stream, event, changes).ok()) break;
    }
  }
  EXPECT_GT(cut_in_all, 10'000U);
  EXPECT_GT(refused, cut_in_all / 4);
}

TEST(BinlogStream, RefusesRowsThatEndTooEarlyAtEveryByte) {
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  std::size_t row_events = 0;
  for (const RecordedEvent& event : recorded("mariadb-kinds")) {
    if (event.type == EventType::WriteRowsV1) {
      ++row_events;
      const std::size_t front = kEventHeaderSize + 8 + 1 + 5;  // to the end of the bitmap of 40 columns
      for (std::size_t size = front + 1; size < event.bytes.size() - 4; ++size) {
        std::vector<std::byte> cut(event.bytes.begin() + kEventHeaderSize,
                                   event.bytes.begin() + static_cast<std::ptrdiff_t>(size));
        cut.insert(cut.end(), 4, std::byte{0});  // a checksum
        BinlogStream copy = stream;
        std::vector<RowChange> out;
        EXPECT_FALSE(feed(copy, {event.type, with_header(event.type, cut)}, out).ok()) << size;
      }
    }
    ASSERT_TRUE(feed(stream, event, changes).ok());
  }
  EXPECT_EQ(row_events, 2U);
}

TEST(BinlogStream, DropsATransactionThatACrashLeftOpen) {
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  bool skipped = false;
  for (const RecordedEvent& event : recorded("mariadb-transactions")) {
    if (event.type == EventType::Xid && !skipped) {
      skipped = true;  // the first transaction's end: four changes that never committed; then the server was started
      std::vector<std::byte> next(8, std::byte{0});
      next[0] = std::byte{4};
      for (const char c : std::string("binlog.000002____")) next.push_back(static_cast<std::byte>(c));
      ASSERT_TRUE(feed(stream, {EventType::Rotate, with_header(EventType::Rotate, next)}, changes).ok());
      continue;
    }
    ASSERT_TRUE(feed(stream, event, changes).ok());
  }
  EXPECT_EQ(changes.size(), 2U);
}

/// The same without a new file between: no server writes that, and what it would mean is not guessed.
TEST(BinlogStream, RefusesATransactionWithoutEnd) {
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  std::string refusal;
  for (const RecordedEvent& event : recorded("mariadb-transactions")) {
    if (event.type == EventType::Xid) continue;
    const Status status = feed(stream, event, changes);
    if (status.ok()) continue;
    refusal = status.error().message;
    break;
  }
  EXPECT_NE(refusal.find("a transaction on d.t has no end in the log"), std::string::npos) << refusal;
}

TEST(BinlogStream, RefusesRowsWithoutTheirTable) {
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  bool refused = false;
  for (const RecordedEvent& event : recorded("mariadb-transactions")) {
    if (event.type == EventType::TableMap) continue;
    refused = !feed(stream, event, changes).ok();
    if (refused) break;
  }
  EXPECT_TRUE(refused);
}

TEST(GtidPosition, IsReadAndWritten) {
  GtidPosition position;
  ASSERT_TRUE(parse_gtid_position("0-1-42,7-4294967295-18446744073709551615", position));
  EXPECT_EQ(position.text(), "0-1-42,7-4294967295-18446744073709551615");
  for (const char* text : {"0-1", "0-1-", "x", "0-1-2-3", "0-4294967296-1", "0-1-18446744073709551616", "0-1-2,,"}) {
    EXPECT_FALSE(parse_gtid_position(text, position)) << text;
  }
}

}  // namespace
}  // namespace freshet
