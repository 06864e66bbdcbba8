// The operators: whatever the order in which changes of different sources come, the views end as a naive computation
// over the final rows says, and nothing is emitted for an image that stays the same.
#include "pipeline/views/view_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "pipeline/sales_scenario.h"
#include "pipeline/state/memory/memory_state.h"
#include "pipeline/views/step.h"

namespace freshet {
namespace {

using shop::Basket;
using shop::Item;
using shop::kBasket;
using shop::kPayment;
using shop::kStore;
using shop::Payment;
using shop::Shape;
using shop::Store;

struct Seen {
  std::string image;
  std::vector<Version> versions;
};
using Table = std::map<std::string, Seen>;

// A sink that believes everything, and checks what no sink should be asked.
class FakeSink {
 public:
  explicit FakeSink(const Scenario& scenario) : scenario_(scenario), tables(scenario.views.size()) {}

  void take(const ViewDelta& delta) {
    const View& view = scenario_.views[delta.view];
    Seen seen;
    seen.image = shop::json_of(delta.row->row, view.record);
    for (std::size_t i = view.record.width();
         i < delta.row->row.cells.size() && i < view.record.width() + components(view); ++i) {
      seen.versions.push_back(static_cast<Version>(delta.row->row.cells[i].number));
    }
    Table& table = tables[delta.view];
    const auto old = table.find(delta.row->key);
    ++emitted;
    if (delta.deleted) {
      if (old == table.end()) return problem("deletes what is not there");
      if (covers(old->second.versions, seen.versions) && old->second.versions != seen.versions)
        problem("a delete older than its row");
      table.erase(old);
      return;
    }
    if (old != table.end() && old->second.image == seen.image) problem("emits an unchanged image");
    if (old != table.end() && !covers(seen.versions, old->second.versions)) problem("a version goes back");
    table[delta.row->key] = seen;
  }

  std::size_t components(const View& view) const { return scenario_.stamp ? view.versions_of.size() : 0; }

 private:
  static bool covers(const std::vector<Version>& a, const std::vector<Version>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (a[i] < b[i]) return false;
    }
    return true;
  }
  void problem(const std::string& text) { problems.push_back(text); }

  const Scenario& scenario_;

 public:
  std::vector<Table> tables;
  std::vector<std::string> problems;
  std::int64_t emitted = 0;
};

// The shop's rows as they are, and the views by nested loops over them.
struct Shop {
  std::map<std::string, Store> stores;
  std::map<std::string, Basket> baskets;
  std::map<std::string, Payment> payments;
  Shape shape = Shape::PaymentKeyIsInvoice;

  std::string invoice_of(const Payment& payment) const {
    return shape == Shape::PaymentKeyIsInvoice ? payment.id : payment.invoice;
  }

  static std::string money(int cents) { return fmt::format("{}.{:02}", cents / 100, cents % 100); }
  static std::string items(const Basket& basket) {
    std::string text = "[";
    for (const Item& item : basket.items) {
      text += fmt::format(R"({}{{"product":{{"name":"{}"}},"quantity":{},"price":{}}})", text.size() > 1 ? "," : "",
                          item.product, item.quantity, money(item.cents));
    }
    return text + "]";
  }

