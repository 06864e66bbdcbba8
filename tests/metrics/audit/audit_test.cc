// Audit: every found row in exactly one class, every expected row looked for (SEMANTICS.md §4). Each test that plants
// an error is the negative control of the one that plants none.
#include "metrics/audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "metrics/fake_shop.h"
#include "metrics/oracle/view_model.h"

namespace freshet {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

/// Ten baskets of three lines. Payments: of 0 none; of 1 deleted; of the others updated twice.
class AuditTest : public testing::Test {
 protected:
  AuditTest() : rows_(scenario_), ledger_(scenario_) {
    rows_.basket = [](Ordinal ordinal, Version version) {
      return test::basket_of(ordinal, {1, 2, 3}, "S" + std::to_string(version));
    };
    rows_.life = [](EntityId entity, Ordinal ordinal) {
      if (entity == kBasket) return test::life_with({Operation::Insert, Operation::Update});
      if (ordinal == 0) return std::vector<LifeEvent>{};
      if (ordinal == 1) return test::life_with({Operation::Insert, Operation::Delete});
      return test::life_with({Operation::Insert, Operation::Update, Operation::Update});
    };
  }

  /// The rows that the view holds of a root at these versions of basket and payment.
  std::vector<Row> at(ViewId view, Ordinal root, Version basket, Version payment) {
    std::vector<ExpectedRow> expected;
    ViewModel(scenario_, rows_, view).rows(root, std::vector{basket, payment}, expected);
    std::vector<Row> rows;
    for (const ExpectedRow& row : expected) rows.push_back(row.image);
    return rows;
  }
  /// What a sink without fault holds.
  std::vector<Row> sound(ViewId view) {
    std::vector<Row> sink;
    for (Ordinal root = 2; root < 10; ++root) {
      for (const Row& row : at(view, root, 2, 3)) sink.push_back(row);
    }
    return sink;
  }
  AuditReport audit(ViewId view, const std::vector<Row>& sink) {
    Audit audit(scenario_, rows_, ledger_, view);
    for (const Row& row : sink) audit.found(row);
    return audit.finish();
  }
  void except(EntityId entity, Ordinal ordinal, Version version, Outcome outcome) {
    ledger_.settled(std::vector{settle(entity, ordinal, version, Operation::Update, 100, outcome)});
  }
  /// missing, stale, duplicate, phantom, resurrected, wrong
  static std::vector<std::int64_t> classes(const AuditReport& report) {
    return {report.missing, report.stale, report.duplicate, report.phantom, report.resurrected, report.wrong};
  }
  static void set_text(Row& row, int column, const std::string& text) {
    const Cell cell = row.add_text(text);
    row.cells[static_cast<std::size_t>(column)] = cell;
  }

