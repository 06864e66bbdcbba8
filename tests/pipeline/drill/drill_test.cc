// Drills: what may be asked for, and that the journal counts exactly the errors that stand in the sink, and those that
// a later change healed.
#include "pipeline/drill/drill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "pipeline/drill/drill_gate.h"
#include "pipeline/sales_scenario.h"
#include "pipeline/views/view_operator.h"

namespace freshet {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
  const Result<Drill> drill = parse_drill(text);
  if (drill.ok()) return "was taken";
  EXPECT_EQ(drill.error().kind, ErrorKind::Usage);
  return drill.error().message + " | " + drill.error().hint;
}

TEST(DrillText, TakesAllClassesAndAView) {
  const Result<Drill> drill =
      parse_drill("lose=1%,stale=0.5%,resurrect=2%,wrong=0.1%,duplicate=0.2%,delay=2s@5%,view=lines");
  ASSERT_TRUE(drill.ok()) << drill.error().message;
  EXPECT_DOUBLE_EQ(drill->lose, 0.01);
  EXPECT_DOUBLE_EQ(drill->stale, 0.005);
  EXPECT_DOUBLE_EQ(drill->resurrect, 0.02);
  EXPECT_DOUBLE_EQ(drill->wrong, 0.001);
  EXPECT_DOUBLE_EQ(drill->duplicate, 0.002);
  EXPECT_DOUBLE_EQ(drill->delayed, 0.05);
  EXPECT_EQ(drill->delay, 2 * kNanosPerSecond);
  EXPECT_EQ(drill->view, "lines");
}

TEST(DrillText, ADelayWithoutAShareTakesOnePercentOfTheKeys) {
  const Result<Drill> drill = parse_drill("delay=1500ms");
  ASSERT_TRUE(drill.ok());
  EXPECT_EQ(drill->delay, 1500 * kNanosPerMilli);
  EXPECT_DOUBLE_EQ(drill->delayed, 0.01);
}

TEST(DrillText, RefusesAndSaysWhy) {
  EXPECT_THAT(refusal("loose=1%"), HasSubstr("there is no \"loose\" | did you mean \"lose\"?"));
  EXPECT_THAT(refusal("resurect=1%"), HasSubstr("did you mean \"resurrect\"?"));
  EXPECT_THAT(refusal("lose=1%,"), HasSubstr("there is no \"\""));
  EXPECT_THAT(refusal(""), HasSubstr("there is no \"\""));
  EXPECT_THAT(refusal("lose"), HasSubstr("lose needs a share"));
  EXPECT_THAT(refusal("lose=1"), HasSubstr("not \"1\""));
  EXPECT_THAT(refusal("lose=0%"), HasSubstr("above 0%"));
  EXPECT_THAT(refusal("lose=101%"), HasSubstr("up to 100%"));
  EXPECT_THAT(refusal("lose=-1%"), HasSubstr("share"));
  EXPECT_THAT(refusal("lose=1%%"), HasSubstr("share"));
  EXPECT_THAT(refusal("lose=nan%"), HasSubstr("share"));
  EXPECT_THAT(refusal("lose=1%,lose=2%"), HasSubstr("given twice"));
  EXPECT_THAT(refusal("delay=2"), HasSubstr("duration"));
  EXPECT_THAT(refusal("delay=2s@"), HasSubstr("delay needs a share"));
  EXPECT_THAT(refusal("delay=2h"), HasSubstr("duration"));
  EXPECT_THAT(refusal("lose=60%,stale=41%"), HasSubstr("sum to more than 100%"));
  EXPECT_THAT(refusal("view=lines"), HasSubstr("no errors are requested"));
  EXPECT_EQ(refusal("lose=60%,stale=40%"), "was taken");
}

// A gate, the truth, and the sink behind the gate, all as key → status text.
class Gate : public testing::Test {
 protected:
  Scenario scenario_ = shop::scenario();
  const View& view_ = scenario_.views[0];
  const RecordType stored_ = stored_record(scenario_, view_);

