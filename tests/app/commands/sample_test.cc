// freshet sample recomputes any row of freshet generate, of every scenario of the library.
#include <algorithm>
#include <cstdint>
#include <set>

#include "app/freshet_process.h"
#include "scenarios/examples.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

class Sample : public testing::TestWithParam<std::string> {};

/// The originals are slow and long: more in less time.
std::string briefly(const std::string& file) {
  return file + (file.find("original") == std::string::npos ? "" : " --rate 300/s --for 4s");
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

std::vector<std::string> entities_of(const std::string& file) {
  std::vector<std::string> names;
  const Loaded loaded = load_scenario(file);
  if (!loaded.scenario) return names;
  for (const Entity& entity : loaded.scenario->entities) names.push_back(entity.name);
  return names;
}

TEST_P(Sample, RecomputesAnyRowThatGenerateMakes) {
  const Folder folder;
  const std::set<std::string> rows = lines_of(freshet(folder, "generate " + briefly(GetParam())).out);
  ASSERT_FALSE(rows.empty());
  std::uint64_t random = 88172645463325252U;  // xorshift
  const auto below = [&](std::uint64_t bound) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return random % bound;
  };
  int found = 0;
  for (const std::string& entity : entities_of(GetParam())) {
    for (int i = 0; i < 16; ++i) {
      const std::string which = " --entity " + entity + " --ordinal " + std::to_string(below(i % 2 == 0 ? 12 : 900)) +
                                " --version " + std::to_string(i < 8 ? 1 : 1 + below(3));
      const Said said = freshet(folder, "sample " + briefly(GetParam()) + which);
      if (said.exit_code == 2) continue;  // there is none
      ASSERT_EQ(said.exit_code, 0) << which << said.err;
      if (said.err.find("delete, intended") != std::string::npos) continue;  // the image that was there before
      EXPECT_EQ(rows.count(said.out.substr(0, said.out.size() - 1)), 1U) << which << said.out;
      ++found;
    }
  }
  EXPECT_GT(found, 0);
}

INSTANTIATE_TEST_SUITE_P(Of, Sample, testing::ValuesIn(library()), [](const auto& file) {
  std::string name = std::filesystem::path(file.param).stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(SampleOf, ARunIsRecomputedByItsEpochAndItsSalt) {
  const Folder folder;
  const std::string same = " --entity basket --salt 7 --epoch 2026-01-31T12:00:00Z " + scenario("smoke");
  const std::string row = freshet(folder, "sample --ordinal 5" + same).out;
  EXPECT_EQ(lines_of(freshet(folder, "generate" + same).out).count(row.substr(0, row.size() - 1)), 1U) << row;
  EXPECT_EQ(lines_of(freshet(folder, "generate --entity basket " + scenario("smoke")).out).count(row), 0U) << "control";
}

}  // namespace
}  // namespace freshet
