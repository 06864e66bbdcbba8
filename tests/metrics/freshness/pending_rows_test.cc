// Pending rows: which key is looked for next, and what one look proves.
#include "metrics/freshness/pending_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PendingRowsTest : public testing::Test {
 protected:
  static Instant instant(std::int64_t ns) { return Instant{Nanos{ns}}; }
  void add(const std::string& key, std::int64_t at, std::vector<Version> versions, Effect effect = Effect::Appears) {
    Due due;
    due.acknowledged = instant(at);
    due.versions = std::move(versions);
    rows_.add(key, std::make_shared<const Due>(std::move(due)), effect);
  }
  std::vector<std::string> sought(std::int64_t since, std::size_t most = 100) {
    std::vector<std::string> keys;
    rows_.sought(instant(since), most, keys);
    return keys;
  }
  /// When the versions that this look satisfied came due; superseded ones negative.
  std::vector<std::int64_t> found(const std::string& key, std::vector<Version> versions, std::int64_t began) {
    return satisfied(key, {0, true, std::move(versions)}, began);
  }
  std::vector<std::int64_t> gone(const std::string& key, std::int64_t began) {
    return satisfied(key, {0, false, {}}, began);
  }

  std::vector<std::int64_t> satisfied(const std::string& key, const Sighting& sighting, std::int64_t began) {
    std::vector<SeenVersion> seen;
    rows_.sighted(
        key, sighting, instant(began), [this](const Due& due) { return due.acknowledged <= instant(passed_until_); },
        seen);
    std::vector<std::int64_t> instants;
    by_evidence_ = 0;
    for (const SeenVersion& one : seen) {
      by_evidence_ += one.by_evidence ? 1 : 0;
      const std::int64_t due = one.due->acknowledged.time_since_epoch().count();
      instants.push_back(one.superseded ? -due : due);
      last_without_ = one.last_without;
    }
    return instants;
  }

  /// For a view with windows; an empty content means no row.
  void add_content(const std::string& key, std::int64_t at, std::string was, std::string content) {
    Due due;
    due.acknowledged = instant(at);
    due.was = std::move(was);
    due.content = std::move(content);
    const Effect effect = due.was.empty() ? Effect::Appears : due.content.empty() ? Effect::Vanishes : Effect::Changes;
    rows_.add(key, std::make_shared<const Due>(std::move(due)), effect);
  }
  std::vector<std::int64_t> shows(const std::string& key, const std::string& content, std::int64_t began) {
    return satisfied(key, {0, !content.empty(), {}, content}, began);
  }

  PendingRows rows_;
  Instant last_without_{};
  std::int64_t passed_until_ = 0;  ///< what was acknowledged by then, the pipeline has passed
  int by_evidence_ = 0;            ///< of the versions that the last look satisfied
};

TEST_F(PendingRowsTest, SeeksTheOldestFirstAndNoMoreThanAsked) {
  add("late", 30, {1, 1});
  add("early", 10, {1, 1});
  add("middle", 20, {1, 1});
  EXPECT_THAT(sought(0), ElementsAre("early", "middle", "late"));
  EXPECT_THAT(sought(0, 2), ElementsAre("early", "middle"));
  EXPECT_THAT(sought(0, 0), IsEmpty());
  EXPECT_EQ(rows_.oldest(), instant(10));
}

TEST_F(PendingRowsTest, SeeksNoRowTwiceInARound) {
  for (const char* key : {"a", "b", "c"}) add(key, 10, {1, 1});
  const std::int64_t round = 100;
  EXPECT_THAT(sought(round, 2), ElementsAre("a", "b"));
  gone("a", 101);
  gone("b", 101);
  EXPECT_THAT(sought(round, 2), ElementsAre("c"));
  gone("c", 102);
  EXPECT_THAT(sought(round, 2), IsEmpty());
  EXPECT_THAT(sought(102), ElementsAre("a", "b")) << "looked for before 102: due again";
  EXPECT_THAT(sought(103), ElementsAre("a", "b", "c"));
  EXPECT_THAT(sought(round), IsEmpty()) << "an earlier `since` counts the same looks";
}

