// Whole runs of split-sales-windows on a virtual clock: the real rows, schedule, freshness and audit around a naive
// pipeline that reads a topic of eight partitions and a database, each in its own order, and writes in batches. Commits
// of one group overtake each other on their way; the seed decides how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fakes/dice.h"
#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "metrics/audit/audit.h"
#include "metrics/freshness/freshness.h"
#include "metrics/ledger/ledger.h"
#include "scenarios/loader/loader.h"

namespace freshet::simulation {
namespace {

constexpr Instant kZero{30 * kNanosPerSecond};
constexpr WallTime kEpoch{1'700'000'001 * kMicrosPerSecond};
constexpr Nanos kBatch = 40 * kNanosPerMilli;
constexpr Nanos kLook = 60 * kNanosPerMilli;

enum class Pipeline { Sound, DeafToDeletes };

Loaded load_windows(std::uint64_t seed) {
  Overrides overrides;
  overrides.seed = seed;
  overrides.rate = "40/s";
  overrides.duration = "15s";
  overrides.set = {{"/entities/product/rows", "50"}};
  return load_scenario(FRESHET_SOURCE_DIR "/scenarios/split-sales-windows.json", overrides);
}

/// One of the scenario's views with windows, computed by adding everything up again: per store, or per store and
/// product.
class NaiveWindows {
 public:
  NaiveWindows(const Scenario& scenario, const Rows& rows, const std::string& name, bool per_product)
      : id(*scenario.find_view(name)), view_(scenario.view(id)), rows_(rows), per_product_(per_product) {}

  /// What living and paid baskets of these versions come to: content by key.
  std::map<std::string, std::string> contents(const std::map<Ordinal, Version>& baskets,
                                              const std::set<Ordinal>& paid) const {
    std::map<std::pair<std::vector<std::string>, std::int64_t>, std::vector<std::int64_t>> groups;
    for (const auto& [ordinal, version] : baskets) {
      if (!paid.contains(ordinal)) continue;
      Row& row = cache_[{ordinal, version}];
      if (row.cells.empty()) rows_.row(basket, ordinal, version, row);
      const std::int64_t size = view_.tumble->size.count() / 1'000;
      const std::int64_t start = std::stoll(text(row, "saleTimestamp_Epoc")) / size * size;
      if (!per_product_) {
        groups[{{text(row, "store.id")}, start}].push_back(cell(row, "total").number);
        continue;
      }
      const Cell& list = cell(row, "basketItems");
      const RecordType& item = *type()[*type().find("basketItems")].type.item;
      for (std::size_t i = 0; i < static_cast<std::size_t>(list.number); ++i) {
        const auto at = [&](const char* name) {
          return row.cells[list.begin + i * item.width() + index_of(*item.find(name))];
        };
        groups[{{text(row, "store.id"), std::string(row.text_of(at("name")))}, start}].push_back(at("subtotal").number);
      }
    }
    std::map<std::string, std::string> out;
    for (const auto& [group, values] : groups) {
      const Row row = row_of(group.first, group.second, values);
      std::string key;
      for (const ColumnIndex part : view_.key) {
        const std::size_t at = index_of(part);
        if (part != view_.key.front()) key.push_back(kKeySeparator);
        append_text(row, row.cells[at], view_.columns[at].type, key);
      }
      std::string& content = out[key];
      append_content(row, view_.record, content);
      images[content] = row;
    }
    return out;
  }

  const ViewId id;
  mutable std::map<std::string, Row> images;  ///< by content, of everything that there ever was

 private:
  static constexpr EntityId basket{3};
  [[nodiscard]] const RecordType& type() const { return rows_.type_of(basket); }
  [[nodiscard]] const Cell& cell(const Row& row, const char* name) const { return row[type().find(name).value()]; }
  [[nodiscard]] std::string text(const Row& row, const char* name) const {
    return std::string(row.text_of(cell(row, name)));
  }
  [[nodiscard]] Row row_of(const std::vector<std::string>& group, std::int64_t start_ms,
                           const std::vector<std::int64_t>& values) const {
    Row row;
    row.reset(view_.columns.size());
    std::size_t at = 0;
    for (const std::string& part : group) row.cells[at++] = row.add_text(part);
    row.cells[at++] = time_cell(start_ms * 1'000);
    row.cells[at++] = integer_cell(static_cast<std::int64_t>(values.size()));
    std::int64_t sum = 0;
    for (const std::int64_t value : values) sum += value;
    row.cells[at++] = decimal_cell(sum);
    if (per_product_) return row;
    row.cells[at++] = decimal_cell(*std::ranges::min_element(values));
    row.cells[at++] = decimal_cell(*std::ranges::max_element(values));
    return row;
  }

  const View& view_;
  const Rows& rows_;
  const bool per_product_;
  mutable std::map<std::pair<Ordinal, Version>, Row> cache_;
};

class WindowRun {
 public:
  explicit WindowRun(std::uint64_t seed, Pipeline pipeline = Pipeline::Sound)
      : loaded_(load_windows(seed)),
        identity_{seed, 0, kEpoch},
        model_(make_model(scenario(), identity_)),
        dice_(seed, "windows"),
        pipeline_(pipeline),
        views_{NaiveWindows{scenario(), *model_, "sales_per_store_5min", false},
               NaiveWindows{scenario(), *model_, "sales_per_product_5min", true}},
        ledger(scenario()),
        freshness(scenario(), *model_) {
    FRESHET_CHECK(scenario().entity(EntityId{3}).name == "basket", "the basket is where these tests expect it");
    ledger.set_zero(kZero);
    freshness.set_zero(kZero, kEpoch);
    plan_commits();
    const Instant end = last_ + 3 * kNanosPerSecond;
    for (Instant at{}; at < end; at += kBatch) events_.emplace(at, [this] { write_sinks(); });
    for (Instant at{}; at < end; at += kLook) events_.emplace(at, [this, at] { look(at); });
    for (const auto& [at, event] : events_) event();
    freshness.finish(end);
  }

  [[nodiscard]] AuditReport audit(std::size_t which) {
    Audit audit(scenario(), *model_, ledger, views_[which].id);
    for (const auto& [key, content] : shown_[which]) audit.found(views_[which].images.at(content));
    return audit.finish();
  }
  [[nodiscard]] ViewId view(std::size_t which) const { return views_[which].id; }
  [[nodiscard]] const Scenario& scenario() const { return *loaded_.scenario; }
  static constexpr std::size_t kViews = 2;

 private:
  /// When each change commits, is reported, and reaches the pipeline: one stream per partition, and one of the
  /// database.
  void plan_commits() {
    std::vector<Change> changes;
    canary_changes(scenario(), *model_, changes);
    const auto schedule = make_schedule(scenario(), *model_, identity_, 0, 1);
    for (Change change; schedule->next(change);) changes.push_back(change);
    std::map<Ordinal, Instant> last_of_root;
    std::multimap<Instant, Change> committed;
    for (const Change& change : changes) {
      const Instant intended = kZero + change.intended;
      Instant& last = last_of_root[change.root];
      last = std::max(last, intended) + dice_.wait(8 * kNanosPerMilli);
      committed.emplace(last, change);
    }
    std::array<Instant, 9> streams{};
    for (const auto& [at, change] : committed) {
      const std::string& entity = scenario().entity(change.entity).name;
      Settled settled;
      settled.change = change;
      settled.released = at - kNanosPerMilli;
      settled.acknowledged = at;
      events_.emplace(at + dice_.wait(kNanosPerMilli), [this, settled] {
        freshness.settled({&settled, 1});
        ledger.settled({&settled, 1});
      });
      if (entity != "basket" && entity != "payment") continue;
      Instant& stream = streams[entity == "payment" ? 8 : change.ordinal % 8];
      stream = std::max(stream, at + dice_.wait(40 * kNanosPerMilli));
      events_.emplace(stream, [this, change = change, basket = entity == "basket"] { arrived(change, basket); });
      last_ = std::max(last_, stream);
    }
  }

  void arrived(const Change& change, bool basket) {
    unwritten_ = true;
    const bool deleted = change.operation == Operation::Delete;
    if (deleted && pipeline_ == Pipeline::DeafToDeletes) return;
    if (basket) {
      baskets_[change.ordinal] = change.version;
    } else if (deleted) {
      paid_.erase(change.ordinal);
    } else {
      paid_.insert(change.ordinal);
    }
  }

  void write_sinks() {
    if (!std::exchange(unwritten_, false)) return;
    for (std::size_t i = 0; i < kViews; ++i) shown_[i] = views_[i].contents(baskets_, paid_);
  }

  void look(Instant at) {
    for (std::size_t i = 0; i < kViews; ++i) {
      std::vector<std::string> keys;
      std::vector<Sighting> sightings;
      freshness.sought(views_[i].id, at, 100'000, keys);
      for (std::size_t k = 0; k < keys.size(); ++k) {
        const auto found = shown_[i].find(keys[k]);
        sightings.push_back({k, found != shown_[i].end(), {}, found == shown_[i].end() ? "" : found->second});
      }
      freshness.sighted(views_[i].id, keys, sightings, at, at);
    }
  }

  const Loaded loaded_;
  const RunIdentity identity_;
  const std::unique_ptr<const Rows> model_;
  fakes::Dice dice_;
  const Pipeline pipeline_;
  const std::array<NaiveWindows, kViews> views_;
  std::multimap<Instant, std::function<void()>> events_;
  Instant last_{};
  bool unwritten_ = false;
  std::map<Ordinal, Version> baskets_;
  std::set<Ordinal> paid_;
  std::array<std::map<std::string, std::string>, kViews> shown_;

 public:
  Ledger ledger;
  Freshness freshness;
};

TEST(WindowSimulation, ASoundPipelineIsRightToTheLastCentAndSeenInTime) {
  std::int64_t open = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WindowRun run(seed);
    for (std::size_t i = 0; i < WindowRun::kViews; ++i) {
      const AuditReport audit = run.audit(i);
      EXPECT_EQ(audit.errors(), 0);
      EXPECT_GT(audit.expected, 100);
      EXPECT_EQ(audit.found, audit.expected);
      const FreshnessSeries all = run.freshness.series(run.view(i)).at("all");
      EXPECT_GT(all.delay.count(), 150);
      EXPECT_EQ(all.censored, 0);
      // A batch, a look and the ways there: cuts are met one by one, although commits overtake each other.
      EXPECT_LT(all.delay.quantile(0.9), kNanosPerSecond);
      const WindowRecord windows = run.freshness.windows(run.view(i)).value();
      EXPECT_GT(windows.closed.expected, 50);
      EXPECT_EQ(windows.closed.delay.count(), windows.closed.expected);
      open += windows.open;
      EXPECT_LE(windows.closed.delay.max(), all.delay.max() + kLook) << "nothing is final later than it is fresh";
    }
  }
  EXPECT_GT(open, 0);
}

TEST(WindowSimulation, NegativeControlAPipelineThatIgnoresDeletesIsCaughtInAuditAndFreshness) {
  WindowRun run(1, Pipeline::DeafToDeletes);
  for (std::size_t i = 0; i < WindowRun::kViews; ++i) {
    EXPECT_GT(run.audit(i).errors(), 5);
    EXPECT_GT(run.freshness.series(run.view(i)).at("all").censored, 0);
    EXPECT_GT(run.freshness.windows(run.view(i)).value().closed.censored, 0);
  }
}

}  // namespace
}  // namespace freshet::simulation
