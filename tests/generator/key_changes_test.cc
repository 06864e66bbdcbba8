// Keys that change: still a function of seed, instance and version, still led back to their ordinal, and told to the
// writers and formats as what they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "generator/format/format.h"
#include "generator/row/keys.h"
#include "generator/schedule/schedule.h"
#include "generator/small_shop.h"
#include "generator/write/lanes/lanes.h"
#include "scenarios/examples.h"

namespace freshet {
namespace {

using shop::Shop;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Guests that register, move and leave; each time with another key of this kind.
Shop guests(const std::string& key, const std::string& moves = "\"moved\": 3, \"gone\": 1") {
  const std::string text =
      whole_scenario("parts", R"({"entities": {"order": {"key": {"number": )" + key + R"(}, "fields": {
      "name": {"pattern": "[a-z]{8}"}, "status": "state"}, "life": {
      "guest": {"after": {"uniform": ["50ms", "200ms"]}, "to": {"known": 8, "gone": 1}},
      "known": {"key": "new", "after": {"uniform": ["50ms", "200ms"]}, "to": {"moved": 1, "gone": 1, "deleted": 1}},
      "moved": {"key": "new", "after": "20ms", "to": {)" +
                                  moves + R"(}}, "gone": {"after": "20ms", "to": "deleted"},
      "deleted": {"after": "20ms", "to": "back", "share": "50%"}}}},
      "load": [{"entity": "order", "rate": "100/s", "for": "3s"}]})");
  const Loaded loaded = parse_scenario(text, "guests.json");
  for (const Problem& problem : loaded.problems) {
    if (problem.severity == Problem::Severity::Error) ADD_FAILURE() << problem.text();
  }
  return Shop(*loaded.scenario);
}

class KeyChanges : public ::testing::TestWithParam<const char*> {};

TEST_P(KeyChanges, HappenOnEnteringTheStateAndLeaveTheRestOfTheRowAlone) {
  const Shop shop = guests(GetParam());
  int changed = 0;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    for (const LifeEvent& event : shop.life("order", i)) {
      if (event.operation != Operation::Update) continue;
      const std::string status = shop.text("order", i, event.version, "status");
      const bool differs =
          shop.text("order", i, event.version - 1, "number") != shop.text("order", i, event.version, "number");
      EXPECT_EQ(differs, status == "known" || status == "moved") << status;
      EXPECT_EQ(shop.text("order", i, event.version - 1, "name"), shop.text("order", i, event.version, "name"));
      changed += differs ? 1 : 0;
    }
  }
  EXPECT_GT(changed, 300);
}

TEST_P(KeyChanges, GiveKeysThatNoOtherRowHasAndThatLeadBack) {
  const Shop shop = guests(GetParam());
  const Shop again = guests(GetParam());
  std::map<std::string, Ordinal> owners;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    for (const LifeEvent& event : shop.life("order", i)) {
      const std::string key = shop.text("order", i, event.version, "number");
      EXPECT_EQ(again.text("order", i, event.version, "number"), key);
      EXPECT_EQ(owners.try_emplace(key, i).first->second, i) << key << " is of two instances";
      EXPECT_EQ(shop.rows().ordinal_of(shop.id("order"), key), i) << key;
    }
  }
  EXPECT_GT(owners.size(), shop.count("order") + 300);
}

TEST_P(KeyChanges, AreKnownByKeysThatTheRunWritesOnly) {
  const Shop shop = guests(GetParam());
  const Shop others = guests(GetParam(), "\"moved\": 30, \"gone\": 1");  // who moves on and on
  int refused = 0;
  for (Ordinal i = 0; i < others.count("order"); ++i) {
    std::set<std::string> written;
    for (const LifeEvent& event : shop.life("order", i)) {
      written.insert(shop.text("order", i, event.version, "number"));
    }
    for (const LifeEvent& event : others.life("order", i)) {
      const std::string key = others.text("order", i, event.version, "number");
      const auto found = shop.rows().ordinal_of(shop.id("order"), key);
      EXPECT_EQ(found, written.contains(key) ? std::optional(i) : std::nullopt) << key;
      refused += found ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 300);
}

INSTANTIATE_TEST_SUITE_P(Of, KeyChanges, ::testing::Values(R"("uuid")", R"("uuid7")", R"({"sequence": "G%06d"})"),
                         [](const auto& tested) { return "kind" + std::to_string(tested.index); });

TEST(KeyChangesOfOneRow, EndAfterManyWhatTheKeyHasRoomFor) {
  const Shop shop = guests(R"("uuid")", "\"moved\": 1000, \"gone\": 1");
  std::size_t most = 0;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    std::set<std::string> keys;
    for (const LifeEvent& event : shop.life("order", i)) keys.insert(shop.text("order", i, event.version, "number"));
    most = std::max(most, keys.size());
    EXPECT_EQ(shop.rows().ordinal_of(shop.id("order"), *keys.rbegin()), i);
  }
  EXPECT_EQ(most, kMostKeyChanges + 1);
}

