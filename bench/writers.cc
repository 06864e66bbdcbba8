// The writers beside bare clients: what the send side of a run costs, pair by pair in one run, in turns.
//
// A ratio above 1 means that Freshet is faster, or needs less CPU, than the reference. Wall ratios are those of the
// machine as it is; on a shared one the ratio of CPU seconds a row (client and server together) says more.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "generator/schedule/schedule.h"
#include "generator/write/mysql_statements.h"
#include "generator/write/null_writer.h"
#include "generator/write/targets.h"
#include "metrics/freshness.h"
#include "metrics/ledger.h"
#include "scenarios/loader.h"
#include "servers/child_process.h"
#include "servers/mariadb_server.h"
#include "writers_reference.h"
#include "writers_scenario.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "Usage: writers [--rows N] [--pairs N] [--lanes N] [--seconds N] [--only databases | brokers | schedule]\n"
    "  --rows N     rows of one run (20000); five times as many messages\n"
    "  --pairs N    runs of Freshet, each beside a reference (5)\n"
    "  --lanes N    connections (2)\n"
    "  --seconds N  of a run of sysbench, and of the schedule at 50,000/s (3)\n";

struct Options {
  std::string only;  ///< one part; empty: all
  std::map<std::string, int> numbers = {{"--rows", 20'000}, {"--pairs", 5}, {"--lanes", 2}, {"--seconds", 3}};
  [[nodiscard]] int operator[](const char* name) const { return numbers.at(name); }
  [[nodiscard]] bool wants(const char* part) const { return only.empty() || only == part; }
};

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view value = words[i + 1];
    if (std::string_view(words[i]) == "--only") {
      options.only = value;
      if (value != "databases" && value != "brokers" && value != "schedule") return false;
      continue;
    }
    const auto number = options.numbers.find(words[i]);
    if (number == options.numbers.end()) return false;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number->second);
    if (read.ec != std::errc{} || read.ptr != value.data() + value.size() || number->second <= 0) return false;
  }
  return count % 2 == 1;
}

double load_average() {
  double average = 0;
  return ::getloadavg(&average, 1) == 1 ? average : -1;
}

/// The middle of some ratios, and the 95 % interval of their geometric mean (Student's t on their logarithms).
struct Ratio {
  double middle = 0;
  double low = 0;
  double high = 0;
};

