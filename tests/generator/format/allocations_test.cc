// In steady state rows are made and encoded without an allocation: the second pass over the same changes, with the same
// buffers, asks for no memory. Counted by this program's own operator new.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "generator/format/format.h"
#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "scenarios/examples.h"
#include "scenarios/loader/loader.h"

namespace {
thread_local std::int64_t allocations = 0;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size > 0 ? size : 1);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace freshet {
namespace {

using FileAndFormat = std::tuple<std::string, Format>;
class FormatAllocations : public ::testing::TestWithParam<FileAndFormat> {};

TEST_P(FormatAllocations, AreNoneInSteadyState) {
  const auto& [file, format] = GetParam();
  const Loaded loaded = load_scenario(file);
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  const RunIdentity identity{scenario.seed, 0, WallTime{1'700'000'000 * kMicrosPerSecond}};
  const auto model = make_model(scenario, identity);
  std::vector<Change> changes;
  const auto schedule = make_schedule(scenario, *model, identity, 0, 1);
  for (Change change; changes.size() < 5'000 && schedule->next(change);) changes.push_back(change);

  std::vector<Encoder> encoders;
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    encoders.emplace_back(format, scenario, static_cast<EntityId>(i), identity.epoch, std::nullopt);
  }
  Row row;
  Row before;
  Buffer out;
  const auto pass = [&] {
    out.clear();
    for (const Change& change : changes) {
      model->row_of(change, row);
      if (change.operation == Operation::Update) {
        model->row(change.entity, change.ordinal, change.version - 1, before);
      }
      encoders[index_of(change.entity)].append(change, row, &before, out);
    }
  };
  pass();
  const std::int64_t warm = allocations;
  pass();
  EXPECT_EQ(allocations - warm, 0) << "for " << changes.size() << " rows";
  EXPECT_GT(out.size(), 10 * changes.size());
}

std::string name_of(const testing::TestParamInfo<FileAndFormat>& of) {
  const std::string& file = std::get<0>(of.param);
  std::string name = file.substr(file.rfind('/') + 1);
  name.resize(name.rfind('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name + '_' + std::string(suffix_of(std::get<1>(of.param)).substr(1, 3));
}

INSTANTIATE_TEST_SUITE_P(OfTheLibrary, FormatAllocations,
                         ::testing::Combine(::testing::ValuesIn(library()),
                                            ::testing::Values(Format::Json, Format::Avro)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(AllFormats, FormatAllocations,
                         ::testing::Combine(::testing::Values(FRESHET_SOURCE_DIR "/scenarios/split-sales.json"),
                                            ::testing::Values(Format::Debezium, Format::Csv, Format::Sql)),
                         name_of);

TEST(FormatAllocationCount, SeesAnAllocation) {
  const std::int64_t before = allocations;
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations - before, 2);
}

}  // namespace
}  // namespace freshet
