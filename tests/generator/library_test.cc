// The scenario library: every file loads, means the same bytes for any number of shards, and means what it meant when
// library_goldens.txt was written. A change there is a change of what old results mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "generator/library_digest.h"
#include "scenarios/examples.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
}

std::map<std::string, std::string> goldens() {
  std::istringstream lines(file_text(FRESHET_SOURCE_DIR "/tests/generator/library_goldens.txt"));
  std::map<std::string, std::string> out;
  for (std::string name, hash; lines >> name >> hash;) out[name] = hash;
  return out;
}

class Library : public testing::TestWithParam<std::string> {};

TEST_P(Library, LoadsAndIsTheGoldenOneForAnyNumberOfShards) {
  const Loaded loaded = load_scenario(GetParam());
  for (const Problem& problem : loaded.problems) {
    EXPECT_NE(problem.severity, Problem::Severity::Error) << problem.text();
  }
  ASSERT_TRUE(loaded.scenario);
  EXPECT_EQ(loaded.scenario->name, name_of(GetParam())) << "a scenario is named like its file";
  EXPECT_FALSE(loaded.scenario->description.empty());
  const RunIdentity identity{loaded.scenario->seed, 0, WallTime{}};
  const auto model = make_model(*loaded.scenario, identity);
  const std::vector<Change> one = changes_of(*loaded.scenario, *model, identity, 1);
  const std::string whole = digest(*loaded.scenario, *model, one);
  const auto golden = goldens();
  const auto found = golden.find(name_of(GetParam()));
  EXPECT_EQ(found == golden.end() ? "none" : found->second, whole) << name_of(GetParam());
  for (const int lanes : {3, 8}) {
    EXPECT_EQ(digest(*loaded.scenario, *model, changes_of(*loaded.scenario, *model, identity, lanes)), whole)
        << lanes << " shards";
  }
}

/// What the schedule yields is what life_of() says, change by change.
TEST_P(Library, TheScheduleAndTheLivesAgree) {
  const Loaded loaded = load_scenario(GetParam());
  ASSERT_TRUE(loaded.scenario);
  const RunIdentity identity{loaded.scenario->seed, 0, WallTime{}};
  const auto model = make_model(*loaded.scenario, identity);
  std::vector<LifeEvent> life;
  std::size_t lived = 0;
  for (std::size_t i = 0; i < loaded.scenario->entities.size(); ++i) {
    for (Ordinal ordinal = 0; ordinal < model->count(static_cast<EntityId>(i)); ++ordinal) {
      life.clear();
      model->life_of(static_cast<EntityId>(i), ordinal, life);
      bool living = false;
      for (const LifeEvent& event : life) {
        EXPECT_EQ(event.operation == Operation::Insert, !living) << "inserts begin a life, and nothing else does";
        living = event.operation != Operation::Delete;
        lived += event.phase != Phase::Reference ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(lived, changes_of(*loaded.scenario, *model, identity, 1).size());
}

/// Two runs with one seed intend the same: two models, made one after the other, with other salts and epochs. Another
/// seed intends something else.
TEST_P(Library, IntendsTheSameInEveryRunOfASeed) {
  const auto intended = [](const RunIdentity& identity, const Scenario& scenario) {
    const auto model = make_model(scenario, identity);
    Sha256 hash;
    for (const Change& change : changes_of(scenario, *model, identity, 1)) {
      hash.add(scenario.entity(change.entity).name + ' ' + std::to_string(change.ordinal) + ' ' +
               std::to_string(change.version) + ' ' + freshet::name_of(change.operation) + ' ' +
               std::to_string(change.intended.count()) + ' ' + std::to_string(change.root) + '\n');
    }
    return hash.text();
  };
  const Loaded one = load_scenario(GetParam());
  const Loaded other = load_scenario(GetParam());
  ASSERT_TRUE(one.scenario && other.scenario);
  const std::string ledger = intended({one.scenario->seed, 1, {}}, *one.scenario);
  EXPECT_EQ(intended({other.scenario->seed, 2, WallTime{1'700'000'000 * kMicrosPerSecond}}, *other.scenario), ledger);
  EXPECT_NE(intended({one.scenario->seed + 1, 1, {}}, *one.scenario), ledger);
}

INSTANTIATE_TEST_SUITE_P(Of, Library, testing::ValuesIn(library()), [](const auto& file) {
  std::string name = name_of(file.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Sha256, OfAKnownText) {
  Sha256 hash;
  hash.add("abc");
  EXPECT_EQ(hash.text(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace freshet