  Scenario scenario_ = test::shop_that_updates("store");
  test::FakeRows rows_;
  Ledger ledger_;
};

TEST_F(AuditTest, ASoundSinkHasNoError) {
  for (const ViewId view : {kCompleted, kLines}) {
    const AuditReport report = audit(view, sound(view));
    const std::int64_t rows = view == kLines ? 24 : 8;
    EXPECT_EQ(report.status, AuditReport::Status::Done);
    EXPECT_EQ(report.expected, rows);
    EXPECT_EQ(report.scanned, rows);
    EXPECT_EQ(report.found, rows);
    EXPECT_EQ(report.errors(), 0);
    EXPECT_EQ(report.indeterminate, 0);
    EXPECT_THAT(report.examples, IsEmpty());
  }
}

TEST_F(AuditTest, AnEmptySinkMissesEverything) {
  const AuditReport report = audit(kLines, {});
  EXPECT_THAT(classes(report), ElementsAre(24, 0, 0, 0, 0, 0));
  EXPECT_EQ(report.expected, 24);
  EXPECT_EQ(report.found, 0);
}

TEST_F(AuditTest, ALostRowIsMissing) {
  std::vector<Row> sink = sound(kLines);
  sink.erase(sink.begin() + 4);  // line 2 of basket 3
  const AuditReport report = audit(kLines, sink);
  EXPECT_THAT(classes(report), ElementsAre(1, 0, 0, 0, 0, 0));
  ASSERT_EQ(report.examples.size(), 1u);
  EXPECT_EQ(report.examples[0].kind, "missing");
  EXPECT_EQ(report.examples[0].key, "invoice=I3, line=2");
  EXPECT_EQ(report.examples[0].expected, R"({"invoice":"I3","line":2,"store":"S2","quantity":2})");
  EXPECT_EQ(report.examples[0].found, "no row");
}

TEST_F(AuditTest, ARowOfOlderVersionsIsStale) {
  std::vector<Row> sink = sound(kCompleted);
  sink[0] = at(kCompleted, 2, 2, 2)[0];  // an old payment
  sink[1] = at(kCompleted, 3, 1, 3)[0];  // an old basket
  sink[2] = at(kCompleted, 4, 1, 1)[0];  // both
  const AuditReport report = audit(kCompleted, sink);
  EXPECT_THAT(classes(report), ElementsAre(0, 3, 0, 0, 0, 0));
  EXPECT_EQ(report.found, 8) << "found, if not right";
  EXPECT_THAT(report.examples[0].expected, testing::HasSubstr("status3"));
  EXPECT_THAT(report.examples[0].found, testing::HasSubstr("status2"));
}

TEST_F(AuditTest, AnOldVersionThatLooksTheSameIsRight) {
  std::vector<Row> sink = sound(kLines);
  sink[0] = at(kLines, 2, 2, 1)[0];  // lines show nothing of the payment
  EXPECT_EQ(audit(kLines, sink).errors(), 0);
}

TEST_F(AuditTest, ARowThatNoVersionHasIsWrong) {
  std::vector<Row> sink = sound(kCompleted);
  set_text(sink[5], test::kCompletedStore, "nowhere");
  EXPECT_THAT(classes(audit(kCompleted, sink)), ElementsAre(0, 0, 0, 0, 0, 1));
  sink = sound(kCompleted);
  sink[5].cells[test::kCompletedStatus] = null_cell();
  EXPECT_THAT(classes(audit(kCompleted, sink)), ElementsAre(0, 0, 0, 0, 0, 1));
  sink = sound(kLines);
  sink[7].cells[test::kLinesQuantity] = decimal_cell(2);  // equal in number, not in kind
  EXPECT_THAT(classes(audit(kLines, sink)), ElementsAre(0, 0, 0, 0, 0, 1));
}

TEST_F(AuditTest, ItemsOfAListAreCompared) {
  std::vector<Row> sink = sound(kCompleted);
  const Cell items = sink[0].cells[test::kCompletedItems];
  sink[0].cells[items.begin + 1] = integer_cell(99);
  EXPECT_THAT(classes(audit(kCompleted, sink)), ElementsAre(0, 0, 0, 0, 0, 1));
}

TEST_F(AuditTest, ASecondRowOfAKeyIsADuplicate) {
  std::vector<Row> sink = sound(kLines);
  sink.push_back(sink[10]);
  sink.push_back(sink[10]);
  const AuditReport report = audit(kLines, sink);
  EXPECT_THAT(classes(report), ElementsAre(0, 0, 2, 0, 0, 0));
  EXPECT_EQ(report.found, 24) << "an expected row is found once";
  EXPECT_EQ(report.scanned, 26);
}

TEST_F(AuditTest, ADuplicateOfAnotherImageIsNotCountedTwice) {
  std::vector<Row> sink = sound(kCompleted);
  sink.push_back(at(kCompleted, 2, 2, 1)[0]);
  EXPECT_THAT(classes(audit(kCompleted, sink)), ElementsAre(0, 0, 1, 0, 0, 0));
}

TEST_F(AuditTest, ARowThatWasDeletedIsResurrected) {
  std::vector<Row> sink = sound(kLines);
  for (const Row& row : at(kLines, 1, 2, 1)) sink.push_back(row);
  const AuditReport report = audit(kLines, sink);
  EXPECT_THAT(classes(report), ElementsAre(0, 0, 0, 0, 3, 0));
  EXPECT_EQ(report.expected, 24);
  EXPECT_EQ(report.examples[0].expected, "no row");
  EXPECT_EQ(report.examples[0].key, "invoice=I1, line=1");
}

TEST_F(AuditTest, ARowThatNeverWasIsAPhantom) {
  std::vector<Row> sink = sound(kLines);
  sink.push_back(at(kLines, 0, 1, 1)[0]);  // never paid
  sink.push_back(sink[0]);
  sink.back().cells[test::kLinesLine] = integer_cell(4);  // a line too many
  sink.push_back(sink[0]);
  set_text(sink.back(), test::kLinesInvoice, "another run's");  // no key of ours
  sink.push_back(sink[0]);
  set_text(sink.back(), test::kLinesInvoice, "I10");  // beyond the schedule
  sink.push_back(sink[0]);
  sink.back().cells[test::kLinesLine] = null_cell();
  const AuditReport report = audit(kLines, sink);
  EXPECT_THAT(classes(report), ElementsAre(0, 0, 0, 5, 0, 0));
  EXPECT_EQ(report.examples.size(), AuditReport::kExamples);
}

TEST_F(AuditTest, WhatDidNotCommitIsNotExpected) {
  except(kPayment, 5, 3, Outcome::Rejected);  // the last update of 5: version 2 stands
  except(kPayment, 6, 1, Outcome::Rejected);  // 6 was never paid
  except(kPayment, 6, 2, Outcome::Withheld);
  except(kPayment, 6, 3, Outcome::Withheld);
  std::vector<Row> sink = sound(kCompleted);
  const AuditReport as_if_all_committed = audit(kCompleted, sink);
  EXPECT_EQ(as_if_all_committed.wrong, 1) << "no committed version of 5 has this content";
  EXPECT_EQ(as_if_all_committed.phantom, 1) << "6 must not be there";
  EXPECT_EQ(as_if_all_committed.errors(), 2);
  sink[3] = at(kCompleted, 5, 2, 2)[0];
  sink.erase(sink.begin() + 4);
  EXPECT_EQ(audit(kCompleted, sink).errors(), 0);
}

TEST_F(AuditTest, ARejectedDeleteLeavesTheRowExpected) {
  except(kPayment, 1, 2, Outcome::Rejected);
  EXPECT_THAT(classes(audit(kLines, sound(kLines))), ElementsAre(3, 0, 0, 0, 0, 0));
}

TEST_F(AuditTest, RowsThatDependOnAnUnknownOutcomeAreInNoClass) {
  except(kPayment, 5, 1, Outcome::Unknown);
  except(kPayment, 5, 2, Outcome::Withheld);
  except(kPayment, 5, 3, Outcome::Withheld);
  std::vector<Row> sink = sound(kLines);
  const AuditReport there = audit(kLines, sink);
  EXPECT_EQ(there.errors(), 0);
  EXPECT_EQ(there.indeterminate, 3);
  EXPECT_EQ(there.expected, 21);
  EXPECT_EQ(there.status, AuditReport::Status::Done);
  sink.erase(sink.begin() + 9, sink.begin() + 12);
  EXPECT_EQ(audit(kLines, sink).errors(), 0) << "nor if they are not there";
}

TEST_F(AuditTest, CanariesAreExpectedToo) {
  rows_.canary_ordinals = {kCanary, kCanary + 1};
  std::vector<Row> sink = sound(kLines);
  EXPECT_EQ(audit(kLines, sink).missing, 6);
  for (const Row& row : at(kLines, kCanary, 2, 3)) sink.push_back(row);
  const AuditReport report = audit(kLines, sink);
  EXPECT_THAT(classes(report), ElementsAre(3, 0, 0, 0, 0, 0));
  EXPECT_EQ(report.examples[0].key, "invoice=" + invoice_of(kCanary + 1) + ", line=1");
}

TEST_F(AuditTest, ListsOfAnyLengthAreAudited) {
  rows_.basket = [](Ordinal ordinal, Version) { return test::basket_of(ordinal, std::vector<int>(40, 1)); };
  std::vector<Row> sink = sound(kLines);
  EXPECT_EQ(audit(kLines, sink).errors(), 0);
  sink.push_back(sink[39]);       // line 40 of basket 2, twice
  sink.erase(sink.begin() + 70);  // line 31 of basket 3
  EXPECT_THAT(classes(audit(kLines, sink)), ElementsAre(1, 0, 1, 0, 0, 0));
}

TEST_F(AuditTest, KeepsTheFirstExamplesOfEachClass) {
  std::vector<Row> sink;
  for (Ordinal root = 0; root < 7; ++root) sink.push_back(at(kCompleted, root, 1, 1)[0]);
  const AuditReport report = audit(kCompleted, sink);
  EXPECT_THAT(classes(report), ElementsAre(3, 5, 0, 1, 1, 0));
  std::map<std::string, int> kinds;
  for (const AuditExample& example : report.examples) ++kinds[example.kind];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"missing", 3}, {"stale", 3}, {"phantom", 1}, {"resurrected", 1}}));
}

