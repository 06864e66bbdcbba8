// Seals and commits of a state in memory, and its tables.
#include "pipeline/state/memory/memory_state.h"

#include <gtest/gtest.h>

#include "pipeline/sales_scenario.h"

namespace freshet {
namespace {

Positions at(std::uint64_t offset) { return {BinlogPosition{{}, "log.000001", offset}}; }

TEST(MemoryState, IsCommittedAsItWasSealed) {
  MemoryState state;
  EXPECT_TRUE(state.committed().empty());
  const Result<State::Seal> first = state.seal(at(4));
  const Result<State::Seal> second = state.seal(at(100));
  const Result<State::Seal> third = state.seal(at(200));
  ASSERT_TRUE(first.ok() && second.ok() && third.ok());
  EXPECT_TRUE(state.committed().empty()) << "what is sealed is not committed";
  ASSERT_TRUE(state.commit(first.value()).ok());
  EXPECT_EQ(state.committed(), at(4));
  ASSERT_TRUE(state.commit(third.value()).ok());
  EXPECT_EQ(state.committed(), at(200)) << "and all before it";
  EXPECT_EQ(state.commits(), 2);
}

TEST(MemoryStateDeathTest, NegativeControlItRefusesWhatNoRestartCanUse) {
  MemoryState state;
  EXPECT_DEATH((void)state.seal({Position()}), "can be restarted from");
  EXPECT_DEATH((void)state.commit(1), "was sealed");
  const RecordType record = shop::scenario().entities.front().record;
  (void)state.rows("entity store", record);
  EXPECT_DEATH((void)state.rows("entity store", record), "opened once");
}

TEST(MemoryGroupTable, HoldsWhatIsChangedInPlace) {
  MemoryState state;
  GroupTable& groups = state.groups("groups per_store");
  EXPECT_EQ(groups.find("a"), nullptr);
  groups.add("a").rows = 2;
  groups.add("b").changed_at = WallTime(Micros{7});
  ASSERT_NE(groups.find("a"), nullptr);
  ++groups.find("a")->rows;
  EXPECT_EQ(groups.find("a")->rows, 3);
  EXPECT_EQ(groups.size(), 2U);
  EXPECT_GT(groups.bytes(), 0U);
  EXPECT_EQ(groups.forget_older(WallTime(Micros{7})), 1U);
  EXPECT_EQ(groups.find("a"), nullptr);
  groups.erase("b");
  EXPECT_EQ(groups.size(), 0U);
  EXPECT_EQ(groups.next_version(), 1);
  EXPECT_EQ(groups.next_version(), 2) << "also where groups have gone";
}

TEST(Positions, AreTextsThatAReaderTakes) {
  EXPECT_EQ(text_of(Position()), "");
  EXPECT_EQ(text_of(at(1'234).front()), "log.000001:1234");
  EXPECT_EQ(text_of(BinlogPosition{{{{0, {1, 42}}, {7, {1, 3}}}}, "log.000001", 4}), "0-1-42,7-1-3");
  EXPECT_EQ(text_of(TopicPosition{{{"baskets", {12, 0, 7}}, {"returns", {4}}}}), "baskets 12,0,7; returns 4");
}

}  // namespace
}  // namespace freshet
