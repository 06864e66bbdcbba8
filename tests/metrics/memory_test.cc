// What the judge remembers of what went well is a cursor: its memory follows what is in flight and what went wrong,
// never how much there was. Live bytes are counted by this program's own operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "fake_windows.h"
#include "metrics/freshness/freshness.h"
#include "metrics/ledger/ledger.h"
#include "metrics/oracle/window_groups.h"

namespace {
std::atomic<std::int64_t> live_bytes = 0;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory != nullptr) live_bytes += static_cast<std::int64_t>(::malloc_usable_size(memory));
  return memory;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  live_bytes -= static_cast<std::int64_t>(::malloc_usable_size(memory));
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;

constexpr EntityId kProduct{2};
constexpr std::int64_t kMegabyte = 1'000'000;

/// The shop, and products that no view shows.
Scenario shop_with_products() {
  Scenario scenario = test::shop();
  Entity product = scenario.entities[0];
  product.name = "product";
  scenario.entities.push_back(product);
  return scenario;
}

/// Ledger and freshness, fed as a run feeds them: batches of outcomes, looks at what is due.
class Judge {
 public:
  void settle(const Settled& settled) {
    batch_.push_back(settled);
    if (batch_.size() == kBatch) flush();
  }
  void flush() {
    ledger.settled(batch_);
    freshness.settled(batch_);
    batch_.clear();
    for (const ViewId view : {test::kCompleted, test::kLines}) look(view);
  }
  [[nodiscard]] std::int64_t most_bytes() const { return most_ - before_; }

  const Scenario scenario = shop_with_products();
  const test::FakeRows rows{scenario};
  const std::int64_t before_ = live_bytes;
  Ledger ledger{scenario};
  Freshness freshness{scenario, rows};

 private:
  static constexpr std::size_t kBatch = 200;
  /// The sink holds all that is due.
  void look(ViewId view) {
    do {
      keys_.clear();
      now_ += kNanosPerMilli;
      freshness.sought(view, now_, 1'000, keys_);
      sightings_.clear();
      for (std::size_t i = 0; i < keys_.size(); ++i) sightings_.push_back({i, true, {1, 1}});
      freshness.sighted(view, keys_, sightings_, now_, now_ + Nanos{1});
      most_ = std::max<std::int64_t>(most_, live_bytes);
    } while (!keys_.empty());
  }

  std::vector<Settled> batch_;
  std::vector<std::string> keys_;
  std::vector<Sighting> sightings_;
  Instant now_{};
  std::int64_t most_ = 0;
};

TEST(Memory, FiftyMillionChangesStayUnder200Megabytes) {
  constexpr std::int64_t kChanges = 50'000'000;
  constexpr std::int64_t kEvery = 50;  // one basket with its payment per this many changes of products
  constexpr std::int64_t kException = 5'000;
  Judge judge;
  std::int64_t in_the_middle = 0;
  for (std::int64_t i = 0; i < kChanges; ++i) {
    const auto at_ms = i / 1'000;
    const auto ordinal = static_cast<Ordinal>(i / kEvery);
    const Outcome outcome = i % kException == 7 ? Outcome::Rejected : Outcome::Committed;
    if (i % kEvery < 2) {
      judge.settle(test::settle(i % kEvery == 0 ? kBasket : kPayment, ordinal, 1, Operation::Insert, at_ms));
    } else {
      judge.settle(test::settle(kProduct, static_cast<Ordinal>(i % 1'000), static_cast<Version>(i / 1'000 + 1),
                                Operation::Update, at_ms, outcome));
    }
    if (i == kChanges / 2) in_the_middle = judge.most_bytes();
  }
  judge.flush();
  EXPECT_EQ(judge.ledger.settled_total(), kChanges);
  EXPECT_EQ(judge.ledger.total(Outcome::Rejected), kChanges / kException);
  EXPECT_EQ(judge.freshness.series(test::kCompleted).at("all").expected, kChanges / kEvery) << "and all of it judged";
  EXPECT_LT(judge.most_bytes(), 200 * kMegabyte);
  // The second half leaves no trace but its exceptions.
  EXPECT_LT(judge.most_bytes() - in_the_middle, 4 * kMegabyte);
  const Freshness::Sizes left = judge.freshness.sizes();
  EXPECT_EQ(left.roots, 0U);
  EXPECT_EQ(left.rows, 0U);
}

/// Every value of a window may be its least or its most until its root can no longer change.
TEST(Memory, IsThatOfValuesThatCanStillBeTakenBackFromWindows) {
  constexpr std::int64_t kValues = 100'000;
  const Scenario scenario = test::shop_with_windows();
  const auto bytes_of = [&](bool settled) {
    const std::int64_t before = live_bytes;
    WindowGroups groups(scenario.view(test::kPerStore));
    for (std::int64_t value = 0; value < kValues; ++value) {
      test::Tally one;
      one.add(value);
      ExpectedRow row;
      row.key = "S1";
      row.image = test::row_of("S1", 0, one);
      groups.add(row);
      if (settled) groups.settle(row);
    }
    return live_bytes - before;
  };
  EXPECT_LT(bytes_of(true), kMegabyte / 100);
  EXPECT_GT(bytes_of(false), 4 * kMegabyte) << "the control";
}

/// Negative control: the measure sees what is remembered. A million exceptions cost what a million exceptions cost.
TEST(Memory, IsThatOfTheExceptions) {
  constexpr std::int64_t kExceptions = 1'000'000;
  Judge judge;
  for (std::int64_t i = 0; i < kExceptions; ++i) {
    judge.settle(test::settle(kProduct, static_cast<Ordinal>(i), 1, Operation::Insert, i / 1'000, Outcome::Withheld));
  }
  judge.flush();
  EXPECT_GT(judge.most_bytes(), 20 * kExceptions);
  EXPECT_LT(judge.most_bytes(), 150 * kExceptions);
}

/// Negative control: what is in flight is remembered until it is seen.
TEST(Memory, IsThatOfWhatIsInFlight) {
  Judge judge;
  constexpr Ordinal kBaskets = 1'000;
  for (Ordinal i = 0; i < kBaskets; ++i) {
    const Settled unpaid = test::settle(kBasket, i, 1, Operation::Insert, 10);
    judge.freshness.settled({&unpaid, 1});
  }
  EXPECT_EQ(judge.freshness.sizes().roots, kBaskets);
}

}  // namespace
}  // namespace freshet
