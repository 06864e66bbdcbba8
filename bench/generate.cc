// How fast rows are made: the declared scenario against the same bytes by hand, the schedule alone, the flat orders of
// bench/tpch, two threads against one. Ratios come from interleaved pairs in one run: the median of the pairs, and
// between which values 95 % of medians would lie (order statistics of the pairs). Times of one thread are its CPU time,
// so that a busy machine does not show.
//
// generate [SCENARIO [PAIRS]]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <vector>

#include "base/result.h"
#include "generate_by_hand.h"
#include "generator/format/format.h"
#include "generator/schedule/schedule.h"
#include "generator/write/file/file_stream.h"
#include "scenarios/loader/loader.h"

namespace freshet::bench {
namespace {

constexpr WallTime kEpoch{1'704'067'200 * kMicrosPerSecond};

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double timed(clockid_t clock, const std::function<void()>& work) {
  const double before = seconds_of(clock);
  work();
  return seconds_of(clock) - before;
}

struct Spread {
  double median = 0;
  double low = 0;
  double high = 0;
};

/// Median and the order statistics that enclose it with at least 95 % (normal approximation of the binomial).
Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto at = [&](double rank) { return values[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))]; };
  const double half = 0.98 * std::sqrt(n);
  return {at(std::floor(n / 2)), at(std::floor(n / 2 - half)), at(std::ceil(n / 2 + half))};
}

void print(const char* what, const Spread& spread, const char* unit, const char* goal) {
  fmt::print("{:<44} {:>8.2f}{} [{:.2f} .. {:.2f}]  goal {}\n", what, spread.median, unit, spread.low, spread.high,
             goal);
}

/// Rows per second and core of an entity whose rows stand alone: changes in, bytes out.
void rows_alone(const Scenario& scenario, const char* name, Format format, const char* goal, int runs) {
  constexpr std::size_t kRows = 100'000;
  const RunIdentity identity{scenario.seed, 0, kEpoch};
  const auto rows = make_model(scenario, identity);
  const EntityId entity = *scenario.find_entity(name);
  std::vector<Change> changes;
  const auto schedule = make_schedule(scenario, *rows, identity, 0, 1);
  for (Change change; changes.size() < kRows && schedule->next(change);) changes.push_back(change);
  Encoder encoder(format, scenario, entity, kEpoch, std::nullopt);
  Row row;
  Buffer out;
  std::vector<double> rates;
  for (int i = 0; i < runs; ++i) {
    out.clear();
    const double seconds = timed(CLOCK_THREAD_CPUTIME_ID, [&] {
      for (const Change& change : changes) {
        rows->row_of(change, row);
        encoder.append(change, row, nullptr, out);
      }
    });
    rates.push_back(static_cast<double>(changes.size()) / seconds / 1e6);
  }
  const char* const made = format == Format::Json ? "JSON" : "Avro";
  print(fmt::format("{} -> {}, M rows/s ({} B)", name, made, out.size() / changes.size()).c_str(), spread_of(rates), "",
        goal);
}

class GenerateBench {
 public:
  GenerateBench(const Scenario& scenario, int pairs)
      : scenario_(scenario),
        identity_{scenario.seed, 0, kEpoch},
        rows_(make_model(scenario, identity_)),
        basket_(*scenario.find_entity("basket")),
        hand_(scenario, *rows_, identity_),
        pairs_(pairs) {
    const auto schedule = make_schedule(scenario_, *rows_, identity_, 0, 1);
    for (Change change; baskets_.size() < kBaskets && schedule->next(change);) {
      if (change.entity == basket_ && change.operation == Operation::Insert) baskets_.push_back(change);
    }
  }

  void compare(Format format, const char* name) {
    Buffer declared;
    Buffer by_hand;
    Encoder encoder(format, scenario_, basket_, kEpoch, std::nullopt);
    run_declared(encoder, declared);
    run_by_hand(format, by_hand);
    FRESHET_CHECK(declared.view() == by_hand.view(), "both make the same bytes");
    std::vector<double> ratios;
    std::vector<double> rates;
    std::vector<double> megabytes;
    for (int i = 0; i < pairs_; ++i) {
      const bool swapped = i % 2 == 1;
      double hand = 0;
      if (swapped) hand = timed(CLOCK_THREAD_CPUTIME_ID, [&] { run_by_hand(format, by_hand); });
      const double ours = timed(CLOCK_THREAD_CPUTIME_ID, [&] { run_declared(encoder, declared); });
      if (!swapped) hand = timed(CLOCK_THREAD_CPUTIME_ID, [&] { run_by_hand(format, by_hand); });
      ratios.push_back(hand / ours);
      rates.push_back(static_cast<double>(baskets_.size()) / ours / 1e6);
      megabytes.push_back(static_cast<double>(declared.size()) / ours / 1e6);
    }
    print(fmt::format("basket -> {}, declared / by hand", name).c_str(), spread_of(ratios), "x", ">= 0.75x");
    print(fmt::format("  declared, M baskets/s ({} B)", declared.size() / baskets_.size()).c_str(), spread_of(rates),
          "", "-");
    print("  declared, MB/s", spread_of(megabytes), "", "-");
  }