  std::vector<std::map<std::string, std::string>> views() const {
    std::vector<std::map<std::string, std::string>> out(3);
    for (const auto& [basket_id, basket] : baskets) {
      for (const auto& [payment_id, payment] : payments) {
        if (invoice_of(payment) != basket_id) continue;
        const std::string key = shape == Shape::ViewKeyIsPayment ? payment_id : basket_id;
        // Larger payment keys come later and stand.
        std::erase_if(out[1], [&](const auto& line) { return line.first.starts_with(key + kKeySeparator); });
        out[0][key] =
            fmt::format(R"({{"id":"{}","store":{{"id":"{}"}},"total":{},"items":{},"paid":{},"status":"{}"}})", key,
                        basket.store, money(basket.cents), items(basket), money(payment.cents), payment.status);
        for (std::size_t i = 0; i < basket.items.size(); ++i) {
          const Item& item = basket.items[i];
          out[1][fmt::format("{}{}{}", key, kKeySeparator, i + 1)] =
              fmt::format(R"({{"id":"{}","line":{},"store_id":"{}","product":"{}","quantity":{},"price":{}}})", key,
                          i + 1, basket.store, item.product, item.quantity, money(item.cents));
        }
        out[2].erase(key);
        if (stores.contains(basket.store)) {
          out[2][key] = fmt::format(R"({{"id":"{}","name":"{}","status":"{}"}})", key, stores.at(basket.store).name,
                                    payment.status);
        }
      }
    }
    return out;
  }
};

std::vector<std::map<std::string, std::string>> images(const FakeSink& sink) {
  std::vector<std::map<std::string, std::string>> out;
  for (const Table& table : sink.tables) {
    auto& view = out.emplace_back();
    for (const auto& [key, seen] : table) view[key] = seen.image;
  }
  return out;
}

// Random lives of a few instances; each entity's changes in order, entities interleaved at will.
class RandomShop {
 public:
  RandomShop(const Scenario& scenario, Shape shape, std::uint32_t seed) : scenario_(scenario), random_(seed) {
    final.shape = shape;
    constexpr int kSteps = 120;
    for (int i = 0; i < kSteps; ++i) {
      const int which = below(10);
      if (which < 1) {
        store_step();
      } else if (which < 5) {
        basket_step();
      } else {
        payment_step();
      }
    }
  }

  // The sources' interleaving: each one's order is kept.
  std::vector<Step> interleaved() {
    std::vector<Step> out;
    std::array<std::size_t, 3> at{};
    for (;;) {
      std::vector<std::size_t> left;
      for (std::size_t e = 0; e < 3; ++e) {
        if (at[e] < steps_[e].size()) left.push_back(e);
      }
      if (left.empty()) return out;
      const std::size_t e = left[static_cast<std::size_t>(below(static_cast<int>(left.size())))];
      out.push_back(steps_[e][at[e]++]);
    }
  }

  Shop final;

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint32_t>(bound)); }
  Version next_version(const std::string& what) { return ++versions_[what]; }

  template <typename Thing>
  void apply(EntityId entity, std::map<std::string, Thing>& living, Thing thing) {
    Step step;
    step.entity = entity;
    step.key = thing.id;
    step.deleted = below(5) == 0 && living.contains(thing.id);
    thing.version = next_version(std::to_string(index_of(entity)) + thing.id);
    if (step.deleted) {
      living.erase(thing.id);
    } else {
      step.row = shop::row_of(scenario_, thing);
      living[thing.id] = thing;
    }
    steps_[index_of(entity)].push_back(std::move(step));
  }

  void store_step() {
    apply(kStore, final.stores, Store{fmt::format("s{}", below(3)), fmt::format("n{}", below(3)), 0});
  }
  void basket_step() {
    Basket basket{fmt::format("b{}", below(5)), fmt::format("s{}", below(3)), below(300), {}, 0};
    for (int i = below(4); i > 0; --i) basket.items.push_back({fmt::format("p{}", below(2)), 1 + below(2), below(2)});
    apply(kBasket, final.baskets, basket);
  }
  void payment_step() {
    const std::string id = fmt::format("{}{}", final.shape == Shape::PaymentKeyIsInvoice ? "b" : "q", below(5));
    const std::string invoice = below(6) == 0 ? "" : fmt::format("b{}", below(5));
    apply(kPayment, final.payments, Payment{id, invoice, below(3), below(2) == 0 ? "open" : "paid", 0});
  }

  const Scenario& scenario_;
  std::mt19937 random_;
  std::map<std::string, Version> versions_;
  std::array<std::vector<Step>, 3> steps_;
};

void feed(ViewGraph& graph, const Step& step) {
  if (step.deleted) {
    graph.erase(step.entity, step.key);
  } else {
    graph.upsert(step.entity, step.row);
  }
}

struct Outcome {
  bool equal = false;
  std::vector<std::string> problems;
  std::int64_t emitted = 0;
};