  struct World {
    explicit World(DrillGate made) : gate(std::move(made)) {}
    DrillGate gate;
    std::map<std::string, std::string> truth, sink;
    std::map<std::string, Version> versions;
    std::map<std::string, std::set<std::string>> shown;  // every image that the truth had
    std::vector<std::string> writes;
    Instant now{};
  };
  World world(const std::string& drill) { return World(DrillGate(parse_drill(drill).value(), view_, stored_)); }

  // The first keys of a class.
  static std::string key_of(const World& world, DrillGate::Class kind, int nth = 0) {
    for (int i = 0;; ++i) {
      std::string key = fmt::format("key{}", i);
      if (world.gate.class_of(key) == kind && nth-- == 0) return key;
    }
  }

  // Changes the truth, and writes what the gate makes of it, as the sink thread does.
  void change(World& world, const std::string& key, const std::optional<std::string>& status) {
    if (!status && !world.truth.contains(key)) return;
    SinkChange change;
    change.key = key;
    change.deleted = !status;
    change.row.reset(stored_.width());
    change.row.cells[0] = change.row.add_text(key);
    change.row.cells[2] = decimal_cell(100);
    change.row.cells[5] = change.row.add_text(status.value_or("gone"));
    change.row.cells[6] = integer_cell(1);
    change.row.cells[7] = integer_cell(++world.versions[key]);
    if (status) {
      world.truth[key] = image(change.row);
      world.shown[key].insert(world.truth[key]);
    } else {
      world.truth.erase(key);
    }
    SinkBatch out;
    world.gate.admit(change, world.now, out);
    write(world, out);
    world.gate.follow_up(out);
    write(world, out);
  }

  void write(World& world, SinkBatch& batch) {
    for (const SinkChange& change : batch.items()) {
      world.writes.push_back(change.key);
      if (change.deleted) {
        world.sink.erase(change.key);
      } else {
        world.sink[change.key] = image(change.row);
      }
    }
    batch.clear();
  }

  [[nodiscard]] std::string image(const Row& row) const { return shop::json_of(row, view_.record); }
};

TEST_F(Gate, LeavesOtherKeysAlone) {
  World world = this->world("lose=1%");
  const std::string key = key_of(world, DrillGate::Class::None);
  change(world, key, "open");
  change(world, key, "paid");
  EXPECT_EQ(world.sink, world.truth);
  change(world, key, std::nullopt);
  EXPECT_TRUE(world.sink.empty());
  EXPECT_EQ(world.gate.count(DrillGate::Class::Lose).planted, 0);
}

TEST_F(Gate, SharesOfKeysAreAsAskedFor) {
  const World world = this->world("lose=5%,stale=10%,resurrect=20%,wrong=1%,delay=1s@30%");
  std::map<DrillGate::Class, int> counts;
  constexpr int kKeys = 100'000;
  for (int i = 0; i < kKeys; ++i) ++counts[world.gate.class_of(fmt::format("invoice-{}", i))];
  EXPECT_NEAR(counts[DrillGate::Class::Lose], 0.05 * kKeys, 400);
  EXPECT_NEAR(counts[DrillGate::Class::Stale], 0.10 * kKeys, 500);
  EXPECT_NEAR(counts[DrillGate::Class::Resurrect], 0.20 * kKeys, 700);
  EXPECT_NEAR(counts[DrillGate::Class::Wrong], 0.01 * kKeys, 200);
  EXPECT_NEAR(counts[DrillGate::Class::Delay], 0.30 * kKeys, 800);
}

TEST_F(Gate, StaleShowsTheFirstImageUntilTheRowIsDeletedOrTheImageComesBack) {
  World world = this->world("stale=50%");
  const std::string key = key_of(world, DrillGate::Class::Stale);
  change(world, key, "open");
  EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).planted, 0) << "the first image is right";
  change(world, key, "paid");
  EXPECT_THAT(world.sink[key], HasSubstr("open"));
  EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).planted, 1);
  change(world, key, "open");
  EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).planted, 0);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).healed, 1);
  change(world, key, "paid");
  change(world, key, std::nullopt);
  EXPECT_TRUE(world.sink.empty());
  change(world, key, "back");
  EXPECT_THAT(world.sink[key], HasSubstr("back")) << "the first image of the new life";
  EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).healed, 1);
}

