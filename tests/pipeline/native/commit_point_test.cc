// Sources → operators → sinks that lag, hold back, stall and fail: what is committed the sinks have, and the tables
// were sealed as the sources' positions say.
#include "pipeline/native/commit_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "pipeline/capture/source.h"
#include "pipeline/native/operator_thread.h"
#include "pipeline/sales_scenario.h"
#include "pipeline/state/memory/memory_state.h"

namespace freshet {
namespace {

using shop::kBasket;
using shop::kPayment;

constexpr std::int64_t kSales = 1'500;

/// Sale 0, 1, 2…: a basket in a topic, or its payment in a binlog. A message, or a transaction, each.
class SalesSource final : public Source {
 public:
  SalesSource(const Scenario& scenario, EntityId entity, std::uint32_t seed)
      : scenario_(scenario), entity_(entity), random_(seed) {}

  [[nodiscard]] std::string name() const override { return scenario_.entity(entity_).name; }
  Status next(SourceBatch& out) override {
    if (given_ == kSales) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (auto more = random_() % 5; more > 0 && given_ < kSales; --more) {
      const std::string id = std::to_string(given_++);
      SourceChange& change = out.add();
      change.entity = entity_;
      change.deleted = false;
      change.row = entity_ == kBasket ? shop::row_of(scenario_, shop::Basket{id, "s1", 100, {{"tea", 1, 100}}, 1})
                                      : shop::row_of(scenario_, shop::Payment{id, id, 100, "paid", 1});
    }
    return {};
  }
  [[nodiscard]] std::int64_t rejects() const override { return 0; }
  [[nodiscard]] SourceReading reading() const override { return {std::nullopt, given_ == kSales}; }
  void position(Position& out) const override {
    if (given_ > unknown_from && given_ < unknown_to) {
      out = std::monostate();
    } else if (entity_ == kBasket) {
      out = TopicPosition{{{"baskets", {given_ + ahead}}}};
    } else {
      out = BinlogPosition{{}, "log.000001", static_cast<std::uint64_t>(given_ + ahead)};
    }
  }

  std::int64_t ahead = 0;  ///< a lie: says that it has given more
  std::int64_t unknown_from = kSales, unknown_to = kSales;

 private:
  const Scenario& scenario_;
  EntityId entity_;
  std::mt19937 random_;
  std::int64_t given_ = 0;
};

std::int64_t given(const Position& position) {
  if (const auto* topics = std::get_if<TopicPosition>(&position)) return topics->topics.front().next.front();
  return static_cast<std::int64_t>(std::get<BinlogPosition>(position).offset);
}

/// Sales that are complete when the sources were read so far.
std::int64_t complete(const Positions& positions) {
  return positions.empty() ? 0 : std::min(given(positions[0]), given(positions[1]));
}

/// What the sink of one view has, and how it behaves.
struct Shelf {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> keys;
  bool stalled = false;        ///< no write returns
  std::int64_t fails_at = -1;  ///< the pass that fails
  bool lies = false;           ///< says that it has a pass when the next one comes
  bool lags = true;

  void stall(bool on) {
    std::scoped_lock lock(mutex);
    stalled = on;
    changed.notify_all();
  }
  bool waits_for(std::int64_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20),
                            [&] { return static_cast<std::int64_t>(keys.size()) >= count; });
  }
};

class ShelfWriter final : public SinkWriter {
 public:
  ShelfWriter(Shelf& shelf, std::uint32_t seed) : shelf_(shelf), random_(seed) {}

  Status write(std::span<SinkBatch* const> batches, const std::function<bool()>&) override {
    if (shelf_.lags) {
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 2'000));
    }
    std::unique_lock lock(shelf_.mutex);
    shelf_.changed.wait(lock, [&] { return !shelf_.stalled; });
    if (counts_.passes++ == shelf_.fails_at) return Error{ErrorKind::Unreachable, "the shelf broke", ""};
    shelf_.keys.merge(late_);
    for (SinkBatch* batch : batches) {
      for (const SinkChange& change : batch->items()) (shelf_.lies ? late_ : shelf_.keys).insert(change.key);
    }
    shelf_.changed.notify_all();
    return {};
  }
  [[nodiscard]] const Counts& counts() const override { return counts_; }

 private:
  Shelf& shelf_;
  std::mt19937 random_;
  std::set<std::string> late_;
  Counts counts_;
};

