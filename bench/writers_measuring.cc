#include "writers_measuring.h"

#include <fmt/core.h>

#include <mutex>
#include <optional>

#include "metrics/freshness/freshness.h"
#include "metrics/ledger/ledger.h"

namespace freshet::bench {

namespace {

class Measuring {
 public:
  explicit Measuring(const Bench& bench) : ledger_(bench.scenario), freshness_(bench.scenario, *bench.rows) {
    for (const Observe& observe : bench.scenario.observe) view_ = observe.view;
  }

  void settled(std::span<const Settled> batch) {
    ledger_.settled(batch);
    freshness_.settled(batch);
    since_look_ += batch.size();
    if (view_ && since_look_ >= kKeysPerLook / 2) look(batch.back().acknowledged);
  }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

 private:
  static constexpr std::size_t kKeysPerLook = 1'000;

  void look(Instant now) {
    since_look_ = 0;
    keys_.clear();
    sightings_.resize(kKeysPerLook);
    freshness_.sought(*view_, now, kKeysPerLook, keys_);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      sightings_[i].key = i;
      sightings_[i].found = true;
      sightings_[i].versions.assign(1, 1);
    }
    freshness_.sighted(*view_, keys_, std::span(sightings_).first(keys_.size()), now, now + kNanosPerMilli);
  }

  Ledger ledger_;
  Freshness freshness_;
  std::optional<ViewId> view_;
  std::size_t since_look_ = 0;
  std::vector<std::string> keys_;
  std::vector<Sighting> sightings_;
};

}  // namespace

void print_cost_of_measuring(const std::string& name, const Bench& bench, int times,
                             const std::function<Result<Work>(const OutcomeSink&)>& run) {
  std::vector<std::vector<Settled>> batches;
  std::mutex mutex;
  const Result<Work> work = run([&](std::span<const Settled> settled) {
    const std::scoped_lock lock(mutex);
    batches.emplace_back(settled.begin(), settled.end());
  });
  if (!work.ok()) return fmt::print("{:<34} not run: {}\n", name, work.error().message), void();
  const auto rows = static_cast<double>(work->rows);
  std::vector<double> nanos;
  for (int i = 0; i < times; ++i) {
    Measuring measuring(bench);
    const double before = own_cpu_s();
    for (const std::vector<Settled>& batch : batches) {
      const std::scoped_lock lock(mutex);
      measuring.settled(batch);
    }
    nanos.push_back((own_cpu_s() - before) * 1e9 / rows);
    FRESHET_CHECK(measuring.ledger().total(Outcome::Committed) == work->rows, "the ledger has every change");
  }
  const Ratio each = ratio_of(nanos);
  const auto percent = [&](double nanos_each, double cpu_s) { return 100 * nanos_each * rows / 1e9 / cpu_s; };
  const double client = work->client_cpu_s;
  const double all = client + work->server_cpu_s;
  fmt::print(
      "{:<34} {:.0f} ns a change [{:.0f}, {:.0f}]: {:.2f} % [{:.2f}, {:.2f}] of the CPU of client and server, {:.1f} % "
      "of the client's alone (goal: < 3 %)\n",
      name, each.middle, each.low, each.high, percent(each.middle, all), percent(each.low, all),
      percent(each.high, all), percent(each.middle, client));
  std::fflush(stdout);
}

}  // namespace freshet::bench