TEST_F(Gate, ResurrectedRowsComeBackInAPassOfTheirOwnWithTheirLastImage) {
  World world = this->world("resurrect=50%");
  const std::string key = key_of(world, DrillGate::Class::Resurrect);
  change(world, key, "open");
  change(world, key, "paid");
  change(world, key, std::nullopt);
  EXPECT_THAT(world.sink[key], HasSubstr("paid"));
  EXPECT_EQ(world.writes, std::vector<std::string>(4, key)) << "two images, the delete, the resurrection";
  EXPECT_EQ(world.gate.count(DrillGate::Class::Resurrect).planted, 1);
  change(world, key, "again");
  EXPECT_EQ(world.sink, world.truth);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Resurrect).planted, 0);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Resurrect).healed, 1);
}

TEST_F(Gate, WrongAltersOneColumnByOneUnitAndAlwaysAlike) {
  World world = this->world("wrong=50%");
  const std::string key = key_of(world, DrillGate::Class::Wrong);
  change(world, key, "open");
  EXPECT_THAT(world.truth[key], HasSubstr("\"total\":1.00"));
  EXPECT_THAT(world.sink[key], HasSubstr("\"total\":1.01"));
  change(world, key, "paid");
  EXPECT_THAT(world.sink[key], HasSubstr("\"total\":1.01"));
  EXPECT_EQ(world.gate.count(DrillGate::Class::Wrong).planted, 1);
  change(world, key, std::nullopt);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Wrong).healed, 1);
}

TEST_F(Gate, WrongMarksATextThatIsFullInPlace) {
  View texts = view_;
  texts.columns = {view_.columns[0], view_.columns[5]};
  texts.record.columns = {view_.record.columns[0], view_.record.columns[5]};
  texts.columns[1].type.max_length = 6;
  DrillGate gate(parse_drill("wrong=100%").value(), texts, texts.record);
  for (const auto& [text, altered] : std::map<std::string, std::string>{
           {"open", "open~"}, {"", "~"}, {"abcdef", "abcde~"}, {"abcde~", "abcde!"}, {"abcdé", "abcd~"}}) {
    SinkChange change;
    change.row.reset(2);
    change.row.cells[1] = change.row.add_text(text);
    SinkBatch out;
    gate.admit(change, Instant{}, out);
    EXPECT_EQ(out[0].row.text_of(out[0].row.cells[1]), altered);
  }
}

TEST_F(Gate, DelayedWritesAreHeldBackAndReleasedOneVersionAPass) {
  World world = this->world("delay=2s@50%");
  const std::string key = key_of(world, DrillGate::Class::Delay);
  const std::string other = key_of(world, DrillGate::Class::Delay, 1);
  change(world, key, "open");
  world.now = Instant{Nanos{100}};
  change(world, key, "paid");
  change(world, other, "open");
  EXPECT_TRUE(world.sink.empty());
  SinkBatch out;
  EXPECT_FALSE(world.gate.release(Instant{2 * kNanosPerSecond - Nanos{1}}, out)) << "not before it is due";
  EXPECT_EQ(world.gate.next_due(), Instant{2 * kNanosPerSecond});
  ASSERT_TRUE(world.gate.release(Instant{2 * kNanosPerSecond + Nanos{100}}, out));
  EXPECT_EQ(out.size(), 1U) << "the second version of the key waits for a pass of its own";
  write(world, out);
  EXPECT_THAT(world.sink[key], HasSubstr("open"));
  ASSERT_TRUE(world.gate.release(Instant{2 * kNanosPerSecond + Nanos{100}}, out));
  EXPECT_EQ(out.size(), 2U);
  write(world, out);
  EXPECT_EQ(world.sink, world.truth);
  EXPECT_FALSE(world.gate.holds());
  EXPECT_EQ(world.gate.count(DrillGate::Class::Delay).planted, 3);
}

