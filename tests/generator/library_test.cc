// The scenario library: every file loads, means the same bytes for any number of shards, and means what it meant when
// library_goldens.txt was written. A change there is a change of what old results mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "generator/sha256.h"
#include "scenarios/examples.h"
#include "scenarios/loader.h"

namespace freshet {
namespace {

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
}

std::vector<Change> changes_of(const Scenario& scenario, const Rows& model, const RunIdentity& identity, int lanes) {
  std::vector<Change> out;
  for (int lane = 0; lane < lanes; ++lane) {
    const auto schedule = make_schedule(scenario, model, identity, lane, lanes);
    for (Change change; schedule->next(change);) out.push_back(change);
  }
  std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) {
    if (a.intended != b.intended) return a.intended < b.intended;
    return std::tie(a.entity, a.ordinal, a.version) < std::tie(b.entity, b.ordinal, b.version);
  });
  return out;
}

/// Reference rows, then every change with its row, as JSON lines.
std::string digest(const Scenario& scenario, const Rows& model, std::vector<Change> changes) {
  constexpr std::size_t kMostRows = 30'000;
  std::vector<Change> reference;
  reference_changes(scenario, model, reference);
  changes.insert(changes.begin(), reference.begin(), reference.end());
  Sha256 hash;
  Row row;
  std::string line;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    line = scenario.entity(change.entity).name + ' ' + std::to_string(change.ordinal) + ' ' +
           std::to_string(change.version) + ' ' + freshet::name_of(change.operation) + ' ' +
           std::to_string(change.intended) + ' ';
    if (i < kMostRows) {
      model.row(change.entity, change.ordinal, change.version, row);
      append_json_object(row, 0, model.type_of(change.entity), line);
    }
    line += '\n';
    hash.add(line);
  }
  return hash.text();
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
  const RunIdentity identity{loaded.scenario->seed, 0, 0};
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
  const RunIdentity identity{loaded.scenario->seed, 0, 0};
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
