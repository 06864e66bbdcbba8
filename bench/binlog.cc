// How many rows of a binlog the reader decodes in a second of its thread's CPU time. With another build of this program
// beside it (--beside, say of an older commit), both read the same log in turns, and the quotient of each pair is
// given.
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "clients/mysql/mysql.h"
#include "pipeline/capture/mysql/binlog_reader.h"
#include "servers/mariadb_server.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "Usage: binlog [--rows N] [--transaction N] [--pairs N] [--beside PROGRAM]\n"
    "  --rows N          rows that are inserted, updated and deleted (50000)\n"
    "  --transaction N   rows per transaction (10)\n"
    "  --pairs N         readings of each program (7)\n"
    "  --beside PROGRAM  another build of this program\n";

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Reads `changes` changes of d.t from the beginning of the log of the server at `socket`; returns changes per CPU
/// second.
double read_log(const std::string& socket, std::size_t changes) {
  BinlogReader::Options options;
  options.address.socket = socket;
  options.address.user = "root";
  options.address.database = "d";
  options.tables = {{"d", "t"}};
  options.from_beginning = true;
  auto reader = BinlogReader::open(options);
  FRESHET_CHECK(reader.ok(), reader.error().message.c_str());
  std::vector<RowChange> out;
  std::size_t read = 0;
  const double start = cpu_seconds();
  while (read < changes) {
    reader.value()->reuse(out);
    const Status status = reader.value()->next(out);
    FRESHET_CHECK(status.ok(), status.error().message.c_str());
    read += out.size();
  }
  return static_cast<double>(read) / (cpu_seconds() - start);
}

double figure_of(const std::string& program, const std::string& socket, std::size_t changes) {
  const std::string command = fmt::format("'{}' --read '{}' {}", program, socket, changes);
  FILE* output = popen(command.c_str(), "r");
  FRESHET_CHECK(output != nullptr, "popen");
  std::array<char, 64> line{};
  const bool said = fgets(line.data(), line.size(), output) != nullptr;
  FRESHET_CHECK(pclose(output) == 0 && said, "the other program reads the log");
  return std::strtod(line.data(), nullptr);
}

std::string spread(std::vector<double> values, const char* format) {
  std::sort(values.begin(), values.end());
  const auto text = [&](double value) { return fmt::format(fmt::runtime(format), value); };
  return "min " + text(values.front()) + "  median " + text(values[values.size() / 2]) + "  max " + text(values.back());
}

int run(std::size_t rows, std::size_t each, int pairs, const std::string& self, const std::string& beside) {
  auto server = MariadbServer::start({});
  FRESHET_CHECK(server.ok(), server.error().message.c_str());
  mysql::Address address;
  address.socket = server.value()->socket();
  address.user = "root";
  auto session = mysql::Connection::open(address);
  FRESHET_CHECK(session.ok(), "a session");
  const auto sql = [&](const std::string& statement) {
    const Status done = session->execute(statement);
    FRESHET_CHECK(done.ok(), done.error().message.c_str());
  };
  sql("CREATE DATABASE d");
  sql("CREATE TABLE d.t (id BIGINT PRIMARY KEY, city VARCHAR(40), total DECIMAL(10,2), note VARCHAR(200), version INT, "
      "updated_at DATETIME(6)) CHARACTER SET utf8mb4");
  for (std::size_t from = 1; from <= rows; from += each) {
    const std::size_t to = std::min(from + each - 1, rows);
    const std::string range = fmt::format(" WHERE id BETWEEN {} AND {}", from, to);
    sql(fmt::format(
        "INSERT INTO d.t SELECT seq, CONCAT('city ', seq % 100), seq / 100, REPEAT('x', seq % 100), 1, NOW(6) "
        "FROM d.seq_{}_to_{}",
        from, to));
    sql("UPDATE d.t SET version = version + 1, total = total + 1" + range);
    sql("DELETE FROM d.t" + range);
  }
  std::vector<double> ours, theirs, quotients;
  for (int pair = 0; pair < pairs; ++pair) {
    // Who goes first takes turns.
    if (!beside.empty() && pair % 2 == 0) theirs.push_back(figure_of(beside, address.socket, 3 * rows));
    ours.push_back(figure_of(self, address.socket, 3 * rows));
    if (!beside.empty() && pair % 2 == 1) theirs.push_back(figure_of(beside, address.socket, 3 * rows));
    if (!beside.empty()) quotients.push_back(ours.back() / theirs.back());
  }
  fmt::print("rows per CPU second: {}\n", spread(ours, "{:.0f}"));
  if (beside.empty()) return 0;
  fmt::print("the other:           {}\nquotient, {} pairs:   {}\n", spread(theirs, "{:.0f}"), pairs,
             spread(quotients, "{:.2f}"));
  return 0;
}

int main_of(const std::vector<std::string>& words) {
  if (words.size() == 4 && words[1] == "--read") {
    fmt::print("{:.0f}\n", read_log(words[2], std::stoul(words[3])));
    return 0;
  }
  std::size_t rows = 50'000;
  std::size_t each = 10;
  int pairs = 7;
  std::string beside;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    if (words[i] == "--rows") rows = std::stoul(words[i + 1]);
    if (words[i] == "--transaction") each = std::stoul(words[i + 1]);
    if (words[i] == "--pairs") pairs = std::stoi(words[i + 1]);
    if (words[i] == "--beside") beside = words[i + 1];
  }
  if (words.size() % 2 == 0 || rows == 0 || each == 0 || pairs < 1) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  return run(rows, each, pairs, words[0], beside);
}

}  // namespace
}  // namespace freshet::bench

int main(int count, char** words) { return freshet::bench::main_of({words, words + count}); }
