// The resolved scenario names its files beside itself, wherever they were.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

class ResolvedFiles : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"a", "b", "base/locales"}) std::filesystem::create_directories(home_ / folder);
    write("a/c.csv", "code\nA\n");
    write("b/c.csv", "code,zone\nA,1\n");
    write("base/base.json", R"({"freshet": 1, "name": "base",
      "entities": {"order": {"key": "uuid", "data": "../a/c.csv", "fields": {"code": {"data": "code"},
        "zone": {"lookup": "code", "from": "../b/c.csv", "key": "code", "column": "zone", "else": 9}}}},
      "load": [{"entity": "order", "rate": "10/s", "for": "1s"}], "write": {}})");
    write("a/over.json", R"({"freshet": 1, "extends": "../base/base.json", "name": "over"})");
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(home_, ignored);
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(home_ / name) << text; }

  const std::filesystem::path home_ =
      std::filesystem::temp_directory_path() / ("freshet-resolved-" + std::to_string(::getpid()));
};

TEST_F(ResolvedFiles, TwoOfOneNameInTwoFoldersAreTwo) {
  const Loaded loaded = load_scenario((home_ / "a/over.json").string());
  ASSERT_TRUE(loaded.scenario) << loaded.problems[0].text();
  const auto& files = loaded.scenario->files;
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "data/c.csv");
  EXPECT_EQ(files[1].name, "data/2-c.csv");
  // Copied beside the resolved text they make the same scenario, and one that is resolved already.
  const std::filesystem::path out = home_ / "out";
  std::filesystem::create_directories(out / "data");
  for (const auto& file : files) std::filesystem::copy_file(file.path, out / file.name);
  std::ofstream(out / "scenario.resolved.json") << loaded.scenario->resolved_json;
  const Loaded again = load_scenario((out / "scenario.resolved.json").string());
  ASSERT_TRUE(again.scenario) << again.problems[0].text();
  EXPECT_EQ(again.scenario->resolved_json, loaded.scenario->resolved_json);
}

}  // namespace
}  // namespace freshet