// The delay of a row that is already deleted cannot be measured.
TEST_F(Gate, ARowDeletedBeforeItWasShownIsNoLongerDelayed) {
  World world = this->world("delay=2s@50%");
  const std::string early = key_of(world, DrillGate::Class::Delay);
  const std::string late = key_of(world, DrillGate::Class::Delay, 1);
  const std::string shown = key_of(world, DrillGate::Class::Delay, 2);
  for (const std::string& key : {early, late, shown}) change(world, key, "open");
  world.now = Instant{kNanosPerSecond};
  change(world, early, std::nullopt);
  world.now = Instant{2 * kNanosPerSecond - Nanos{1}};
  change(world, late, std::nullopt);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Delay).planted, 1);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Delay).healed, 1);
  EXPECT_THAT(world.gate.journal(), HasSubstr(R"("healed": 1, "either": 1)"));
  SinkBatch out;
  ASSERT_TRUE(world.gate.release(Instant{2 * kNanosPerSecond}, out));
  write(world, out);
  EXPECT_EQ(world.sink, world.truth);
  change(world, shown, std::nullopt);
  EXPECT_EQ(world.gate.count(DrillGate::Class::Delay).planted, 2) << "a delete of a row that was shown is held";
}

// Random lives: the differences between truth and sink, class by class, are the journal.
TEST_F(Gate, TheJournalIsExact) {
  std::map<DrillGate::Class, DrillCount> totals;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    World world = this->world("lose=20%,stale=20%,resurrect=20%,wrong=20%");
    for (int step = 0; step < 400; ++step) {
      const std::string key = fmt::format("key{}", random() % 60);
      const bool deletes = random() % 4 == 0;
      change(world, key, deletes ? std::nullopt : std::optional(fmt::format("state{}", random() % 3)));
    }
    std::int64_t missing = 0, stale = 0, resurrected = 0, wrong = 0;
    for (const auto& [key, image] : world.truth) {
      if (!world.sink.contains(key)) {
        ++missing;
      } else if (world.sink[key] != image) {
        ++(world.shown[key].contains(world.sink[key]) ? stale : wrong);
      }
    }
    for (const auto& [key, image] : world.sink) resurrected += !world.truth.contains(key);
    EXPECT_EQ(world.gate.count(DrillGate::Class::Lose).planted, missing) << "seed " << seed;
    EXPECT_EQ(world.gate.count(DrillGate::Class::Stale).planted, stale) << "seed " << seed;
    EXPECT_EQ(world.gate.count(DrillGate::Class::Resurrect).planted, resurrected) << "seed " << seed;
    EXPECT_EQ(world.gate.count(DrillGate::Class::Wrong).planted, wrong) << "seed " << seed;
    for (const auto kind :
         {DrillGate::Class::Lose, DrillGate::Class::Stale, DrillGate::Class::Resurrect, DrillGate::Class::Wrong}) {
      totals[kind].planted += world.gate.count(kind).planted;
      totals[kind].healed += world.gate.count(kind).healed;
    }
  }
  for (const auto& [kind, total] : totals) {
    EXPECT_GT(total.planted, 50) << "or these seeds say nothing";
    EXPECT_GT(total.healed, 50);
  }
}

TEST_F(Gate, TheJournalIsJsonWithEveryClass) {
  World world = this->world("lose=100%");
  change(world, "a", "open");
  EXPECT_EQ(world.gate.journal(),
            R"({"view": "sales", "lose": {"planted": 1, "healed": 0}, "stale": {"planted": 0, "healed": 0}, )"
            R"("resurrect": {"planted": 0, "healed": 0}, "wrong": {"planted": 0, "healed": 0}, )"
            R"("delay": {"planted": 0, "healed": 0, "either": 0, "seconds": 0}})"
            "\n");
}

}  // namespace
}  // namespace freshet