/// Keeps what it is given.
class Recorder final : public Writer {
 public:
  explicit Recorder(bool wants_before) : wants_before_(wants_before) {}
  [[nodiscard]] bool wants_before(EntityId /*entity*/) const override { return wants_before_; }
  void write(std::span<const Write> batch) override {
    for (const Write& write : batch) {
      std::string before = "none";
      if (write.before != nullptr) before = write.before->text_of(write.before->cells[0]);
      written.push_back({write.change, std::string(write.row->text_of(write.row->cells[0])), before});
    }
  }
  void flush(Instant /*deadline*/) override {}
  struct Written {
    Change change;
    std::string key;
    std::string before;
  };
  std::vector<Written> written;

 private:
  const bool wants_before_;
};

/// What a lane gives to a writer of the shop's orders.
std::vector<Recorder::Written> given(const Shop& shop, bool wants_before) {
  const auto schedule = make_schedule(shop.scenario_of(), shop.rows(), shop.identity(), 0, 1);
  std::vector<Change> changes;
  for (Change change; schedule->next(change);) changes.push_back(change);
  const auto recorder = std::make_shared<Recorder>(wants_before);
  LaneWriters writers;
  writers.by_entity.assign(shop.scenario_of().entities.size(), nullptr);
  writers.by_entity[index_of(shop.id("order"))] = recorder;
  writers.outcomes = std::make_shared<LaneOutcomes>(shop.scenario_of(), [](std::span<const Settled>) {});
  const SystemClock clock;
  write_now(shop.scenario_of(), shop.rows(), changes, writers, clock);
  return recorder->written;
}

TEST(AWriter, ThatWantsTheRowBeforeGetsItWithEveryUpdate) {
  const Shop shop = guests(R"("uuid")");
  std::map<Ordinal, std::string> keys;
  for (const Recorder::Written& written : given(shop, true)) {
    std::string& known = keys[written.change.ordinal];
    EXPECT_EQ(written.before, written.change.operation == Operation::Update ? known : "none");
    known = written.key;
  }
}

TEST(AWriter, GetsTheRowBeforeOnlyForChangesOfTheKey) {
  const Shop shop = guests(R"("uuid")");
  const std::vector<Recorder::Written> all = given(shop, false);
  std::map<Ordinal, std::string> keys;
  int rekeyed = 0;
  for (const Recorder::Written& written : all) {
    std::string& known = keys[written.change.ordinal];
    const bool changes_key = written.change.operation == Operation::Update && known != written.key;
    EXPECT_EQ(written.before, changes_key ? known : "none");
    rekeyed += changes_key ? 1 : 0;
    known = written.key;
  }
  EXPECT_GT(rekeyed, 300);
  EXPECT_GT(all.size(), 900u);
}

TEST(AChangeOfTheKey, IsADeleteATombstoneAndACreateToDebeziumAndOneUpdateToSql) {
  const Shop shop = guests(R"({"sequence": "G%06d"})");
  const EntityId id = shop.id("order");
  std::optional<Change> found;
  for (Ordinal i = 0; i < shop.count("order") && !found; ++i) {
    for (const LifeEvent& event : shop.life("order", i)) {
      if (found || event.version != 2 || shop.text("order", i, 2, "status") != "known") continue;
      found = Change{id, event.operation, event.phase, 2, i, i, event.intended};
    }
  }
  ASSERT_TRUE(found);
  Row before, row;
  shop.rows().row(id, found->ordinal, 1, before);
  shop.rows().row(id, found->ordinal, 2, row);
  const std::string old_key = shop.text("order", found->ordinal, 1, "number");
  const std::string new_key = shop.text("order", found->ordinal, 2, "number");
  const auto encoded = [&](Format format) {
    Encoder encoder(format, shop.scenario_of(), id, WallTime{}, std::nullopt);
    EXPECT_EQ(encoder.wants_before(), tells_operations(format));
    Buffer out;
    EXPECT_TRUE(encoder.append(*found, row, encoder.wants_before() ? &before : nullptr, out));
    return std::string(out.view());
  };
  std::istringstream lines(encoded(Format::Debezium));
  std::string gone, tombstone, made, rest;
  std::getline(lines, gone);
  std::getline(lines, tombstone);
  std::getline(lines, made);
  EXPECT_FALSE(std::getline(lines, rest));
  EXPECT_THAT(gone, StartsWith(R"({"before":{"number":")" + old_key + '"'));
  EXPECT_THAT(gone, HasSubstr(R"("after":null)"));
  EXPECT_THAT(gone, HasSubstr(R"("op":"d")"));
  EXPECT_EQ(tombstone, "null");
  EXPECT_THAT(made, StartsWith(R"({"before":null,"after":{"number":")" + new_key + '"'));
  EXPECT_THAT(made, HasSubstr(R"("op":"c")"));

  const std::string sql = encoded(Format::Sql);
  EXPECT_THAT(sql, StartsWith("UPDATE `order` SET `number` = '" + new_key + "', `name` = '"));
  EXPECT_THAT(sql, HasSubstr(" WHERE `number` = '" + old_key + "';\n"));
  EXPECT_EQ(std::count(sql.begin(), sql.end(), ';'), 1);
}

}  // namespace
}  // namespace freshet
