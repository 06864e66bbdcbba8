// The whole chain at a given rate, beside a bare reference: generate, write, capture, join, unnest, upsert, observe and
// audit, as `freshet run --embedded` does it, in turns with the same rows written by the bulk API and nothing else.
//
// The last run of the chain is the long one: it has more rows and the same number of them in flight, so what its
// harness needs more of memory is what grows with the number of rows.
#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "e2e_chain.h"
#include "e2e_reference.h"
#include "generator/schedule/schedule.h"
#include "scenarios/loader/loader.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "Usage: e2e [--rate N] [--for S] [--long S] [--warm-up S] [--repeat N] [--target-ms N] [--scenario FILE]\n"
    "  --rate N       source changes a second (8000)\n"
    "  --for S        measured seconds of a run (20); --long S: of the last run (60)\n"
    "  --warm-up S    seconds before, until as many lives end as begin (20)\n"
    "  --repeat N     runs of the chain, each beside a reference (3)\n"
    "  --target-ms N  p99 freshness to stay below (250)\n"
    "Exit codes: 0 sustained, 1 a run failed, 2 usage, 3 not sustained\n";

/// A fixed epoch, so that chain and reference write the same bytes.
constexpr const char* kEpoch = "2026-01-01T00:00:00Z";
/// Asked for above the rate, because arrivals are random.
constexpr double kMargin = 1.01;

struct Options {
  std::map<std::string, int> numbers = {{"--rate", 8000},  {"--for", 20},   {"--long", 60},
                                        {"--warm-up", 20}, {"--repeat", 3}, {"--target-ms", 250}};
  std::string scenario = FRESHET_SCENARIO;
  [[nodiscard]] int operator[](const char* name) const { return numbers.at(name); }
};

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    const std::string_view value = words[i + 1];
    if (name == "--scenario") {
      options.scenario = value;
      continue;
    }
    const auto number = options.numbers.find(name);
    if (number == options.numbers.end()) return false;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number->second);
    if (read.ec != std::errc{} || read.ptr != value.data() + value.size() || number->second <= 0) return false;
  }
  return count % 2 == 1;
}

/// How long to run at how many arrivals a second.
struct Load {
  int arrivals = 1'000;
  int seconds = 0;
  int warm_up = 0;

  [[nodiscard]] Overrides overrides() const {
    Overrides result;
    result.rate = std::to_string(arrivals) + "/s";
    result.duration = std::to_string(seconds) + "s";
    result.set.emplace_back("/warm_up", std::to_string(warm_up) + "s");
    return result;
  }
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--rate",  std::to_string(arrivals) + "/s",
            "--for",   std::to_string(seconds) + "s",
            "--set",   "/warm_up=" + std::to_string(warm_up) + "s",
            "--epoch", kEpoch};
  }
};

std::optional<Scenario> load_or_complain(const std::string& path, const Load& load) {
  Loaded loaded = load_scenario(path, load.overrides());
  if (!loaded.scenario) {
    for (const Problem& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.text());
  }
  return std::move(loaded.scenario);
}

RunIdentity identity_of(const Scenario& scenario) {
  std::int64_t micros = 0;
  FRESHET_CHECK(parse_time(kEpoch, micros), "the epoch is a time");
  return {scenario.seed, 0, WallTime{Micros{micros}}};
}

/// Source changes a second in the measured phase.
double changes_per_s(const Scenario& scenario) {
  const RunIdentity identity = identity_of(scenario);
  const auto model = make_model(scenario, identity);
  const auto schedule = make_schedule(scenario, *model, identity, 0, 1);
  std::int64_t measured = 0;
  for (Change change; schedule->next(change);) measured += change.phase == Phase::Measured ? 1 : 0;
  return static_cast<double>(measured) * 1e6 / static_cast<double>(scenario.measured().count());
}

double load_average() {
  double average = 0;
  return ::getloadavg(&average, 1) == 1 ? average : -1;
}

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

struct Measured {
  std::vector<ChainRun> chain;
  std::vector<ReferenceRun> reference;