template <typename Filter>
Outcome run(Shape shape, bool stamp, std::uint32_t seed, Filter&& keep) {
  const Scenario scenario = shop::scenario(shape, stamp);
  FakeSink sink(scenario);
  MemoryState state;
  ViewGraph graph(scenario, {ViewId{0}, ViewId{1}, ViewId{2}}, state,
                  [&](const ViewDelta& delta) { sink.take(delta); });
  RandomShop shop(scenario, shape, seed);
  for (const Step& step : shop.interleaved()) {
    if (keep(step)) feed(graph, step);
  }
  return {images(sink) == shop.final.views(), sink.problems, sink.emitted};
}

class Interleavings : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(Interleavings, EndAsANaiveComputationSays) {
  const auto [shape, stamp] = GetParam();
  std::int64_t emitted = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Outcome outcome = run(shape, stamp, seed, [](const Step&) { return true; });
    ASSERT_TRUE(outcome.equal) << "seed " << seed;
    ASSERT_THAT(outcome.problems, testing::IsEmpty()) << "seed " << seed;
    emitted += outcome.emitted;
  }
  EXPECT_GT(emitted, 300 * 20) << "or these lives say nothing";
}

// The comparison above must be able to fail: an engine that overlooks deletes of payments, or that takes stores as they
// first were, ends elsewhere.
TEST_P(Interleavings, NegativeControlABrokenRuleIsCaught) {
  const auto [shape, stamp] = GetParam();
  int caught_deletes = 0, caught_stores = 0;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    caught_deletes +=
        !run(shape, stamp, seed, [](const Step& s) { return !(s.entity == kPayment && s.deleted); }).equal;
    std::map<std::string, int> stores;
    caught_stores +=
        !run(shape, stamp, seed, [&](const Step& s) { return s.entity != kStore || ++stores[s.key] == 1; }).equal;
  }
  EXPECT_GT(caught_deletes, 10);
  EXPECT_GT(caught_stores, 10);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Interleavings,
                         testing::Combine(testing::Values(Shape::PaymentKeyIsInvoice, Shape::ViewKeyIsInvoice,
                                                          Shape::ViewKeyIsPayment),
                                          testing::Bool()));

class Graph : public testing::Test {
 protected:
  Scenario scenario_ = shop::scenario();
  FakeSink sink_{scenario_};
  MemoryState state_;
  ViewGraph graph_{scenario_, {ViewId{0}, ViewId{1}}, state_, [this](const ViewDelta& delta) { sink_.take(delta); }};
  const Basket basket_{"b1", "s1", 500, {{"tea", 1, 200}, {"rusk", 1, 300}}, 1};
  const Payment payment_{"b1", "b1", 500, "open", 1};

  Table& sales() { return sink_.tables[0]; }
  Table& lines() { return sink_.tables[1]; }
  void put(const Basket& basket) { graph_.upsert(kBasket, shop::row_of(scenario_, basket)); }
  void put(const Payment& payment) { graph_.upsert(kPayment, shop::row_of(scenario_, payment)); }
  static std::string line(int number) { return fmt::format("b1{}{}", kKeySeparator, number); }
};

