#include "writers_reference.h"

#include <sys/resource.h>

#include <atomic>
#include <charconv>
#include <fstream>
#include <memory>
#include <span>
#include <thread>

#include "base/clock.h"
#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet::bench {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_s(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

Status insert_all(mysql::Connection& connection, const Inserts& inserts, std::size_t in_transaction) {
  std::vector<const Row*> rows;
  for (const Row& row : inserts.rows) rows.push_back(&row);
  FRESHET_TRY(connection.execute("SET autocommit = 0"));
  for (std::span<const Row* const> rest = rows; !rest.empty();) {
    const std::size_t size = std::min(in_transaction, rest.size());
    FRESHET_TRY(connection.bulk(inserts.sql, inserts.columns, rest.first(size)));
    FRESHET_TRY(connection.execute("COMMIT"));
    rest = rest.subspan(size);
  }
  return {};
}

}  // namespace

double own_cpu_s() { return cpu_s(RUSAGE_SELF); }

Result<Work> bulk_insert(const mysql::Address& address, const std::vector<Inserts>& lanes, std::size_t in_transaction) {
  std::vector<mysql::Connection> connections;
  Work work;
  for (const Inserts& inserts : lanes) {
    auto opened = mysql::Connection::open(address);
    if (!opened.ok()) return opened.error();
    connections.push_back(std::move(*opened));
    work.rows += static_cast<std::int64_t>(inserts.rows.size());
  }
  std::vector<Status> ends(lanes.size());
  const SystemClock clock;
  const double cpu = own_cpu_s();
  const Instant began = clock.now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      threads.emplace_back([&, i] { ends[i] = insert_all(connections[i], lanes[i], in_transaction); });
    }
  }
  work.seconds = static_cast<double>(clock.now() - began) / 1e9;
  work.client_cpu_s = own_cpu_s() - cpu;
  for (const Status& end : ends) FRESHET_TRY(end);
  return work;
}

Result<Work> produce(const kafka::Address& address, const std::string& topic, const std::vector<Message>& messages) {
  std::atomic<std::int64_t> failed = 0;
  auto producer = kafka::Producer::open(
      address, [&](const kafka::Producer::Delivery& delivery) { failed += delivery.code == 0 ? 0 : 1; });
  if (!producer.ok()) return producer.error();
  // Views of the headers are made before; a bare client would keep them as they are.
  std::vector<std::vector<kafka::Header>> headers;
  for (const Message& message : messages) {
    std::vector<kafka::Header>& views = headers.emplace_back();
    for (const auto& [name, value] : message.headers) views.push_back({name, value});
  }
  Work work;
  work.rows = static_cast<std::int64_t>(messages.size());
  const SystemClock clock;
  const double cpu = own_cpu_s();
  const Instant began = clock.now();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    FRESHET_TRY((*producer)->produce({topic, messages[i].key, messages[i].value, false, i, headers[i]}));
  }
  constexpr int kPatienceMs = 60'000;
  const int left = (*producer)->flush(kPatienceMs);
  work.seconds = static_cast<double>(clock.now() - began) / 1e9;
  work.client_cpu_s = own_cpu_s() - cpu;
  if (left > 0 || failed > 0) return Error{ErrorKind::Unreachable, "the reference lost messages", ""};
  return work;
}

Result<Work> sysbench(const mysql::Address& address, const std::string& test, int threads, int seconds,
                      int rows_of_event) {
  constexpr int kPatienceMs = 300'000;
  auto directory = PrivateDirectory::create();
  if (!directory.ok()) return directory.error();
  const std::string log = (*directory)->path() + "/sysbench.log";
  const auto run = [&](const std::string& command, ChildProcess& process) -> Status {
    FRESHET_TRY(process.start({.command = {"sysbench", test, "--db-driver=mysql", "--mysql-socket=" + address.socket,
                                           "--mysql-user=" + address.user, "--mysql-db=" + address.database,
                                           "--tables=" + std::to_string(threads), "--table-size=10000",
                                           "--threads=" + std::to_string(threads), "--time=" + std::to_string(seconds),
                                           "--report-interval=0", command},
                               .output_file = log}));
    if (process.wait(kPatienceMs) && process.exit_code() == 0) return {};
    return Error{ErrorKind::Unreachable, "sysbench failed:\n" + tail_of(log, 8), ""};
  };
  ChildProcess preparing;
  ChildProcess running;
  ChildProcess cleaning;
  FRESHET_TRY(run("prepare", preparing));
  FRESHET_TRY(run("run", running));
  Work work;
  work.client_cpu_s = running.cost().cpu_s;
  // "    transactions:                        12345  (2468.12 per sec.)", "    total time:       5.0004s"
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const auto number = [&](std::string_view name, double& out) {
      const std::size_t at = line.find(name);
      if (at == std::string::npos) return;
      const std::size_t from = line.find_first_of("0123456789", at + name.size());
      if (from != std::string::npos) std::from_chars(line.data() + from, line.data() + line.size(), out);
    };
    double transactions = 0;
    number("transactions:", transactions);
    if (transactions > 0) work.rows = static_cast<std::int64_t>(transactions) * rows_of_event;
    number("total time:", work.seconds);
  }
  FRESHET_TRY(run("cleanup", cleaning));
  if (work.rows == 0 || work.seconds <= 0)
    return Error{ErrorKind::Unreachable, "sysbench said:\n" + tail_of(log, 8), ""};
  return work;
}

}  // namespace freshet::bench