  template <typename Figure>
  [[nodiscard]] Spread of_chain(const Figure& figure) const {
    std::vector<double> values;
    for (const ChainRun& run : chain) values.push_back(figure(run));
    return spread_of(std::move(values));
  }
  template <typename Figure>
  [[nodiscard]] Spread of_reference(const Figure& figure) const {
    std::vector<double> values;
    for (const ReferenceRun& run : reference) values.push_back(figure(run));
    return spread_of(std::move(values));
  }
};

double cost_of(const ChainRun& run, const char* part) {
  const auto cost = run.cost.find(part);
  return cost == run.cost.end() ? 0 : cost->second.cpu_us_per_change;
}

double megabytes(const ChainRun& run) {
  const auto harness = run.cost.find("harness");
  return harness == run.cost.end() ? 0 : static_cast<double>(harness->second.rss_max_bytes) / 1e6;
}

void print_host(const Load& load) {
  utsname kernel{};
  ::uname(&kernel);
  fmt::print("host     {} cores, {} {}\n", ::sysconf(_SC_NPROCESSORS_ONLN), kernel.sysname, kernel.release);
  fmt::print("chain    freshet run scenarios/split-sales.json --embedded");
  for (const std::string& argument : load.arguments()) fmt::print(" {}", argument);
  fmt::print("\n\n{:<12} {:>9} {:>10} {:>8} {:>8}  {:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6}\n", "", "changes",
             "changes/s", "p50 ms", "p99 ms", "verdict", "harness", "pipeline", "mysql", "all", "harness", "load");
  fmt::print("{:<12} {:>9} {:>10} {:>8} {:>8}  {:<12} {:>39} {:>9} {:>6}\n", "", "in all", "", "freshness", "", "",
             "CPU us a change", "peak MB", "");
}

void print_run(const ChainRun& run, const std::string& name, double load) {
  fmt::print("{:<12} {:>9} {:>10.0f} {:>8.1f} {:>8.1f}  {:<12} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>6.1f}\n",
             name, run.changes, run.achieved_per_s, run.p50_s * 1e3, run.p99_s * 1e3, run.verdict,
             cost_of(run, "harness"), cost_of(run, "pipeline"), cost_of(run, "mysql"), run.cpu_us_per_change(),
             megabytes(run), load);
  std::fflush(stdout);
}

void print_run(const ReferenceRun& run, const std::string& name, double load) {
  const double changes = static_cast<double>(run.changes);
  fmt::print("{:<12} {:>9} {:>10.0f} {:>8} {:>8}  {:<12} {:>9.1f} {:>9} {:>9.1f} {:>9.1f} {:>9} {:>6.1f}\n", name,
             run.changes, run.changes_per_s(), "-", "-", "not judged", run.client_cpu_s * 1e6 / changes, "-",
             run.server_cpu_s * 1e6 / changes, run.cpu_us_per_change(), "-", load);
  std::fflush(stdout);
}

/// Takes turns, so that other load on this machine affects both alike. Empty when a run failed; it has said why.
std::optional<Measured> measure(const Options& options, const Load& load) {
  Measured measured;
  const int repeat = options["--repeat"];
  for (int i = 1; i <= repeat; ++i) {
    const std::optional<Scenario> scenario = load_or_complain(options.scenario, load);
    if (!scenario) return std::nullopt;
    auto reference = run_reference(*scenario, identity_of(*scenario));
    if (!reference.ok()) {
      fmt::print(stderr, "e2e: reference: {}\n", reference.error().message);
      return std::nullopt;
    }
    measured.reference.push_back(*reference);
    print_run(*reference, fmt::format("reference {}", i), load_average());

    Load this_load = load;
    if (i == repeat) this_load.seconds = options["--long"];
    auto chain = run_chain({FRESHET_PROGRAM, options.scenario, this_load.arguments()});
    if (!chain.ok()) {
      fmt::print(stderr, "e2e: chain: {}\n", chain.error().message);
      return std::nullopt;
    }
    measured.chain.push_back(*chain);
    print_run(*chain, fmt::format("chain {} {}s", i, this_load.seconds), load_average());
  }
  return measured;
}

