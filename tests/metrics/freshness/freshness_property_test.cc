// Freshness against a brute-force model of its rules: random lives, random interleavings of commits and looks on a
// virtual timeline. A failure names the seed that replays it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "metrics/fake_shop.h"
#include "metrics/freshness/freshness.h"
#include "metrics/random_numbers.h"

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;
using test::RandomNumbers;

constexpr Ordinal kRoots = 6;

struct Event {
  Settled settled;
  Instant pipeline{};  ///< when the pipeline has it
};

/// The images of the shop under test, from ordinal and version alone.
test::BasketImage basket_image(Ordinal ordinal, Version version) {
  RandomNumbers random(ordinal * 1000 + version);
  test::BasketImage image;
  image.invoice = test::invoice_of(ordinal);
  image.store = "S" + std::to_string(random.below(2));
  image.note = "n" + std::to_string(version);
  image.quantities.clear();
  for (std::uint64_t i = random.below(4); i > 0; --i) image.quantities.push_back(static_cast<int>(random.below(2)));
  return image;
}
test::PaymentImage payment_image(Ordinal ordinal, Version version) {
  RandomNumbers random(ordinal * 2000 + version);
  return {test::invoice_of(ordinal), "s" + std::to_string(random.below(2)), "C" + std::to_string(version)};
}

/// What the view shows of the two inputs, as key → text, written out by hand for the two views of the shop.
std::map<std::string, std::string> rows_of(ViewId view, Ordinal ordinal, Version basket, Version payment) {
  std::map<std::string, std::string> rows;
  if (basket == 0 || payment == 0) return rows;
  const test::BasketImage image = basket_image(ordinal, basket);
  std::string all = image.store + payment_image(ordinal, payment).status;
  for (std::size_t i = 0; i < image.quantities.size(); ++i) {
    const std::string quantity = std::to_string(image.quantities[i]);
    all += "," + quantity;
    if (view == test::kLines) rows[test::line_key(ordinal, static_cast<int>(i + 1))] = image.store + quantity;
  }
  if (view == test::kCompleted) rows[image.invoice] = all;
  return rows;
}

/// What a view shows of one input, whatever the other is.
std::string shown(ViewId view, EntityId entity, Ordinal ordinal, Version version) {
  if (entity == kPayment) return view == test::kLines ? "" : payment_image(ordinal, version).status;
  const test::BasketImage image = basket_image(ordinal, version);
  std::string text = image.store;
  for (const int quantity : image.quantities) text += "," + std::to_string(quantity);
  return text;
}

/// What is known of one root, be it by the judge or by the pipeline.
struct Known {
  Version living[2] = {0, 0};     ///< last committed, 0 when deleted
  Version effective[2] = {0, 0};  ///< last that shows; of a delete its own
  Settled cause[2];

  void take(ViewId view, const Settled& settled) {
    const Change& change = settled.change;
    const std::size_t i = index_of(change.entity);
    const bool shows = change.operation != Operation::Update || living[i] == 0 ||
                       shown(view, change.entity, change.ordinal, effective[i]) !=
                           shown(view, change.entity, change.ordinal, change.version);
    living[i] = change.operation == Operation::Delete ? 0 : change.version;
    if (!shows) return;
    effective[i] = change.version;
    cause[i] = settled;
  }
  [[nodiscard]] std::map<std::string, std::string> rows(ViewId view, Ordinal ordinal) const {
    return rows_of(view, ordinal, living[0], living[1]);
  }
};

/// The rules, one view, with nothing but loops over everything.
class BruteForce {
 public:
  explicit BruteForce(ViewId view) : view_(view) {}

  void settled(const Settled& settled) {
    if (settled.outcome != Outcome::Committed) return;
    const Ordinal ordinal = settled.change.ordinal;
    Known& known = known_[ordinal];
    const auto before = known.rows(view_, ordinal);
    known.take(view_, settled);
    const auto after = known.rows(view_, ordinal);
    std::set<std::string> keys;
    for (const auto& [key, text] : before) keys.insert(key);
    for (const auto& [key, text] : after) keys.insert(key);
    bool changed = false;
    // A row that is deleted and comes back in one step cannot be: every step is one change of one input.
    for (const std::string& key : keys) {
      const bool was = before.contains(key);
      const bool is = after.contains(key);
      if (was && is && before.at(key) == after.at(key)) continue;
      changed = true;
      const Settled& latest =
          known.cause[0].acknowledged > known.cause[1].acknowledged ? known.cause[0] : known.cause[1];
      dues_[key].push_back({{known.effective[0], known.effective[1]}, is ? latest : settled, latest, !was, !is});
      ++expected;
    }
    if (!changed) ++(before.empty() ? not_due : unchanged);
  }