  void schedule_alone() {
    std::vector<double> rates;
    for (int i = 0; i < pairs_; ++i) {
      const auto schedule = make_schedule(scenario_, *rows_, identity_, 0, 1);
      std::int64_t changes = 0;
      const double seconds = timed(CLOCK_THREAD_CPUTIME_ID, [&] {
        for (Change change; schedule->next(change);) ++changes;
      });
      rates.push_back(static_cast<double>(changes) / seconds / 1e6);
    }
    print("schedule alone, M changes/s", spread_of(rates), "", ">= 10");
  }

  /// Wall time: other load on the machine shows here, in the spread.
  void two_threads() {
    std::vector<double> ratios;
    for (int i = 0; i < pairs_; ++i) {
      const bool swapped = i % 2 == 1;
      double two = 0;
      if (swapped) two = timed(CLOCK_MONOTONIC, [&] { run_stream(2); });
      const double one = timed(CLOCK_MONOTONIC, [&] { run_stream(1); });
      if (!swapped) two = timed(CLOCK_MONOTONIC, [&] { run_stream(2); });
      ratios.push_back(one / two);
    }
    print("all entities -> JSON, 2 threads / 1, wall", spread_of(ratios), "x", ">= 1.8x");
  }

 private:
  static constexpr std::size_t kBaskets = 20'000;

  void run_declared(Encoder& encoder, Buffer& out) {
    out.clear();
    for (const Change& change : baskets_) {
      rows_->row_of(change, row_);
      encoder.append(change, row_, nullptr, out);
    }
  }
  void run_by_hand(Format format, Buffer& out) {
    out.clear();
    for (const Change& change : baskets_) {
      if (format == Format::Json) {
        hand_.append_json(change, out);
      } else {
        hand_.append_avro(change, out);
      }
    }
  }
  void run_stream(int threads) {
    ChangeSelection selection;
    selection.entities.assign(scenario_.entities.size(), true);
    selection.deletes = false;
    ChangeSource source(scenario_, *rows_, identity_, selection);
    FileStreamOptions options;
    options.threads = threads;
    options.stream_of.assign(scenario_.entities.size(), 0);
    const auto done = stream_changes(
        scenario_, *rows_, kEpoch, source, options, [](int, std::string_view, std::int64_t) { return true; },
        [](const FileStreamProgress&) { return true; });
    FRESHET_CHECK(done.ok() && done.value().changes > 0, "a stream to nowhere does not fail");
  }

  const Scenario& scenario_;
  const RunIdentity identity_;
  const std::unique_ptr<const Rows> rows_;
  const EntityId basket_;
  BasketByHand hand_;
  const int pairs_;
  std::vector<Change> baskets_;
  Row row_;
};

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) {
  using namespace freshet;
  const Loaded loaded = load_scenario(argc > 1 ? argv[1] : FRESHET_SCENARIO);
  if (!loaded.scenario) {
    for (const Problem& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.text());
    return 2;
  }
  const int pairs = argc > 2 ? std::atoi(argv[2]) : 31;
  bench::GenerateBench bench(*loaded.scenario, std::max(pairs, 5));
  fmt::print("{}: median [95 % interval] of {} interleaved pairs\n", loaded.scenario->name, std::max(pairs, 5));
  bench.compare(Format::Json, "JSON");
  bench.compare(Format::Avro, "Avro");
  bench.schedule_alone();
  const Loaded orders = load_scenario(FRESHET_ORDERS);
  FRESHET_CHECK(orders.scenario.has_value(), "the orders of bench/tpch can be read");
  bench::rows_alone(*orders.scenario, "orders", Format::Json, ">= 2", std::max(pairs, 5));
  bench::rows_alone(*orders.scenario, "orders", Format::Avro, ">= 2.5", std::max(pairs, 5));
  bench.two_threads();
  return 0;
}