TEST_F(Graph, AnUnpaidBasketIsNotShown) {
  put(basket_);
  EXPECT_EQ(sink_.emitted, 0);
  put(payment_);
  EXPECT_EQ(sales().size(), 1U);
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(Graph, APaymentUpdateLeavesTheLinesAndTheirVersionsAsTheyWere) {
  put(basket_);
  put(payment_);
  Payment paid = payment_;
  paid.status = "paid";
  paid.version = 2;
  const auto before = sink_.emitted;
  put(paid);
  EXPECT_EQ(sink_.emitted, before + 1);
  EXPECT_THAT(sales()["b1"].versions, testing::ElementsAre(1, 2));
  EXPECT_THAT(lines()[line(1)].versions, testing::ElementsAre(1, 1));
}

TEST_F(Graph, AnUnchangedImageKeepsTheVersionsOfItsLastChange) {
  put(basket_);
  put(payment_);
  Payment same = payment_;
  same.version = 2;
  const auto before = sink_.emitted;
  put(same);
  EXPECT_EQ(sink_.emitted, before);
  EXPECT_THAT(sales()["b1"].versions, testing::ElementsAre(1, 1));
  // The next change of the image shows all versions as they are by then.
  Basket more = basket_;
  more.cents = 600;
  more.version = 2;
  put(more);
  EXPECT_THAT(sales()["b1"].versions, testing::ElementsAre(2, 2));
}

TEST_F(Graph, LinesThatVanishAreDeletedAndOthersStay) {
  put(basket_);
  put(payment_);
  Basket shorter = basket_;
  shorter.items.pop_back();
  shorter.version = 2;
  put(shorter);
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_THAT(lines()[line(1)].versions, testing::ElementsAre(1, 1)) << "line 1 did not change";
}

TEST_F(Graph, ADeletedPaymentTakesTheSaleAndAReinsertBringsItBack) {
  put(basket_);
  put(payment_);
  graph_.erase(kPayment, "b1");
  EXPECT_TRUE(sales().empty() && lines().empty());
  Payment again = payment_;
  again.version = 3;
  put(again);
  EXPECT_THAT(sales()["b1"].versions, testing::ElementsAre(1, 3));
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(Graph, OlderVersionsAreIgnoredAlsoAfterADelete) {
  Payment later = payment_;
  later.version = 4;
  later.status = "paid";
  put(basket_);
  put(later);
  put(payment_);
  EXPECT_THAT(sales()["b1"].versions, testing::ElementsAre(1, 4));
  graph_.erase(kPayment, "b1");
  put(later);
  EXPECT_TRUE(sales().empty()) << "a version that was deleted does not come back";
  EXPECT_EQ(graph_.older_ignored(), 2);
}

TEST_F(Graph, IsFlatWhereRowsOfTablesComeAndGo) {
  const auto growth = [&](std::vector<WriteTarget> write) {
    Scenario scenario = scenario_;
    scenario.write = std::move(write);
    MemoryState state;
    ViewGraph graph(scenario, {ViewId{0}, ViewId{1}}, state, [](const ViewDelta&) {});
    std::size_t early = 0;
    for (int i = 0; i < 20'000; ++i) {
      Payment payment = payment_;
      payment.id = payment.invoice = "b" + std::to_string(i);
      graph.upsert(kPayment, shop::row_of(scenario, payment));
      graph.erase(kPayment, payment.id);
      if (i == 1'000) early = graph.bytes();
    }
    return static_cast<double>(graph.bytes()) / static_cast<double>(early);
  };
  EXPECT_LE(growth({{kPayment, MysqlTarget{}, {}}}), 1.0);
  EXPECT_GT(growth({{kPayment, KafkaTarget{}, {}}}), 5.0) << "an older version may come late";
}

TEST_F(Graph, TheSameVersionAgainChangesNothing) {
  put(basket_);
  put(payment_);
  const auto before = sink_.emitted;
  put(basket_);
  put(payment_);
  EXPECT_EQ(sink_.emitted, before);
}

TEST_F(Graph, OfLinesWithTheSameKeyTheLastOneStands) {
  // The reference system keyed lines by product: two lines of one product are one row there.
  scenario_.views[1].key = {ColumnIndex{0}, ColumnIndex{3}};
  FakeSink sink(scenario_);
  MemoryState state;
  ViewGraph graph(scenario_, {ViewId{1}}, state, [&](const ViewDelta& delta) { sink.take(delta); });
  Basket twice = basket_;
  twice.items = {{"tea", 1, 200}, {"rusk", 1, 300}, {"tea", 5, 200}};
  graph.upsert(kBasket, shop::row_of(scenario_, twice));
  graph.upsert(kPayment, shop::row_of(scenario_, payment_));
  EXPECT_EQ(sink.tables[1].size(), 2U);
  EXPECT_THAT(sink.tables[1][fmt::format("b1{}tea", kKeySeparator)].image, testing::HasSubstr("\"quantity\":5"));
  EXPECT_THAT(sink.problems, testing::IsEmpty());
}

TEST_F(Graph, AMillionBasketsFitIntoAGigabyte) {
  constexpr int kBaskets = 20'000;
  for (int i = 0; i < kBaskets; ++i) {
    Basket basket = basket_;
    basket.id = fmt::format("00000000-0000-4000-8000-{:012}", i);
    put(basket);
  }
  EXPECT_LT(graph_.bytes() / kBaskets, 1000U);
}

}  // namespace
}  // namespace freshet
