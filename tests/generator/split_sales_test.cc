// The bytes of the scenario library are a promise: a seed means these rows in every version, on every machine, with
// every compiler and optimisation. A change here is a change of what old results mean.
#include <gtest/gtest.h>
#include <string>

#include "generator/draw/random.h"
#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

class SplitSales : public testing::Test {
 protected:
  SplitSales() : loaded_(load_scenario(FRESHET_SOURCE_DIR "/scenarios/split-sales.json")) {}
  void SetUp() override {
    ASSERT_TRUE(loaded_.scenario.has_value());
    model_ = make_model(*loaded_.scenario, identity());
  }
  [[nodiscard]] static RunIdentity identity() { return {.seed = 20240827, .salt = 0, .epoch = {}}; }

  /// FNV-1a of the JSON of the first thousand rows in this version.
  [[nodiscard]] std::uint64_t digest(const std::string& entity, Version version) const {
    const EntityId id = *loaded_.scenario->find_entity(entity);
    std::string text;
    Row row;
    for (Ordinal ordinal = 0; ordinal < std::min<Ordinal>(1000, model_->count(id)); ++ordinal) {
      model_->row(id, ordinal, version, row);
      append_json_object(row, 0, model_->type_of(id), text);
      text += '\n';
    }
    return hash_name(text);
  }

  Loaded loaded_;
  std::unique_ptr<const Rows> model_;
};

TEST_F(SplitSales, RowsAreTheGoldenOnes) {
  EXPECT_EQ(digest("store", 1), 8912845219064740130u);
  EXPECT_EQ(digest("clerk", 1), 13280999227469210871u);
  EXPECT_EQ(digest("product", 1), 13085583013928336208u);
  EXPECT_EQ(digest("product", 2), 15025818385296242107u);
  EXPECT_EQ(digest("basket", 1), 8632968008560306777u);
  EXPECT_EQ(digest("payment", 1), 16098403193041745586u);
  EXPECT_EQ(digest("payment", 3), 11985911855870336529u);
}

TEST_F(SplitSales, TheScheduleIsTheGoldenOne) {
  const auto schedule = make_schedule(*loaded_.scenario, *model_, identity(), 0, 1);
  std::string text;
  Change change;
  std::int64_t changes = 0;
  while (schedule->next(change)) {
    ++changes;
    text += std::to_string(index_of(change.entity)) + ' ' + std::to_string(change.ordinal) + ' ' +
            std::to_string(change.version) + ' ' + std::to_string(change.intended.count()) + '\n';
  }
  EXPECT_EQ(changes, 98'723);
  EXPECT_EQ(hash_name(text), 7083988917389756668u);
}

TEST_F(SplitSales, ADigestNoticesOneChangedByte) { EXPECT_NE(hash_name("basket 1"), hash_name("basket 2")); }

TEST_F(SplitSales, AnotherSeedGivesOtherRows) {
  const std::uint64_t golden = digest("basket", 1);
  model_ = make_model(*loaded_.scenario, {.seed = 1, .salt = 0, .epoch = {}});
  EXPECT_NE(digest("basket", 1), golden);
}

}  // namespace
}  // namespace freshet