TEST_F(PendingRowsTest, ARowIsSatisfiedWhenNoComponentIsBehind) {
  add("a", 10, {2, 3});
  EXPECT_THAT(found("a", {2, 2}, 11), IsEmpty());
  EXPECT_THAT(found("a", {1, 9}, 12), IsEmpty());
  EXPECT_THAT(found("a", {2, 3}, 13), ElementsAre(10));
  EXPECT_EQ(rows_.rows(), 0u);
  EXPECT_EQ(rows_.versions(), 0u);
  EXPECT_EQ(rows_.oldest(), std::nullopt);
}

TEST_F(PendingRowsTest, ALaterVersionSupersedesTheEarlierOnes) {
  add("a", 10, {1, 1});
  add("a", 20, {1, 2}, Effect::Changes);
  add("a", 30, {1, 3}, Effect::Changes);
  EXPECT_EQ(rows_.versions(), 3u);
  EXPECT_THAT(found("a", {1, 2}, 31), ElementsAre(-10, 20));
  EXPECT_EQ(rows_.oldest(), instant(30));
  EXPECT_THAT(found("a", {1, 7}, 32), ElementsAre(30));
}

TEST_F(PendingRowsTest, AbsenceSatisfiesADeleteOfARowThatWasSeen) {
  add("a", 20, {1, 2}, Effect::Vanishes);
  EXPECT_THAT(found("a", {1, 1}, 30), IsEmpty()) << "still there";
  EXPECT_THAT(gone("a", 31), ElementsAre(20));
}

TEST_F(PendingRowsTest, AbsenceProvesADeleteEvenBeforeItsWriterWasTold) {
  add("a", 20, {1, 3}, Effect::Changes);
  add("a", 30, {1, 4}, Effect::Vanishes);
  EXPECT_THAT(gone("a", 25), ElementsAre(-20, 30));
}