TEST_F(AuditTest, ARowThatClaimsAVersionThatNeverCommittedIsWrong) {
  const std::vector<Row> sink = sound(kCompleted);
  AuditExample said;
  const auto claims = [&](const std::vector<Version>& versions) {
    Audit audit(scenario_, rows_, ledger_, kCompleted);
    for (std::size_t i = 0; i < sink.size(); ++i) {
      audit.found(sink[i], i == 0 ? versions : std::vector<Version>{2, 3});
    }
    const AuditReport report = audit.finish();
    said = report.examples.empty() ? AuditExample{} : report.examples[0];
    return classes(report)[5];
  };
  EXPECT_EQ(claims({2, 3}), 0) << "what committed";
  EXPECT_EQ(claims({1, 2}), 0) << "and an earlier version with the same content";
  EXPECT_EQ(claims({2, 4'000'000'000}), 1);
  ASSERT_EQ(said.differences.size(), 1U);
  EXPECT_EQ(said.differences[0].column, "payment_version");
  EXPECT_EQ(said.differences[0].found, "4000000000");
  EXPECT_EQ(claims({0, 3}), 1) << "NULL, -1, or no number";
}

TEST_F(AuditTest, ADifferenceCountsWithEvidenceAndWhenItStands) {
  std::vector<Row> sink = sound(kCompleted);
  const Row stale = at(kCompleted, 2, 2, 2).at(0);
  sink[0] = stale;
  sink.pop_back();  // missing
  std::set<std::string> proven;
  const auto look = [&](const Differences* before) {
    AuditBasis basis;
    basis.proven = [&](const std::optional<std::string>& key) { return key && proven.contains(*key); };
    basis.before = before;
    Audit audit(scenario_, rows_, ledger_, kCompleted, basis);
    for (const Row& row : sink) audit.found(row);
    return audit.finish();
  };
  const AuditReport without = look(nullptr);
  EXPECT_EQ(without.errors(), 0);
  EXPECT_EQ(without.unproven, 2);
  EXPECT_EQ(without.differences.size(), 2U);
  proven = {invoice_of(2), invoice_of(9)};
  const AuditReport first = look(nullptr);
  EXPECT_EQ(classes(first), (std::vector<std::int64_t>{1, 1, 0, 0, 0, 0}));
  const AuditReport again = look(&first.differences);
  EXPECT_EQ(again.errors(), 2) << "both stand";
  sink[0] = at(kCompleted, 2, 1, 1).at(0);
  const AuditReport moved = look(&first.differences);
  EXPECT_EQ(moved.in_flight, 1) << "stale in another way: it is being written";
  EXPECT_EQ(moved.errors(), 1);
}

/// Markers are sent again while the first ones are on their way; when those have proven the load, the others may be
/// late.
TEST_F(AuditTest, AMarkerThatIsStillOnItsWayIsNotMissedOnceTheLoadIsProven) {
  rows_.canary_ordinals = {kCanary};
  bool load = true;
  std::set<std::string> unproven = {invoice_of(kCanary)};
  std::vector<Row> sink = sound(kCompleted);
  const auto look = [&] {
    AuditBasis basis;
    basis.proven = [&](const std::optional<std::string>& key) { return key ? !unproven.contains(*key) : load; };
    Audit audit(scenario_, rows_, ledger_, kCompleted, basis);
    for (const Row& row : sink) audit.found(row);
    return audit.finish();
  };
  // Rows without evidence, and how many of them are late markers.
  const auto counts = [&] {
    const AuditReport report = look();
    return std::pair(report.unproven, report.late_markers);
  };
  EXPECT_EQ(counts(), std::pair(1L, 1L));
  load = false;
  EXPECT_EQ(counts(), std::pair(1L, 0L)) << "without it nothing proves the load";
  load = true;
  unproven.clear();
  EXPECT_EQ(counts(), std::pair(0L, 0L));
  EXPECT_EQ(look().missing, 1) << "a later one shows that it was lost";
  unproven = {invoice_of(kCanary), invoice_of(9)};
  sink.pop_back();
  EXPECT_EQ(counts(), std::pair(2L, 1L)) << "a row of the load is not";
}

}  // namespace
}  // namespace freshet