/// Holds all changes back until the end.
class HoldingGate final : public SinkGate {
 public:
  void admit(SinkChange& change, Instant, SinkBatch&) override { std::swap(held_.emplace_back(), change); }
  void follow_up(SinkBatch&) override {}
  bool release(Instant at, SinkBatch& next) override {
    if (at < next_due() || held_.empty()) return false;
    for (SinkChange& change : held_) std::swap(next.add(), change);
    held_.clear();
    return true;
  }
  [[nodiscard]] bool holds() const override { return !held_.empty(); }
  [[nodiscard]] Instant next_due() const override { return due_; }
  [[nodiscard]] std::string journal() const override { return ""; }

 private:
  Instant due_ = SystemClock().now() + 3'600 * kNanosPerSecond;
  std::vector<SinkChange> held_;
};

/// Looks at tables and shelves whenever it is called.
class WatchedState final : public State {
 public:
  explicit WatchedState(std::array<Shelf, 2>& shelves) : shelves_(shelves) {}

  RowTable& rows(const std::string& name, const RecordType& type) override {
    return *(tables_[name] = &memory_.rows(name, type));
  }
  GroupTable& groups(const std::string& name) override { return memory_.groups(name); }
  Result<Seal> seal(const Positions& positions) override {
    const auto held = [&](const char* table) { return static_cast<std::int64_t>(tables_.at(table)->living_rows()); };
    if (held("entity basket") != given(positions[0])) ++other_tables;
    if (held("entity payment") != given(positions[1])) ++other_tables;
    ++seals;
    return memory_.seal(positions);
  }
  Status commit(Seal seal) override {
    FRESHET_TRY(memory_.commit(seal));
    complete_sales = complete(memory_.committed());
    for (Shelf& shelf : shelves_) {
      std::scoped_lock lock(shelf.mutex);
      // One sale after the other becomes complete, and has one line.
      if (static_cast<std::int64_t>(shelf.keys.size()) < complete(memory_.committed())) ++beyond_the_sink;
    }
    return {};
  }
  [[nodiscard]] const Positions& committed() const override { return memory_.committed(); }
  [[nodiscard]] std::int64_t commits() const override { return memory_.commits(); }

  int seals = 0;
  int other_tables = 0;     ///< seals whose tables are not what the positions say
  int beyond_the_sink = 0;  ///< commits of what a sink did not have
  std::atomic<std::int64_t> complete_sales = 0;

 private:
  MemoryState memory_;
  std::map<std::string, RowTable*> tables_;
  std::array<Shelf, 2>& shelves_;
};

class Commits : public testing::Test {
 protected:
  void start(std::unique_ptr<SinkGate> gate = nullptr) {
    sinks_.resize(scenario_.views.size());
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
      auto writer = std::make_unique<ShelfWriter>(shelves_[i], static_cast<std::uint32_t>(7 + i));
      sinks_[i] = std::make_unique<ViewSink>(std::move(writer), i == 0 ? std::move(gate) : nullptr, 20, 0);
      threads_.emplace_back([this, i] { failed_ = !sinks_[i]->run().ok() || failed_; });
    }
    Positions begin(2);
    baskets_.position(begin[0]);
    payments_.position(begin[1]);
    begin_ = begin;
    operators_ = std::make_unique<OperatorThread>(scenario_, std::vector<ViewId>{ViewId{0}, ViewId{1}}, state_, sinks_,
                                                  queue_, pool_, 20, std::move(begin));
    operating_ = std::jthread([this] { EXPECT_TRUE(operators_->run().ok()); });
    std::size_t number = 0;
    for (Source* source : {&baskets_, &payments_}) {
      pumps_.emplace_back([this, source, number](const std::stop_token& stop) {
        EXPECT_TRUE(pump(*source, number, queue_, pool_, stop).ok());
      });
      ++number;
    }
  }
  /// Ends as the pipeline does.
  void finish() {
    for (std::jthread& thread : pumps_) thread.request_stop();
    pumps_.clear();
    queue_.close();
    operating_.join();
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      if (sinks_[i]) sinks_[i]->finish(cut_off_ == i ? SystemClock().now() : Instant::max());
    }
    threads_.clear();
    EXPECT_TRUE(operators_->settle().ok());
  }
  /// After a test that gave up.
  void TearDown() override {
    if (!operating_.joinable()) return;
    for (Shelf& shelf : shelves_) shelf.stall(false);
    finish();
  }
  bool all_written() { return shelves_[0].waits_for(kSales) && shelves_[1].waits_for(kSales); }

  Scenario scenario_ = shop::scenario();
  std::array<Shelf, 2> shelves_;
  WatchedState state_{shelves_};
  SalesSource baskets_{scenario_, kBasket, 1};
  SalesSource payments_{scenario_, kPayment, 2};
  Positions begin_;
  SourceQueue queue_{8};
  BatchPool<SourceBatch> pool_;
  std::vector<std::unique_ptr<ViewSink>> sinks_;
  std::unique_ptr<OperatorThread> operators_;
  std::atomic<bool> failed_ = false;
  std::optional<std::size_t> cut_off_;  ///< the sink that gets no time to write the rest
  std::vector<std::jthread> threads_, pumps_;
  std::jthread operating_;
};

