// The state of the operators: what is put in comes out, whatever its texts are; what was deleted leaves nothing where
// nothing older can come; and a row takes the room that is promised.
#include "pipeline/state/memory/memory_row_table.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "base/column_types.h"
#include "pipeline/state/packed_row.h"

namespace freshet {
namespace {

using columns::list_of;
using columns::of;

const RecordType& record() {
  static const RecordType kRecord{{{"id", of(Kind::Text)},
                                   {"city", of(Kind::Text)},
                                   {"total", of(Kind::Decimal, 2)},
                                   {"note", of(Kind::Text)},
                                   {"items", list_of({{"name", of(Kind::Text)}, {"count", of(Kind::Integer)}})}}};
  return kRecord;
}

std::string uuid(std::mt19937& random) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 36; ++i) out += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : kHex[random() % 16];
  return out;
}

Row row_of(const std::string& key, const std::string& city, std::int64_t total, const std::string& note, int items) {
  Row row;
  row.reset(record().width());
  row.cells[0] = row.add_text(key);
  row.cells[1] = row.add_text(city);
  row.cells[2] = decimal_cell(total);
  if (note != "null") row.cells[3] = row.add_text(note);
  const Cell list = row.add_list(static_cast<std::size_t>(items), 2);
  row.cells[4] = list;
  for (int i = 0; i < items; ++i) {
    const Cell name = row.add_text(city + std::to_string(i));
    row.cells[list.begin + static_cast<std::size_t>(i) * 2] = name;
    row.cells[list.begin + static_cast<std::size_t>(i) * 2 + 1] = integer_cell(i);
  }
  return row;
}

std::string text_of(const Row& row) {
  std::string out;
  append_content(row, record(), out);
  return out;
}

class MemoryRowTables : public ::testing::TestWithParam<bool> {};

