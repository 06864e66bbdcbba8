// What the documents show can be had: every example is compiled, scheduled and sampled.
#include <gtest/gtest.h>

#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "generator/write/backends.h"
#include "scenarios/examples.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

TEST(TheDocument, HasExamplesThatMakeRows) {
  for (const Example& example : examples()) {
    const Loaded loaded = parse_scenario(example.text, example.document, {}, target_forms());
    ASSERT_TRUE(loaded.scenario) << example.where();
    const RunIdentity identity{loaded.scenario->seed, 0, WallTime{}};
    const auto model = make_model(*loaded.scenario, identity);
    const auto schedule = make_schedule(*loaded.scenario, *model, identity, 0, 1);
    Row row;
    Change change;
    std::size_t changes = 0;
    for (; schedule->next(change); ++changes) {
      model->row(change.entity, change.ordinal, change.version, row);
      ASSERT_EQ(row.cells.size() >= model->type_of(change.entity).width(), true) << example.where();
    }
    EXPECT_GT(changes, 20u) << example.where();
  }
}

}  // namespace
}  // namespace freshet
