// The writers beside bare clients: what the send side of a run costs, pair by pair in one run, in turns.
//
// A ratio above 1 means that Freshet is faster, or needs less CPU, than the reference. Wall ratios are those of the
// machine as it is; on a shared one the ratio of CPU seconds a row (client and server together) says more.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "generator/schedule/schedule.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/targets.h"
#include "generator/write/writer_pool.h"
#include "metrics/freshness/freshness.h"
#include "metrics/ledger/ledger.h"
#include "scenarios/loader/loader.h"
#include "servers/child_process.h"
#include "servers/kafka_broker.h"
#include "servers/mariadb_server.h"
#include "writers_measuring.h"
#include "writers_reference.h"
#include "writers_scenario.h"
#include "writers_schedule.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "Usage: writers [--rows N] [--pairs N] [--lanes N] [--seconds N] [--only databases | brokers | schedule]\n"
    "  --rows N     rows of one run; of batches, and messages, five times as many (60000)\n"
    "  --pairs N    runs of Freshet, each beside a reference, after one that does not count (9)\n"
    "  --lanes N    connections (2)\n"
    "  --seconds N  of a run of sysbench, and of the schedule at 50,000/s (2)\n";

struct Options {
  std::string only;  ///< one part; empty: all
  std::map<std::string, int> numbers = {{"--rows", 60'000}, {"--pairs", 9}, {"--lanes", 2}, {"--seconds", 2}};
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

/// Runs `ours` and `reference` in turns, each first every other time, and prints the ratios. The first pair warms up
/// and does not count.
void compare(const std::string& name, double goal, int pairs, const std::function<Result<Work>()>& ours,
             const std::function<Result<Work>()>& reference) {
  std::vector<double> wall;
  std::vector<double> cpu;
  Work last_ours;
  Work last_reference;
  for (int pair = -1; pair < pairs; ++pair) {
    for (const bool our_turn : {pair % 2 == 0, pair % 2 != 0}) {
      auto work = our_turn ? ours() : reference();
      if (!work.ok()) return fmt::print("{:<34} not run: {}\n", name, work.error().message), void();
      (our_turn ? last_ours : last_reference) = *work;
    }
    const auto rate = [](const Work& work) { return static_cast<double>(work.rows) / work.seconds; };
    const auto cost = [](const Work& work) {
      return (work.client_cpu_s + work.server_cpu_s) / static_cast<double>(work.rows);
    };
    if (pair < 0) continue;
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
    auto pool = WriterPool::open(bench_.scenario, WallTime{}, addresses_, lanes_, clock_, sink);
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
          options.zero = began - bench_.scenario.length();
          taken += run_lane(bench_.scenario, *bench_.rows, *schedule, (*pool)->lane(lane), clock_, options, {});
        });
      }
    }
    (*pool)->flush(clock_.now() + 60 * kNanosPerSecond);
    const Instant ended = clock_.now();
    Work work{committed, static_cast<double>((ended - began).count()) / 1e9, own_cpu_s() - cpu, 0};
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

/// Returns when the server rests: what it still does for the run before (pages, purge) is not the next one's. The logs
/// that it wrote are removed for the same reason.
void let_rest(const MariadbServer& server, const mysql::Address& address) {
  constexpr Nanos kLook = 100 * kNanosPerMilli;
  constexpr double kAtRest = 0.015;  // of its CPU in that time, in seconds: one tick
  constexpr int kMostLooks = 50;
  auto session = mysql::Connection::open(address);
  if (!session.ok() || !session->execute("RESET MASTER").ok()) return;
  const SystemClock clock;
  double before = server.cost().cpu_s;
  for (int look = 0; look < kMostLooks; ++look) {
    clock.sleep_until(clock.now() + kLook, {});
    const double now = server.cost().cpu_s;
    if (now - std::exchange(before, now) < kAtRest) return;
  }
}

/// Adds the CPU time of the server to that of the client.
std::function<Result<Work>()> with_server(const MariadbServer& server, const mysql::Address& address,
                                          std::function<Result<Work>()> run) {
  return [&server, &address, run = std::move(run)]() -> Result<Work> {
    let_rest(server, address);
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
  addresses.servers = {address};

  const auto whole = [&](std::function<Result<Work>()> run) { return with_server(server, address, std::move(run)); };

  constexpr int kBatchedRows = 5;  // they take a fifth of the time
  const Bench batched = orders(kBatchedRows * options["--rows"], R"({"changes": 100})");
  Sender batches(batched, addresses, lanes);
  const std::vector<Inserts> inserts = rendered(batched, lanes);
  compare("orders, batched / bulk x100", 0.95, pairs, whole([&] { return batches.run(); }),
          whole([&]() -> Result<Work> {
            Created created;
            FRESHET_TRY(prepare_targets(batched.scenario, addresses, {true, true, "bench"}, created));
            return bulk_insert(address, inserts, 100);
          }));

  const Bench single = orders(options["--rows"], R"({"changes": 1})");
  Sender singles(single, addresses, lanes);
  compare("orders, one by one / oltp_insert", 1.3, pairs, whole([&] { return singles.run(); }),
          whole([&] { return sysbench(address, "oltp_insert", lanes, seconds, 1); }));

  const Bench event = events(options["--rows"] / 5);
  Sender transactions(event, addresses, lanes);
  constexpr int kRowsOfWriteOnly = 4;  // two updates, a delete and an insert
  compare("events of 5 rows / oltp_write_only", 1.3, pairs, whole([&] { return transactions.run(); }),
          whole([&] { return sysbench(address, "oltp_write_only", lanes, seconds, kRowsOfWriteOnly); }));

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
  compare("measured / not, with the server", 0.97, pairs, whole(measured), whole([&] { return batches.run(); }));
  print_cost_of_measuring("measuring orders, batched", batched, pairs,
                          [&](const OutcomeSink& sink) { return whole([&] { return batches.run(sink); })(); });
  const Bench seen = observed_orders(options["--rows"], R"({"changes": 1})");
  Sender seen_singles(seen, addresses, lanes);
  print_cost_of_measuring("measuring orders, one by one, seen", seen, pairs,
                          [&](const OutcomeSink& sink) { return whole([&] { return seen_singles.run(sink); })(); });
}

void compare_brokers(const Options& options) {
  auto broker = kafka::EmbeddedBroker::start();
  constexpr int kPartitions = 8;
  if (!broker.ok() || !(*broker)->create_topic(kTopic, kPartitions).ok()) return;
  Addresses addresses;
  addresses.servers = {(*broker)->address()};
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
                       {"intended", std::to_string(change.intended.count())}};
  }
  compare(
      "baskets to Kafka / bare produce", 0.9, options["--pairs"], [&] { return sender.run(); },
      [&] { return produce((*broker)->address(), kTopic, messages, options["--lanes"]); });
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
  if (options.wants("schedule")) print_schedule_error(options["--lanes"], options["--seconds"]);
  fmt::print("load {:.1f} at the end\n", load_average());
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int count, char** words) { return freshet::bench::run(count, words); }