  void look(const std::string& key, bool found, const Version (&versions)[2], Instant began, Instant ended) {
    std::vector<Due>& dues = dues_[key];
    std::size_t satisfied = 0;
    std::size_t alike = 0;  // if the row could be believed not to be there
    bool seen_before = true;
    for (std::size_t i = 0; i < dues.size(); ++i) {
      if (dues[i].appears) seen_before = false;
      const bool there = versions[0] >= dues[i].versions[0] && versions[1] >= dues[i].versions[1];
      const bool gone = dues[i].vanishes && seen_before;
      if (found ? there : gone) satisfied = i + 1;
      if (!found && dues[i].vanishes) alike = i + 1;
    }
    unproven_[key] = found ? 0 : alike - satisfied;
    for (std::size_t i = 0; i < satisfied; ++i) {
      if (i + 1 < satisfied) ++superseded;
      sample(dues[i], last_without_.contains(key) ? last_without_[key] : Instant::min(), ended);
    }
    dues.erase(dues.begin(), dues.begin() + static_cast<std::ptrdiff_t>(satisfied));
    if (dues.empty()) {
      last_without_.erase(key);
    } else {
      last_without_[key] = began;
    }
  }

  [[nodiscard]] std::vector<Nanos> pending_ages(Instant now) const {
    std::vector<Nanos> ages;
    for (const auto& [key, dues] : dues_) {
      const auto unproven = unproven_.find(key);
      for (std::size_t i = unproven == unproven_.end() ? 0 : unproven->second; i < dues.size(); ++i) {
        ages.push_back(now - dues[i].latest.acknowledged);
      }
    }
    std::ranges::sort(ages);
    return ages;
  }
  [[nodiscard]] std::set<std::string> pending_keys() const {
    std::set<std::string> keys;
    for (const auto& [key, dues] : dues_) {
      if (!dues.empty()) keys.insert(key);
    }
    return keys;
  }

  std::int64_t expected = 0;
  std::int64_t superseded = 0;
  std::int64_t unchanged = 0;
  std::int64_t not_due = 0;
  Histogram delay;
  Histogram end_to_end;
  Histogram resolution;
  Histogram earliest;

 private:
  struct Due {
    Version versions[2];
    Settled credited;
    Settled latest;
    bool appears;
    bool vanishes;
  };

  void sample(const Due& due, Instant last_without, Instant ended) {
    const Instant commit = ended < due.latest.acknowledged ? due.latest.released : due.latest.acknowledged;
    delay.record(ended - due.latest.acknowledged);
    end_to_end.record(ended.time_since_epoch() - due.credited.change.intended);
    resolution.record(ended - std::max(last_without, commit));
    earliest.record(std::max(last_without, commit) - due.latest.acknowledged);
  }

  const ViewId view_;
  std::map<Ordinal, Known> known_;
  std::map<std::string, std::vector<Due>> dues_;
  std::map<std::string, Instant> last_without_;
  std::map<std::string, std::size_t> unproven_;  ///< by key, of the versions that are due
};

/// Lives of all roots on one timeline, in the order of their acknowledgements.
std::vector<Event> timeline(RandomNumbers& random) {
  std::vector<Event> events;
  for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
    for (const EntityId entity : {kBasket, kPayment}) {
      std::int64_t at = 100 + static_cast<std::int64_t>(random.below(300));
      Instant pipeline{};
      bool living = false;
      const auto versions = static_cast<Version>(random.below(6));
      for (Version version = 1; version <= versions; ++version) {
        const Operation operation = !living                ? Operation::Insert
                                    : random.below(4) == 0 ? Operation::Delete
                                                           : Operation::Update;
        Settled settled = test::settle(entity, ordinal, version, operation, at);
        settled.partitions = {-1, -1};  // without a partition there is no evidence (the simulation tests that)
        if (random.below(10) == 0) settled.outcome = Outcome::Rejected;
        if (settled.outcome == Outcome::Committed) living = operation != Operation::Delete;
        // The pipeline may be ahead of the acknowledgement, never of its own order.
        pipeline =
            std::max(pipeline, settled.acknowledged + static_cast<std::int64_t>(random.below(300)) * kNanosPerMilli -
                                   60 * kNanosPerMilli);
        events.push_back({settled, pipeline});
        at += 1 + static_cast<std::int64_t>(random.below(200));
      }
    }
  }
  std::ranges::sort(events, {}, [](const Event& event) {
    return std::tuple(event.settled.acknowledged, event.settled.change.ordinal, event.settled.change.entity);
  });
  return events;
}

/// What the sink holds at an instant: what the pipeline has by then.
Known sink_at(const std::vector<Event>& events, ViewId view, Ordinal ordinal, Instant instant) {
  Known known;
  for (const Event& event : events) {
    const bool there = event.pipeline <= instant && event.settled.outcome == Outcome::Committed;
    if (there && event.settled.change.ordinal == ordinal) known.take(view, event.settled);
  }
  return known;
}

class FreshnessProperty : public testing::TestWithParam<ViewId> {};

