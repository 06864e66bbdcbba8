// state.json, as the native pipeline writes it at its end.
#include <gmock/gmock.h>

#include "app/freshet_process.h"
#include "app/native/pipeline_journals.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kSizes = R"("peak": {"rows": 9, "groups": 2, "bytes": 900}, "end": {"rows": 7, "groups": 1,
  "bytes": 700}, "dropped": {"rows": 5, "groups": 3})";

TEST(PipelineState, HasSizesCommittedPositionsAndQueues) {
  const Folder folder;
  const auto state = read_state(folder.write("state.json", std::string("{") + kSizes + R"(,
    "committed": {"binlog": "0-1-7", "topics": "sales 3,4"},
    "queues": {"sales": {"capacity": 64, "high_water": 4, "waits": 2}}})"));
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->peak.rows, 9);
  EXPECT_EQ(state->end.bytes, 700);
  EXPECT_EQ(state->dropped_groups, 3);
  EXPECT_THAT(state->committed, ElementsAre(Pair("binlog", "0-1-7"), Pair("topics", "sales 3,4")));
  ASSERT_TRUE(state->queues.contains("sales"));
  EXPECT_EQ(state->queues.at("sales").capacity, 64);
  EXPECT_EQ(state->queues.at("sales").high_water, 4);
  EXPECT_EQ(state->queues.at("sales").waits, 2);
}

TEST(PipelineState, OfAnEarlierPipelineHasNoPositions) {
  const Folder folder;
  const auto state = read_state(folder.write("state.json", std::string("{") + kSizes + "}"));
  ASSERT_TRUE(state.has_value());
  EXPECT_THAT(state->committed, IsEmpty());
  EXPECT_THAT(state->queues, IsEmpty());
}

TEST(PipelineState, OfAnotherShapeIsNone) {
  const Folder folder;
  EXPECT_FALSE(read_state(folder.path() + "/none.json").has_value());
  EXPECT_FALSE(read_state(folder.write("cut.json", R"({"peak": {"rows")")).has_value());
  EXPECT_FALSE(read_state(folder.write("list.json", "[]")).has_value());
}

}  // namespace
}  // namespace freshet
