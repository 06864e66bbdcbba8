#include "writers_reference.h"

#include <sys/resource.h>

#include <atomic>
#include <charconv>
#include <cmath>
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

}  // namespace

double own_cpu_s() { return cpu_s(RUSAGE_SELF); }

Ratio ratio_of(const std::vector<double>& ratios) {
  // Two-sided 95 % points of t for 1, 2, … degrees of freedom.
  constexpr double kT[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                           2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
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