TEST_P(FreshnessProperty, AgreesWithTheRulesSpelledOut) {
  const ViewId view = GetParam();
  Scenario scenario = test::shop_that_updates("items");
  test::also_update(scenario, "store");
  std::int64_t superseded = 0;
  std::int64_t negative = 0;
  std::int64_t censored = 0;
  std::int64_t unproven = 0;
  for (std::uint64_t seed = 1; seed <= 450; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNumbers random(seed);
    const std::vector<Event> events = timeline(random);
    test::FakeRows rows(scenario);
    rows.basket = basket_image;
    rows.payment = payment_image;
    rows.life = [&](EntityId entity, Ordinal ordinal) {
      std::vector<LifeEvent> life;
      for (const Event& event : events) {
        const Change& change = event.settled.change;
        if (change.entity == entity && change.ordinal == ordinal) life.push_back({change.version, change.operation});
      }
      return life;
    };
    Freshness freshness(scenario, rows);
    freshness.set_zero({});
    BruteForce truth(view);

    const auto look = [&](Instant began) {
      std::vector<std::string> keys;
      freshness.sought(view, Instant::max(), 1000, keys);
      ASSERT_EQ((std::set<std::string>{keys.begin(), keys.end()}), truth.pending_keys());
      if (keys.empty()) return;
      const std::string key = keys[random.below(keys.size())];
      const Instant ended = began + static_cast<std::int64_t>(random.below(20)) * kNanosPerMilli;
      const Ordinal ordinal = *rows.ordinal_of(kBasket, key.substr(0, key.find(kKeySeparator)));
      const Known sink = sink_at(events, view, ordinal, began);
      const bool found = sink.rows(view, ordinal).contains(key);
      const std::vector<Version> versions =
          found ? std::vector<Version>{sink.effective[0], sink.effective[1]} : std::vector<Version>{0, 0};
      freshness.sighted(view, std::vector{key}, std::vector{Sighting{0, found, versions}}, began, ended);
      truth.look(key, found, {versions[0], versions[1]}, began, ended);
    };
    for (const Event& event : events) {
      freshness.settled(std::vector{event.settled});
      truth.settled(event.settled);
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        // Some looks began before the commit was acknowledged.
        look(event.settled.acknowledged + (static_cast<std::int64_t>(random.below(60)) - 20) * kNanosPerMilli);
      }
    }
    const Instant end = events.empty() ? Instant{} : events.back().settled.acknowledged + 100 * kNanosPerMilli;
    for (int i = 0; i < 2; ++i) look(end);
    freshness.finish(end);

    const FreshnessSeries all = freshness.series(view).at("all");
    ASSERT_EQ(all.expected, truth.expected);
    ASSERT_EQ(all.superseded, truth.superseded);
    ASSERT_EQ(all.unchanged, truth.unchanged);
    ASSERT_EQ(all.not_due, truth.not_due);
    ASSERT_EQ(all.negative, truth.delay.negative());
    ASSERT_EQ(all.censored_ages, truth.pending_ages(end));
    ASSERT_EQ(all.expected, all.delay.count() + all.censored + all.unproven);
    for (const auto& [mine, theirs] :
         {std::pair(&all.delay, &truth.delay), std::pair(&all.end_to_end, &truth.end_to_end),
          std::pair(&all.resolution, &truth.resolution), std::pair(&all.earliest, &truth.earliest)}) {
      ASSERT_EQ(mine->count(), theirs->count());
      for (std::int64_t k = 1; k <= mine->count(); ++k) ASSERT_EQ(mine->at_rank(k), theirs->at_rank(k));
    }
    ASSERT_EQ(freshness.sizes().roots, 0u) << "all lives are over";
    superseded += all.superseded;
    negative += all.negative;
    censored += all.censored;
    unproven += all.unproven;
  }
  // The lives are wild enough to reach every rule.
  EXPECT_GT(superseded, 50);
  EXPECT_GT(negative, 20);
  EXPECT_GT(censored, 50);
  EXPECT_GT(unproven, 20);
}

INSTANTIATE_TEST_SUITE_P(Views, FreshnessProperty, testing::Values(test::kCompleted, test::kLines));

/// Reports that overtake each other, in every order in which the reports of two inputs can interleave, give the same
/// rows the same last due version, at the same instant and to the same credit.
TEST(FreshnessOrder, TheLastDueVersionDoesNotDependOnTheOrderOfReports) {
  const Scenario scenario = test::shop();
  for (const auto& [basket_ms, payment_ms] : {std::pair(100, 200), std::pair(250, 200)}) {
    std::set<std::string> results;
    for (const bool basket_first : {true, false}) {
      test::FakeRows rows(scenario);
      Freshness freshness(scenario, rows);
      freshness.set_zero({});
      std::vector<Settled> reports{test::settle(kBasket, 1, 1, Operation::Insert, basket_ms),
                                   test::settle(kPayment, 1, 1, Operation::Insert, payment_ms)};
      if (!basket_first) std::swap(reports[0], reports[1]);
      freshness.settled(reports);
      freshness.finish(Instant{300 * kNanosPerMilli});
      std::string result;
      for (const auto& [name, series] : freshness.series(test::kLines)) {
        result += name + " " + std::to_string(series.expected) + " " + std::to_string(series.not_due);
        for (const Nanos age : series.censored_ages) result += " " + std::to_string(age.count());
        for (const Nanos age : series.censored_ages_end_to_end) result += " " + std::to_string(age.count());
        result += "; ";
      }
      results.insert(result);
    }
    EXPECT_EQ(results.size(), 1u) << testing::PrintToString(results);
  }
}

}  // namespace
}  // namespace freshet