Ratio ratio_of(const std::vector<double>& ratios) {
  // Two-sided 95 % points of t for 1, 2, … degrees of freedom.
  constexpr double kT[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  const auto count = static_cast<double>(ratios.size());
  double sum = 0;
  for (const double ratio : ratios) sum += std::log(ratio);
  const double mean = sum / count;
  double squares = 0;
  for (const double ratio : ratios) squares += (std::log(ratio) - mean) * (std::log(ratio) - mean);
  const std::size_t freedom = ratios.size() - 1;
  const double t = freedom == 0 ? 0 : freedom > std::size(kT) ? 1.96 : kT[freedom - 1];
  const double half = freedom == 0 ? 0 : t * std::sqrt(squares / (count - 1) / count);
  return {std::exp(mean), std::exp(mean - half), std::exp(mean + half)};
}

/// Runs `ours` and `reference` in turns, each first every other time, and prints the ratios.
void compare(const std::string& name, double goal, int pairs, const std::function<Result<Work>()>& ours,
             const std::function<Result<Work>()>& reference) {
  std::vector<double> wall;
  std::vector<double> cpu;
  Work last_ours;
  Work last_reference;
  for (int pair = 0; pair < pairs; ++pair) {
    for (const bool our_turn : {pair % 2 == 0, pair % 2 != 0}) {
      auto work = our_turn ? ours() : reference();
      if (!work.ok()) return fmt::print("{:<34} not run: {}\n", name, work.error().message), void();
      (our_turn ? last_ours : last_reference) = *work;
    }
    const auto rate = [](const Work& work) { return static_cast<double>(work.rows) / work.seconds; };
    const auto cost = [](const Work& work) {
      return (work.client_cpu_s + work.server_cpu_s) / static_cast<double>(work.rows);
    };
    wall.push_back(rate(last_ours) / rate(last_reference));
    cpu.push_back(cost(last_reference) / cost(last_ours));
  }
  const Ratio by_wall = ratio_of(wall);
  const Ratio by_cpu = ratio_of(cpu);
  const auto per_row = [](double seconds, const Work& work) { return seconds * 1e6 / static_cast<double>(work.rows); };
  fmt::print(
      "{:<34} wall {:.2f} [{:.2f}, {:.2f}]  cpu {:.2f} [{:.2f}, {:.2f}]  goal {:.2f}  {:.0f}/s against {:.0f}/s; "
      "µs a row, client + server: {:.1f} + {:.1f} against {:.1f} + {:.1f}\n",
      name, by_wall.middle, by_wall.low, by_wall.high, by_cpu.middle, by_cpu.low, by_cpu.high, goal,
      static_cast<double>(last_ours.rows) / last_ours.seconds,
      static_cast<double>(last_reference.rows) / last_reference.seconds, per_row(last_ours.client_cpu_s, last_ours),
      per_row(last_ours.server_cpu_s, last_ours), per_row(last_reference.client_cpu_s, last_reference),
      per_row(last_reference.server_cpu_s, last_reference));
  std::fflush(stdout);
}

/// The writers of a scenario, fed from its schedule, all of which is due when the clock starts.
class Sender {
 public:
  Sender(const Bench& bench, Addresses addresses, int lanes)
      : bench_(bench), addresses_(std::move(addresses)), lanes_(lanes) {}

  /// `more` is a sink beside the count of what committed.
  Result<Work> run(const OutcomeSink& more = {}) {
    Created created;
    FRESHET_TRY(prepare_targets(bench_.scenario, addresses_, {true, true, "bench"}, created));
    std::atomic<std::int64_t> committed = 0;
    const OutcomeSink sink = [&](std::span<const Settled> settled) {
      for (const Settled& one : settled) committed += one.outcome == Outcome::Committed ? 1 : 0;
      if (more) more(settled);
    };
    auto pool = WriterPool::open(bench_.scenario, 0, addresses_, lanes_, clock_, sink);
    if (!pool.ok()) return pool.error();
    std::atomic<std::int64_t> taken = 0;
    const double cpu = own_cpu_s();
    const Instant began = clock_.now();
    {
      std::vector<std::jthread> threads;
      for (int lane = 0; lane < lanes_; ++lane) {
        threads.emplace_back([&, lane] {
          const auto schedule = make_schedule(bench_.scenario, *bench_.rows, bench_.identity, lane, lanes_);
          LaneOptions options;
          options.zero = began - bench_.scenario.length() * kNanosPerMicro;
          taken += run_lane(bench_.scenario, *bench_.rows, *schedule, (*pool)->lane(lane), clock_, options, sink, {});
        });
      }
    }
    (*pool)->flush(clock_.now() + 60 * kNanosPerSecond);
    const Instant ended = clock_.now();
    Work work{committed, static_cast<double>(ended - began) / 1e9, own_cpu_s() - cpu, 0};
    if (!(*pool)->broken().empty()) return Error{ErrorKind::Unreachable, (*pool)->broken(), ""};
    if (taken != committed) return Error{ErrorKind::Internal, "not every change committed", ""};
    return work;
  }

 private:
  const Bench& bench_;
  const Addresses addresses_;
  const int lanes_;
  const SystemClock clock_;
};

/// Adds the CPU time of the server to that of the client.
std::function<Result<Work>()> with_server(const MariadbServer& server, std::function<Result<Work>()> run) {
  return [&server, run = std::move(run)]() -> Result<Work> {
    const double before = server.cost().cpu_s;
    auto work = run();
    if (work.ok()) work->server_cpu_s = server.cost().cpu_s - before;
    return work;
  };
}

/// The inserts of the schedule, rendered, shared out over lanes.
std::vector<Inserts> rendered(const Bench& bench, int lanes) {
  const Entity& entity = bench.scenario.entities.back();
  std::vector<Inserts> out(static_cast<std::size_t>(lanes));
  const TableStatements statements = table_statements(entity, kTable);
  for (Inserts& inserts : out) {
    inserts.sql = statements.insert.sql;
    inserts.columns = statements.insert.columns;
  }
  const auto schedule = make_schedule(bench.scenario, *bench.rows, bench.identity, 0, 1);
  std::size_t turn = 0;
  for (Change change; schedule->next(change);) {
    std::vector<Row>& rows = out[turn++ % out.size()].rows;
    bench.rows->row(change.entity, change.ordinal, change.version, rows.emplace_back());
  }
  return out;
}

void compare_databases(const Options& options) {
  auto started = MariadbServer::start({});
  if (!started.ok()) return fmt::print("MariaDB: not run: {}\n", started.error().message), void();
  MariadbServer& server = **started;
  mysql::Address address;
  address.socket = server.socket();
  address.user = "root";
  {
    auto session = mysql::Connection::open(address);
    if (!session.ok() || !session->execute("CREATE DATABASE bench").ok()) return;
  }
  address.database = "bench";
  const int lanes = options["--lanes"];
  const int pairs = options["--pairs"];
  const int seconds = options["--seconds"];
  Addresses addresses;
  addresses.mysql = {address};
  addresses.kafka.resize(1);

  const Bench batched = orders(options["--rows"], R"({"changes": 100})");
  Sender batches(batched, addresses, lanes);
  const std::vector<Inserts> inserts = rendered(batched, lanes);
  compare("orders, batched / bulk x100", 0.95, pairs, with_server(server, [&] { return batches.run(); }),
          with_server(server, [&]() -> Result<Work> {
            Created created;
            FRESHET_TRY(prepare_targets(batched.scenario, addresses, {true, true, "bench"}, created));
            return bulk_insert(address, inserts, 100);
          }));

  const Bench single = orders(options["--rows"], R"({"changes": 1})");
  Sender singles(single, addresses, lanes);
  compare("orders, one by one / oltp_insert", 1.3, pairs, with_server(server, [&] { return singles.run(); }),
          with_server(server, [&] { return sysbench(address, "oltp_insert", lanes, seconds, 1); }));

  const Bench event = events(options["--rows"] / 5);
  Sender transactions(event, addresses, lanes);
  constexpr int kRowsOfWriteOnly = 4;  // two updates, a delete and an insert
  compare("events of 5 rows / oltp_write_only", 1.3, pairs, with_server(server, [&] { return transactions.run(); }),
          with_server(server, [&] { return sysbench(address, "oltp_write_only", lanes, seconds, kRowsOfWriteOnly); }));

  // The cost of measuring: ledger and freshness fed beside the run, against the run without them.
  const auto measured = [&]() -> Result<Work> {
    Ledger ledger(batched.scenario);
    Freshness freshness(batched.scenario, *batched.rows);
    std::mutex mutex;
    return batches.run([&](std::span<const Settled> settled) {
      const std::scoped_lock lock(mutex);
      ledger.settled(settled);
      freshness.settled(settled);
    });
  };
  compare("measured / not, with the server", 0.97, pairs, with_server(server, measured),
          with_server(server, [&] { return batches.run(); }));
  compare("measured / not, client alone", 0.97, pairs, measured, [&] { return batches.run(); });
}

void compare_brokers(const Options& options) {
  auto broker = kafka::EmbeddedBroker::start();
  constexpr int kPartitions = 8;
  if (!broker.ok() || !(*broker)->create_topic(kTopic, kPartitions).ok()) return;
  Addresses addresses;
  addresses.mysql.resize(1);
  addresses.kafka = {(*broker)->address()};
  // A message is soon made: with fewer of them the broker's first answers would be most of what is measured.
  constexpr int kMessagesOfRow = 5;
  const Bench bench = baskets(FRESHET_SCENARIO, kMessagesOfRow * options["--rows"]);
  Sender sender(bench, addresses, options["--lanes"]);
  std::vector<Message> messages;
  const auto schedule = make_schedule(bench.scenario, *bench.rows, bench.identity, 0, 1);
  Row row;
  for (Change change; schedule->next(change);) {
    const RecordType& type = bench.rows->type_of(change.entity);
    bench.rows->row(change.entity, change.ordinal, change.version, row);
    Message& message = messages.emplace_back();
    append_text(row, row.cells[0], type.columns[0].type, message.key);
    append_json_object(row, 0, type, message.value);
    message.headers = {{"entity", "basket"},
                       {"operation", "insert"},
                       {"version", std::to_string(change.version)},
                       {"intended", std::to_string(change.intended)}};
  }
  compare(
      "baskets to Kafka / bare produce", 0.9, options["--pairs"], [&] { return sender.run(); },
      [&] { return produce(addresses.kafka[0], kTopic, messages, options["--lanes"]); });
}

/// How far from its intended instant each change is released at 50,000/s, against a target that costs nothing.
void schedule_error(const Options& options) {
  constexpr int kRate = 50'000;
  const Bench bench = orders(kRate * options["--seconds"], "", kRate);
  const SystemClock clock;
  const int lanes = options["--lanes"];
  std::vector<std::vector<double>> errors(static_cast<std::size_t>(lanes));
  const Instant zero = clock.now() + 200 * kNanosPerMilli;
  {
    std::vector<std::jthread> threads;
    for (int lane = 0; lane < lanes; ++lane) {
      threads.emplace_back([&, lane] {
        std::vector<double>& mine = errors[static_cast<std::size_t>(lane)];
        const OutcomeSink sink = [&](std::span<const Settled> settled) {
          for (const Settled& one : settled) {
            mine.push_back(static_cast<double>(one.released - zero - one.change.intended * kNanosPerMicro) / 1e3);
          }
        };
        const auto outcomes = std::make_shared<LaneOutcomes>(bench.scenario, sink);
        LaneWriters writers{{std::make_shared<NullWriter>(outcomes, clock)}, outcomes};
        const auto schedule = make_schedule(bench.scenario, *bench.rows, bench.identity, lane, lanes);
        LaneOptions lane_options;
        lane_options.zero = zero;
        run_lane(bench.scenario, *bench.rows, *schedule, writers, clock, lane_options, sink, {});
      });
    }
  }
  std::vector<double> all;
  for (const auto& some : errors) all.insert(all.end(), some.begin(), some.end());
  if (all.empty()) return;
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  fmt::print(
      "schedule error at {}/s, µs:      p50 {:.0f}  p99 {:.0f}  p99.9 {:.0f}  most {:.0f}  (goal: p99 < 200 idle)\n",
      kRate, at(0.5), at(0.99), at(0.999), all.back());
}

int run(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  fmt::print("writers: {} rows, {} pairs, {} lanes, {} cores, load {:.1f}\n", options["--rows"], options["--pairs"],
             options["--lanes"], std::thread::hardware_concurrency(), load_average());
  if (options.wants("databases")) compare_databases(options);
  if (options.wants("brokers")) compare_brokers(options);
  if (options.wants("schedule")) schedule_error(options);
  fmt::print("load {:.1f} at the end\n", load_average());
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int count, char** words) { return freshet::bench::run(count, words); }
