// Views with windows: whatever the order in which changes of different sources come, and wherever the batches end, the
// windows end as a naive computation over the final rows says.
#include "pipeline/views/group_operator.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>

#include "pipeline/state/memory/memory_state.h"
#include "pipeline/views/event_time.h"
#include "pipeline/views/step.h"
#include "pipeline/views/view_graph.h"
#include "pipeline/window_shop.h"

namespace freshet {
namespace {

using Form = constructs::Time::Form;

constexpr Micros kSize{10'000};  // 10 ms

using windows::kPayment;
using windows::kPerStore;
using windows::kSale;
using windows::kWhole;
using windows::shop;

struct Sale {
  std::string id;
  std::string store;  // empty: null
  std::optional<int> at_ms;
  std::optional<int> cents;
  double weight = 0;
  Version version = 1;
};

Row row_of(const Sale& sale) {
  const Entity& entity = shop().entity(kSale);
  Row row;
  row.reset(entity.record.width());
  row.cells[0] = row.add_text(sale.id);
  if (!sale.store.empty()) row.cells[1] = row.add_text(sale.store);
  if (sale.at_ms) row.cells[2] = integer_cell(*sale.at_ms);
  if (sale.cents) row.cells[3] = decimal_cell(*sale.cents);
  row.cells[4] = double_cell(sale.weight);
  row[*entity.version_column] = integer_cell(sale.version);
  return row;
}

Row payment_of(const std::string& id, const std::string& status, Version version) {
  const Entity& entity = shop().entity(kPayment);
  Row row;
  row.reset(entity.record.width());
  row.cells[0] = row.add_text(id);
  row.cells[1] = row.add_text(status);
  row[*entity.version_column] = integer_cell(version);
  return row;
}

using Table = std::map<std::string, std::string>;

// A sink that believes everything, and checks what no sink should be asked.
struct FakeSink {
  std::vector<Table> tables{shop().views.size()};
  std::vector<std::string> problems;
  std::vector<std::string> emitted;
  std::map<std::string, std::int64_t> versions;

  void take(const ViewDelta& delta) {
    const RecordType& record = shop().views[delta.view].record;
    std::string image;
    append_json_object(delta.row->row, 0, record, image);
    emitted.push_back((delta.deleted ? "-" : "+") + image);
    Table& table = tables[delta.view];
    const auto old = table.find(delta.row->key);
    std::int64_t& version = versions[std::to_string(delta.view) + delta.row->key];
    const std::int64_t next = delta.row->row.cells.at(record.width()).number;
    if (next <= version) problems.emplace_back("a version that does not rise");
    version = next;
    if (!delta.deleted && old != table.end() && old->second == image) problems.emplace_back("an unchanged image");
    if (delta.deleted && old == table.end()) problems.emplace_back("deletes what is not there");
    if (delta.deleted && old != table.end() && old->second != image) problems.emplace_back("deletes another image");
    if (delta.deleted) {
      table.erase(delta.row->key);
    } else {
      table[delta.row->key] = image;
    }
  }
};

// What the windows must hold, by loops over the rows as they are in the end.
struct Truth {
  std::map<std::string, Sale> sales;
  std::map<std::string, std::string> payments;

  static std::int64_t start(int at_ms) {
    std::int64_t start = -1'000'000;
    while (start + kSize.count() <= at_ms * 1'000) start += kSize.count();
    return start;
  }
  static std::string money(std::optional<int> cents) {
    return cents ? fmt::format("{}.{:02}", *cents / 100, *cents % 100) : "null";
  }
  static std::string time_of(std::int64_t micros) {
    std::string text;
    append_iso_time(micros, text);
    return text;
  }

  Table per_store() const {
    Table out;
    for (const char* store : {"a", "b", "c"}) {
      for (std::int64_t start = -100'000; start < 100'000; start += kSize.count()) {
        int rows = 0;
        std::optional<int> sum, least, most;
        for (const auto& [id, sale] : sales) {
          if (!payments.contains(id) || sale.store != store || !sale.at_ms || Truth::start(*sale.at_ms) != start)
            continue;
          ++rows;
          if (!sale.cents) continue;
          sum = sum.value_or(0) + *sale.cents;
          least = std::min(least.value_or(1'000), *sale.cents);
          most = std::max(most.value_or(0), *sale.cents);
        }
        if (rows == 0) continue;
        out[std::string(store) + kKeySeparator + time_of(start)] =
            fmt::format(R"({{"store":"{}","window_start":"{}","sales":{},"value":{},"least":{},"most":{}}})", store,
                        time_of(start), rows, money(sum), money(least), money(most));
      }
    }
    return out;
  }

  Table whole() const {
    Table out;
    for (std::int64_t start = -100'000; start < 100'000; start += kSize.count()) {
      std::vector<Sale> inside;
      for (const auto& [id, sale] : sales) {
        if (sale.at_ms && Truth::start(*sale.at_ms) == start) inside.push_back(sale);
      }
      if (inside.empty()) continue;
      std::optional<int> sum;
      double light = 1e9, heavy = -1e9;
      for (const Sale& sale : inside) {
        if (sale.cents) sum = sum.value_or(0) + *sale.cents;
        light = std::min(light, sale.weight);
        heavy = std::max(heavy, sale.weight);
      }
      out[time_of(start)] = fmt::format(R"({{"window_start":"{}","value":{},"light":{},"heavy":{},"n":{}}})",
                                        time_of(start), money(sum), light, heavy, inside.size());
    }
    return out;
  }
};

class RandomSales {
 public:
  explicit RandomSales(std::uint32_t seed) : random_(seed) {
    for (int i = 0; i < 150; ++i) below(3) == 0 ? payment_step() : sale_step();
  }
  // Each source's order is kept, the sources are interleaved at will.
  std::vector<Step> interleaved() {
    std::vector<Step> out;
    std::array<std::size_t, 2> at{};
    while (at[0] < steps_[0].size() || at[1] < steps_[1].size()) {
      std::size_t e = static_cast<std::size_t>(below(2));
      if (at[e] == steps_[e].size()) e = 1 - e;
      out.push_back(steps_[e][at[e]++]);
    }
    return out;
  }
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint32_t>(bound)); }

  Truth truth;

 private:
  void sale_step() {
    Sale sale;
    sale.id = fmt::format("s{}", below(6));
    sale.version = ++versions_["sale" + sale.id];
    const bool deleted = truth.sales.contains(sale.id) && below(5) == 0;
    if (below(10) > 0) sale.store = std::string(1, static_cast<char>('a' + below(3)));
    if (below(10) > 0) sale.at_ms = below(50) - 25;
    if (below(6) > 0) sale.cents = below(300);
    sale.weight = below(9) - 4 + 0.5;
    add(kSale, deleted, sale.id, row_of(sale));
    if (deleted) {
      truth.sales.erase(sale.id);
    } else {
      truth.sales[sale.id] = sale;
    }
  }
  void payment_step() {
    const std::string id = fmt::format("s{}", below(6));
    const bool deleted = truth.payments.contains(id) && below(3) == 0;
    const std::string status = below(2) == 0 ? "x" : "y";
    add(kPayment, deleted, id, payment_of(id, status, ++versions_["payment" + id]));
    if (deleted) {
      truth.payments.erase(id);
    } else {
      truth.payments[id] = status;
    }
  }
  void add(EntityId entity, bool deleted, const std::string& key, Row row) {
    steps_[index_of(entity)].push_back({entity, deleted, key, std::move(row)});
  }

  std::mt19937 random_;
  std::map<std::string, Version> versions_;
  std::array<std::vector<Step>, 2> steps_;
};

struct Outcome {
  bool equal = false;
  std::vector<std::string> problems;
  std::size_t emitted = 0;
};

Outcome run(std::uint32_t seed, const std::function<bool(const Step&)>& keep) {
  FakeSink sink;
  MemoryState state;
  ViewGraph graph(shop(), {kPerStore, kWhole}, state, [&](const ViewDelta& delta) { sink.take(delta); });
  RandomSales sales(seed);
  for (const Step& step : sales.interleaved()) {
    if (!keep(step)) continue;
    if (step.deleted) {
      graph.erase(step.entity, step.key);
    } else {
      graph.upsert(step.entity, step.row);
    }
    if (sales.below(4) == 0) graph.flush();
  }
  graph.flush();
  const bool equal = sink.tables[index_of(kPerStore)] == sales.truth.per_store() &&
                     sink.tables[index_of(kWhole)] == sales.truth.whole();
  return {equal, sink.problems, sink.emitted.size()};
}

TEST(Windows, EndAsANaiveComputationSaysInEveryInterleaving) {
  std::size_t emitted = 0;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const Outcome outcome = run(seed, [](const Step&) { return true; });
    ASSERT_TRUE(outcome.equal) << "seed " << seed;
    ASSERT_THAT(outcome.problems, testing::IsEmpty()) << "seed " << seed;
    emitted += outcome.emitted;
  }
  EXPECT_GT(emitted, 500U * 20) << "or these lives say nothing";
}

// The comparison above must be able to fail: an engine that never takes back, or that keeps the first image, ends
// elsewhere.
TEST(Windows, NegativeControlRetractionsThatAreIgnoredAreCaught) {
  int deletes = 0, updates = 0;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    deletes += !run(seed, [](const Step& step) { return !step.deleted; }).equal;
    std::map<std::string, int> seen;
    updates += !run(seed, [&](const Step& step) { return step.entity != kSale || ++seen[step.key] == 1; }).equal;
  }
  EXPECT_GT(deletes, 40);
  EXPECT_GT(updates, 40);
}

class Group : public testing::Test {
 protected:
  FakeSink sink_;
  MemoryState state_;
  ViewGraph graph_{shop(), {kWhole}, state_, [this](const ViewDelta& delta) { sink_.take(delta); }};
  void put(const Sale& sale) { graph_.upsert(kSale, row_of(sale)); }
  std::size_t flushed() {
    sink_.emitted.clear();
    graph_.flush();
    return sink_.emitted.size();
  }
};

TEST_F(Group, ManyChangesOfOneGroupInOneBatchAreOneRowChange) {
  for (int i = 0; i < 100; ++i) put({fmt::format("s{}", i), "a", i % 10, 100, 1.5, 1});
  EXPECT_EQ(flushed(), 1U);
  EXPECT_THAT(sink_.emitted.front(), testing::HasSubstr("\"value\":100.00"));
}

TEST_F(Group, ChangesThatCancelOutChangeNothing) {
  put({"s1", "a", 1, 100, 1.5, 1});
  EXPECT_EQ(flushed(), 1U);
  put({"s2", "a", 2, 500, 1.5, 1});
  graph_.erase(kSale, "s2");
  EXPECT_EQ(flushed(), 0U);
  // A group that came and went before anybody heard of it.
  put({"s3", "a", 95, 500, 1.5, 1});
  graph_.erase(kSale, "s3");
  EXPECT_EQ(flushed(), 0U);
}

TEST_F(Group, ARowThatMovesLeavesOneWindowAndEntersAnother) {
  put({"s1", "a", 1, 100, 1.5, 1});
  put({"s2", "a", 2, 300, 2.5, 1});
  EXPECT_EQ(flushed(), 1U);
  put({"s2", "a", 12, 300, 2.5, 2});
  EXPECT_EQ(flushed(), 2U);
  put({"s1", "a", 13, 100, 1.5, 2});
  EXPECT_EQ(flushed(), 2U);
  EXPECT_THAT(sink_.emitted, testing::Contains(testing::StartsWith("-")));
  EXPECT_EQ(sink_.tables[index_of(kWhole)].size(), 1U);
  EXPECT_THAT(sink_.problems, testing::IsEmpty());
}

TEST_F(Group, MinAndMaxFallBackWhenTheirRowLeaves) {
  put({"s1", "a", 1, 100, 1.5, 1});
  put({"s2", "a", 2, 300, -2.5, 1});
  put({"s3", "a", 3, 200, 9.5, 1});
  graph_.erase(kSale, "s2");
  graph_.erase(kSale, "s3");
  ASSERT_EQ(flushed(), 1U);
  EXPECT_THAT(sink_.emitted.front(), testing::HasSubstr("\"light\":1.5,\"heavy\":1.5,\"n\":1"));
}

TEST_F(Group, RowsInNoWindowAreCounted) {
  put({"s1", "a", std::nullopt, 100, 1.5, 1});
  EXPECT_EQ(flushed(), 0U);
  EXPECT_EQ(graph_.null_keys(), 1);
}

TEST(EventTime, IsReadInEveryForm) {
  Row row;
  const auto text = [&](const char* value, Form form) { return event_time(row, row.add_text(value), form); };
  EXPECT_EQ(event_time(row, time_cell(7), Form::Native), WallTime{Micros{7}});
  EXPECT_EQ(event_time(row, integer_cell(7), Form::WholeSeconds), WallTime{Micros{7'000'000}});
  EXPECT_EQ(event_time(row, integer_cell(7), Form::WholeMillis), WallTime{Micros{7'000}});
  EXPECT_EQ(event_time(row, integer_cell(7), Form::WholeMicros), WallTime{Micros{7}});
  EXPECT_EQ(text("-12", Form::EpochMillis), WallTime{Micros{-12'000}});
  EXPECT_EQ(text("1970-01-01T02:00:01.5+02:00", Form::IsoMillis), WallTime{Micros{1'500'000}});
  EXPECT_EQ(text("1969-12-31T20:30:01-03:30", Form::Iso), WallTime{Micros{1'000'000}});
  EXPECT_EQ(text("1970-01-01T00:00:00.000001Z", Form::IsoMicros), WallTime{Micros{1}});
  for (const char* wrong : {"", "12x", "99999999999999999999", "9223372036854775807"}) {
    EXPECT_FALSE(text(wrong, Form::EpochMillis)) << wrong;
  }
  for (const char* wrong : {"", "+02:00", "1970-01-01", "1970-01-01T00:00:00+0a:00"}) {
    EXPECT_FALSE(text(wrong, Form::Iso)) << wrong;
  }
  EXPECT_FALSE(event_time(row, null_cell(), Form::Native));
  EXPECT_FALSE(event_time(row, integer_cell(7), Form::EpochMillis));
}

TEST(EventTime, BelongsToTheWindowThatBeginsAtOrBeforeIt) {
  EXPECT_EQ(window_start(WallTime{Micros{0}}, Micros{10}), WallTime{Micros{0}});
  EXPECT_EQ(window_start(WallTime{Micros{9}}, Micros{10}), WallTime{Micros{0}});
  EXPECT_EQ(window_start(WallTime{Micros{10}}, Micros{10}), WallTime{Micros{10}});
  EXPECT_EQ(window_start(WallTime{Micros{-1}}, Micros{10}), WallTime{Micros{-10}});
  EXPECT_EQ(window_start(WallTime{Micros{-10}}, Micros{10}), WallTime{Micros{-10}});
}

}  // namespace
}  // namespace freshet