TEST_F(Commits, FollowSinksThatLag) {
  start();
  ASSERT_TRUE(all_written());
  finish();
  EXPECT_EQ(state_.beyond_the_sink, 0);
  EXPECT_EQ(state_.other_tables, 0);
  EXPECT_GT(state_.commits(), 1) << "of " << state_.seals << " seals: not only at the end";
  EXPECT_EQ(complete(state_.committed()), kSales) << "at the end the sinks have all";
  EXPECT_EQ(text_of(state_.committed()[0]), "baskets 1500");
  EXPECT_EQ(text_of(state_.committed()[1]), "log.000001:1500");
}

TEST_F(Commits, WaitForTheSlowestSink) {
  shelves_[1].stall(true);
  start();
  ASSERT_TRUE(shelves_[0].waits_for(200));
  EXPECT_EQ(state_.complete_sales, 0);
  shelves_[1].stall(false);
  ASSERT_TRUE(all_written());
  finish();
  EXPECT_EQ(state_.beyond_the_sink, 0);
  EXPECT_EQ(state_.complete_sales, kSales);
}

TEST_F(Commits, NeverCoverWhatADeadlineCutOff) {
  shelves_[1].stall(true);
  start();
  ASSERT_TRUE(shelves_[0].waits_for(200));
  cut_off_ = 1;
  sinks_[1]->finish(SystemClock().now());
  shelves_[1].stall(false);
  finish();
  EXPECT_GT(sinks_[1]->given_up(), 0);
  EXPECT_EQ(state_.beyond_the_sink, 0);
  EXPECT_LT(complete(state_.committed()), kSales);
}

TEST_F(Commits, StopWhereASinkFailed) {
  shelves_[1].fails_at = 3;
  start();
  operating_.join();  // by itself
  operating_ = std::jthread([] {});
  finish();
  EXPECT_TRUE(failed_);
  EXPECT_EQ(state_.beyond_the_sink, 0);
  EXPECT_LE(complete(state_.committed()), static_cast<std::int64_t>(shelves_[1].keys.size()));
  EXPECT_LT(complete(state_.committed()), kSales);
}

TEST_F(Commits, WaitForWhatAGateHoldsBack) {
  start(std::make_unique<HoldingGate>());
  ASSERT_TRUE(shelves_[1].waits_for(kSales));
  EXPECT_TRUE(shelves_[0].keys.empty());
  EXPECT_EQ(sinks_[0]->written(), 0U);
  finish();
  EXPECT_EQ(state_.beyond_the_sink, 0);
  EXPECT_EQ(complete(state_.committed()), kSales);
}

TEST_F(Commits, SealNothingThatNoRestartCanBeginAt) {
  payments_.unknown_from = 300;
  payments_.unknown_to = 900;
  start();
  ASSERT_TRUE(all_written());
  finish();
  EXPECT_EQ(state_.other_tables, 0);
  EXPECT_EQ(complete(state_.committed()), kSales) << "later its positions are known again";
}

TEST_F(Commits, StayWhereTheyWereWhileAPositionIsUnknown) {
  payments_.unknown_from = 300;
  payments_.unknown_to = kSales + 1;
  start();
  ASSERT_TRUE(all_written());
  finish();
  EXPECT_EQ(state_.other_tables, 0);
  EXPECT_LE(complete(state_.committed()), 300);
}

TEST_F(Commits, BeginWhereTheSourcesBegin) {
  start();
  finish();
  ASSERT_EQ(state_.committed().size(), 2U);
  EXPECT_GE(given(state_.committed()[0]), given(begin_[0]));
}

TEST_F(Commits, NegativeControlASinkThatClaimsUnwrittenBatchesIsCaught) {
  shelves_[1].lies = true;
  start();
  ASSERT_TRUE(shelves_[0].waits_for(kSales));
  finish();
  EXPECT_GT(state_.beyond_the_sink, 0);
}

TEST_F(Commits, NegativeControlASourceThatIsAheadOfItselfIsCaught) {
  baskets_.ahead = 1;
  start();
  ASSERT_TRUE(all_written());
  finish();
  EXPECT_GT(state_.other_tables, 0);
}

}  // namespace
}  // namespace freshet