void print_summary(const Measured& measured) {
  const auto line = [](const char* what, const Spread& spread, const char* unit) {
    fmt::print("{:<46} {:>9.2f} {:<11} {:.2f} to {:.2f}\n", what, spread.median, unit, spread.least, spread.most);
  };
  std::vector<double> rate_ratio, cpu_ratio;
  for (std::size_t i = 0; i < measured.chain.size(); ++i) {
    rate_ratio.push_back(measured.chain[i].achieved_per_s / measured.reference[i].changes_per_s());
    cpu_ratio.push_back(measured.chain[i].cpu_us_per_change() / measured.reference[i].cpu_us_per_change());
  }
  fmt::print("\n{:<46} {:>9} {:<11} {}\n", "", "median", "", "spread");
  line("chain, asked for at this rate", measured.of_chain([](const ChainRun& run) { return run.achieved_per_s; }),
       "changes/s");
  line("  p99 freshness of the worst view", measured.of_chain([](const ChainRun& run) { return run.p99_s * 1e3; }),
       "ms");
  line("  CPU", measured.of_chain([](const ChainRun& run) { return run.cpu_us_per_change(); }), "us a change");
  line("reference, flat out", measured.of_reference([](const ReferenceRun& run) { return run.changes_per_s(); }),
       "changes/s");
  line("  CPU", measured.of_reference([](const ReferenceRun& run) { return run.cpu_us_per_change(); }), "us a change");
  line("ratio of rates, chain as asked : reference", spread_of(rate_ratio), "");
  line("ratio of CPU a change, chain : reference", spread_of(cpu_ratio), "");
  const ReferenceRun& reference = measured.reference.front();
  fmt::print("{:<46} {:>9.2f}\n", "sink rows a source change",
             static_cast<double>(reference.sink_rows) / static_cast<double>(reference.changes));
  const ChainRun& shorter = measured.chain.front();
  const ChainRun& longer = measured.chain.back();
  if (longer.changes > shorter.changes) {
    fmt::print("{:<46} {:>9.1f} MB after {} changes, {:.1f} MB after {}: {:.1f} bytes a change more\n",
               "harness's peak memory", megabytes(shorter), shorter.changes, megabytes(longer), longer.changes,
               (megabytes(longer) - megabytes(shorter)) * 1e6 / static_cast<double>(longer.changes - shorter.changes));
  }
  fmt::print("{:<46} {}\n", "durability of the server", longer.durability);
}

int verdict(const Options& options, const Measured& measured) {
  const double rate = options["--rate"];
  const double target_s = options["--target-ms"] / 1e3;
  bool right = true;
  bool sustained = true;
  for (const ChainRun& run : measured.chain) {
    right = right && run.verdict == "pass" && run.audit_errors == 0;
    sustained = sustained && run.achieved_per_s >= rate && run.p99_s < target_s;
  }
  if (!right) {
    fmt::print("\nFAILED: not every run passed\n");
    return 1;
  }
  fmt::print("\n{}: at least {:.0f} changes/s with p99 freshness below {} ms in every run\n",
             sustained ? "SUSTAINED" : "NOT SUSTAINED", rate, options["--target-ms"]);
  return sustained ? 0 : 3;
}

int main_of(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  Load load;
  load.seconds = options["--for"];
  load.warm_up = options["--warm-up"];
  // How many changes an arrival brings depends on the scenario and on how long it runs.
  for (int pass = 0; pass < 2; ++pass) {
    const std::optional<Scenario> scenario = load_or_complain(options.scenario, load);
    if (!scenario) return 2;
    load.arrivals = static_cast<int>(std::ceil(load.arrivals * kMargin * options["--rate"] / changes_per_s(*scenario)));
  }
  print_host(load);
  const std::optional<Measured> measured = measure(options, load);
  if (!measured) return 1;
  print_summary(*measured);
  return verdict(options, *measured);
}

}  // namespace
}  // namespace freshet::bench

int main(int count, char** words) { return freshet::bench::main_of(count, words); }