TEST_F(PendingRowsTest, AbsenceOfARowThatHasNotAppearedYetSatisfiesNothing) {
  add("a", 20, {1, 1}, Effect::Appears);
  EXPECT_THAT(gone("a", 25), IsEmpty());
  add("a", 30, {1, 2}, Effect::Vanishes);
  EXPECT_THAT(gone("a", 29), IsEmpty());
  EXPECT_THAT(gone("a", 1'000), IsEmpty()) << "however late it is: it may still be on its way";
  passed_until_ = 29;
  EXPECT_THAT(gone("a", 1'001), IsEmpty()) << "its insert has been passed, its delete has not";
  passed_until_ = 30;
  EXPECT_THAT(gone("a", 1'002), ElementsAre(-20, 30)) << "never seen, and gone for good";
  EXPECT_EQ(by_evidence_, 2);
}

TEST_F(PendingRowsTest, EvidenceOfADeleteSaysNothingOfARowThatIsThere) {
  add("a", 20, {1, 1}, Effect::Appears);
  add("a", 30, {1, 2}, Effect::Vanishes);
  passed_until_ = 30;
  EXPECT_THAT(found("a", {1, 1}, 40), ElementsAre(20));
  EXPECT_EQ(by_evidence_, 0);
  EXPECT_THAT(found("a", {1, 1}, 50), IsEmpty());
  EXPECT_TRUE(rows_.all_overdue()) << "nothing more can come, and yet it is there: resurrected";
  EXPECT_THAT(gone("a", 60), ElementsAre(30));
  EXPECT_EQ(by_evidence_, 0) << "it had been seen";
}

TEST_F(PendingRowsTest, TheFirstDeleteOfARowThatWasSeenNeedsNoEvidenceAndTheSecondDoes) {
  add("a", 20, {1, 2}, Effect::Vanishes);
  add("a", 30, {1, 3}, Effect::Appears);
  add("a", 40, {1, 4}, Effect::Vanishes);
  EXPECT_THAT(gone("a", 50), ElementsAre(20));
  EXPECT_THAT(gone("a", 51), IsEmpty());
  passed_until_ = 40;
  EXPECT_THAT(gone("a", 52), ElementsAre(-30, 40));
  EXPECT_EQ(by_evidence_, 2);
}

TEST_F(PendingRowsTest, WhatHasBeenPassedAndIsNotThereIsOverdueOnceItWasLookedFor) {
  EXPECT_TRUE(rows_.all_overdue());
  add("lost", 20, {1, 1}, Effect::Appears);
  passed_until_ = 20;
  EXPECT_FALSE(rows_.all_overdue()) << "nobody looked since";
  gone("lost", 30);
  EXPECT_TRUE(rows_.all_overdue());
  add("lost", 40, {1, 2}, Effect::Changes);
  EXPECT_FALSE(rows_.all_overdue());
  found("lost", {1, 2}, 50);
  EXPECT_TRUE(rows_.all_overdue());
  EXPECT_EQ(rows_.rows(), 0U);
}

TEST_F(PendingRowsTest, AContentThatIsAsBeforeSatisfiesNothingWithoutEvidence) {
  add_content("g", 20, "a", "b");
  add_content("g", 30, "b", "a");
  EXPECT_THAT(shows("g", "a", 40), IsEmpty()) << "perhaps neither has come";
  passed_until_ = 20;
  EXPECT_THAT(shows("g", "a", 41), ElementsAre(-20, 30)) << "b has been passed, so that this is the later a";
  EXPECT_EQ(by_evidence_, 2);
}

TEST_F(PendingRowsTest, AContentBetweenTwoThatAreAlikeTellsThemApart) {
  add_content("g", 20, "a", "b");
  add_content("g", 30, "b", "a");
  EXPECT_THAT(shows("g", "b", 40), ElementsAre(20));
  EXPECT_THAT(shows("g", "a", 41), ElementsAre(30));
  EXPECT_EQ(by_evidence_, 0);
}

TEST_F(PendingRowsTest, OfTwoVersionsThatLookAlikeTheFirstIsSeen) {
  add_content("g", 20, "a", "b");
  add_content("g", 30, "b", "c");
  add_content("g", 40, "c", "b");
  EXPECT_THAT(shows("g", "b", 50), ElementsAre(20));
  passed_until_ = 40;
  EXPECT_THAT(shows("g", "b", 51), ElementsAre(-30, 40));
  EXPECT_EQ(by_evidence_, 2);
}

TEST_F(PendingRowsTest, AGroupThatCameAndWentNeedsEvidence) {
  add_content("g", 20, "", "a");
  add_content("g", 30, "a", "");
  EXPECT_THAT(shows("g", "", 40), IsEmpty());
  passed_until_ = 30;
  EXPECT_THAT(shows("g", "", 41), ElementsAre(-20, 30));
}

TEST_F(PendingRowsTest, AbsenceDoesNotSatisfyAReinsert) {
  add("a", 20, {1, 2}, Effect::Vanishes);
  add("a", 30, {1, 3}, Effect::Appears);
  EXPECT_THAT(gone("a", 40), ElementsAre(20));
  EXPECT_THAT(found("a", {1, 3}, 50), ElementsAre(30));
}

TEST_F(PendingRowsTest, AReinsertSupersedesTheDelete) {
  add("a", 20, {1, 2}, Effect::Vanishes);
  EXPECT_THAT(found("a", {1, 3}, 40), ElementsAre(20)) << "only a re-insert is beyond the version of a delete";
}

TEST_F(PendingRowsTest, RemembersTheLastLookWithout) {
  add("a", 20, {1, 1});
  gone("a", 25);
  gone("a", 35);
  found("a", {1, 1}, 45);
  EXPECT_EQ(last_without_, instant(35));
  add("b", 20, {1, 1});
  found("b", {1, 1}, 45);
  EXPECT_EQ(last_without_, kNeverLooked);
}

TEST_F(PendingRowsTest, ARowWithoutStampSatisfiesNothing) {
  add("a", 20, {1, 1});
  EXPECT_THAT(found("a", {}, 30), IsEmpty());
  EXPECT_THAT(found("a", {1}, 30), IsEmpty());
}

TEST_F(PendingRowsTest, IgnoresAKeyThatIsNotPending) {
  EXPECT_THAT(found("stranger", {1, 1}, 30), IsEmpty());
  EXPECT_EQ(rows_.rows(), 0u);
}

}  // namespace
}  // namespace freshet