TEST_P(MemoryRowTables, HoldWhatWasPutAndNothingElse) {
  std::mt19937 random(5);
  MemoryRowTable table(record());
  if (GetParam()) table.forget_deleted();
  // Keys and texts that look like each other's packed form.
  const std::vector<std::string> texts{"",
                                       "null",
                                       std::string(1, '\0'),
                                       std::string(200, 'x'),
                                       std::string(300, '\x7f'),
                                       "00000000-0000-0000-0000-000000000000",
                                       "ABCDEF00-0000-0000-0000-000000000000",
                                       "abcdef00-0000-0000-0000_000000000000",
                                       "2026-11-21T12:00:00.123+02:00",
                                       "2026-11-21T12:00:00.123Z",
                                       "1234567",
                                       std::string(5'001, '7'),
                                       "Bonn",
                                       "Köln"};
  std::vector<std::string> keys(texts.begin() + 2, texts.end());
  for (int i = 0; i < 300; ++i) keys.push_back(i % 2 == 0 ? uuid(random) : "K" + std::to_string(i));
  std::map<std::string, std::string> model;
  Row row;
  for (Version step = 1; step < 30'000; ++step) {
    const std::string& key = keys[random() % keys.size()];
    if (random() % 3 == 0) {
      table.bury(key, step);
      model.erase(key);
    } else {
      const std::string note = random() % 2 == 0 ? texts[random() % texts.size()] : std::to_string(random());
      const Row put = row_of(key, texts[random() % texts.size()], static_cast<std::int64_t>(random()) - (1 << 30), note,
                             static_cast<int>(random() % 4));
      table.put(key, put, step);
      model[key] = text_of(put);
    }
    ASSERT_EQ(table.living_rows(), model.size());
    const std::string& any = keys[random() % keys.size()];
    const RowTable::Found found = table.find(any);
    ASSERT_EQ(found.living, model.count(any) > 0) << step;
    if (!found.living) continue;
    table.load(found.slot, row);
    ASSERT_EQ(text_of(row), model[any]);
    ASSERT_EQ(table.key(found.slot), any);
  }
}

INSTANTIATE_TEST_SUITE_P(Deleted, MemoryRowTables, ::testing::Bool());

/// How many times the room of the second round a table takes after twenty rounds.
double growth(const MemoryRowTable& table, const std::function<void(int number)>& round) {
  std::vector<std::size_t> room;
  for (int number = 0; number < 20; ++number) {
    round(number);
    room.push_back(table.bytes());
  }
  return static_cast<double>(room.back()) / static_cast<double>(room[1]);
}

TEST(MemoryRowTable, IsFlatWhereRowsAreDeleted) {
  std::mt19937 random(7);
  const auto growth_if = [&](bool forget) {
    MemoryRowTable table(record());
    if (forget) table.forget_deleted();
    return growth(table, [&](int /*round*/) {
      std::vector<std::string> keys;
      for (int i = 0; i < 2'000; ++i) {
        keys.push_back(uuid(random));
        table.put(keys.back(), row_of(keys.back(), "Bonn", i, "null", 2), 1);
      }
      for (const std::string& key : keys) table.bury(key, 2);
    });
  };
  EXPECT_LE(growth_if(true), 1.0);
  EXPECT_GT(growth_if(false), 3.0) << "keys and versions are kept where older versions may come";
}

TEST(MemoryRowTable, ForgetsWhatIsOlderAndNothingElse) {
  std::mt19937 random(11);
  MemoryRowTable table(record());
  table.keep_times();
  table.index_by(ColumnIndex{1});
  std::map<std::string, std::pair<WallTime, bool>> model;  // when it was changed, and whether it lives
  for (int now = 0; now < 4'000; ++now) {
    const std::string key = std::to_string(random() % 500);
    // Two logs, of which one is read later: times go back.
    const WallTime at{Micros{now - static_cast<int>(random() % 2) * 50}};
    if (random() % 4 == 0) {
      const auto known = model.find(key);
      table.bury(key, 1, at);
      if (known != model.end() && known->second.second) known->second = {at, false};
    } else {
      table.put(key, row_of(key, random() % 2 == 0 ? "Bonn" : "Kiel", now, "", 1), 1, at);
      model[key] = {at, true};
    }
    if (now % 60 != 0) continue;
    const WallTime before{Micros{now - 300}};
    const std::size_t living = table.living_rows();
    std::erase_if(model, [&](const auto& each) { return each.second.first < before; });
    const std::size_t gone = table.forget_older(before);
    EXPECT_EQ(gone, living - table.living_rows());
    std::size_t rows = 0;
    for (const auto& [each, known] : model) {
      ASSERT_EQ(table.find(each).living, known.second) << each;
      rows += known.second ? 1 : 0;
    }
    ASSERT_EQ(table.living_rows(), rows);
    ASSERT_EQ(table.matches(ColumnIndex{1}, "Bonn").size() + table.matches(ColumnIndex{1}, "Kiel").size(), rows)
        << "the index forgets too";
  }
  const std::size_t left = table.living_rows();
  EXPECT_EQ(table.forget_older(WallTime{Micros{1'000'000}}), left);
  EXPECT_EQ(table.living_rows(), 0U);
}

TEST(MemoryRowTable, IsFlatWhereRowsAreForgottenByAge) {
  std::mt19937 random(7);
  const auto growth_if = [&](bool forget) {
    MemoryRowTable table(record());
    if (forget) table.keep_times();
    return growth(table, [&](int round) {
      for (int i = 0; i < 2'000; ++i) {
        const std::string key = uuid(random);
        table.put(key, row_of(key, "Bonn", i, "null", 2), 1, WallTime{Micros{round}});
        if (i % 10 == 0) table.bury(key, 2, WallTime{Micros{round}});
      }
      if (forget) table.forget_older(WallTime{Micros{round}});
    });
  };
  EXPECT_LE(growth_if(true), 1.0);
  EXPECT_GT(growth_if(false), 3.0);
}

TEST(MemoryRowTable, ADeletedRowLeavesItsVersionWhereAnOlderOneMayCome) {
  MemoryRowTable table(record());
  table.put("a", row_of("a", "Bonn", 1, "", 0), 3);
  table.bury("a", 4);
  ASSERT_NE(table.find("a").slot, RowTable::kNone);
  EXPECT_EQ(table.find("a").version, 4U);
  MemoryRowTable other(record());
  other.forget_deleted();
  other.put("a", row_of("a", "Bonn", 1, "", 0), 3);
  other.bury("a", 4);
  EXPECT_EQ(other.find("a").slot, RowTable::kNone);
}

TEST(MemoryRowTable, KeepsOnlyTheColumnsThatAreRead) {
  MemoryRowTable table(record());
  table.keep_only({1, 0, 1, 0, 0});
  table.put("a", row_of("a", "Bonn", 17, "a long note", 3), 1);
  Row row;
  table.load(table.find("a").slot, row);
  EXPECT_EQ(row.text_of(row.cells[0]), "a");
  EXPECT_EQ(row.cells[1].kind, Kind::Null);
  EXPECT_EQ(row.cells[2].number, 17);
  EXPECT_EQ(row.cells[3].kind, Kind::Null);
  EXPECT_EQ(row.cells[4].kind, Kind::Null);
}

TEST(MemoryRowTable, TextsThatComeAgainAndUuidsTakeLittleRoom) {
  std::mt19937 random(9);
  constexpr std::size_t kRows = 1 << 15;  // as full as the tables below it ever are
  MemoryRowTable table(record());
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::string key = uuid(random);
    table.put(key, row_of(key, "A city with a name of length", 1999, uuid(random), 4), 1);
  }
  // Plain, the texts alone are 36 + 28 + 36 + 4 × 29 bytes, and the key once more.
  EXPECT_LT(table.bytes() / kRows, 140U);
}

TEST(HashIndex, FindsTheRestAfterSomeAreRemoved) {
  std::mt19937 random(11);
  HashIndex index;
  std::map<std::uint32_t, std::uint64_t> model;
  for (int step = 0; step < 50'000; ++step) {
    const auto id = static_cast<std::uint32_t>(random() % 500);
    const auto known = model.find(id);
    if (known == model.end()) {
      const std::uint64_t hash = random() % 64;  // many fall together
      index.add(hash, id);
      model[id] = hash;
    } else {
      index.remove(known->second, id);
      model.erase(known);
    }
    const auto any = static_cast<std::uint32_t>(random() % 500);
    for (const auto& [other, hash] : model) {
      if (other != any) continue;
      ASSERT_EQ(index.find(hash, [&, wanted = other](std::uint32_t each) { return each == wanted; }), other);
    }
    if (model.count(any) == 0) {
      ASSERT_EQ(index.find(random() % 64, [&](std::uint32_t each) { return each == any; }), HashIndex::kNone);
    }
  }
}

}  // namespace
}  // namespace freshet
