// What the writers are measured against: the same rows through bare clients, and sysbench on the same server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"

namespace freshet::bench {

/// Rows, or messages, and what they cost.
struct Work {
  std::int64_t rows = 0;
  double seconds = 0;
  double client_cpu_s = 0;  ///< of this process and its children
  double server_cpu_s = 0;
};

/// CPU time of this process, in seconds.
[[nodiscard]] double own_cpu_s();

/// The middle of some ratios, and the 95 % interval of their geometric mean (Student's t on their logarithms).
struct Ratio {
  double middle = 0;
  double low = 0;
  double high = 0;
};
[[nodiscard]] Ratio ratio_of(const std::vector<double>& ratios);

/// A statement with its parameters, and rows that were rendered before.
struct Inserts {
  std::string sql;
  std::vector<mysql::Connection::BulkColumn> columns;
  std::vector<Row> rows;
};

/// Inserts the rows over one connection for each entry, `in_transaction` at a time: Connector/C's bulk API on arrays
/// that were made before the clock starts.
[[nodiscard]] Result<Work> bulk_insert(const mysql::Address& address, const std::vector<Inserts>& lanes,
                                       std::size_t in_transaction);

/// A message as it is on the wire.
struct Message {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};
/// Hands the messages to a bare librdkafka, one by one with their headers, from `threads` threads, and waits until all
/// are delivered.
[[nodiscard]] Result<Work> produce(const kafka::Address& address, const std::string& topic,
                                   const std::vector<Message>& messages, int threads);

/// Runs a sysbench test ("oltp_insert") on tables of its own for some seconds. `rows_of_event`: rows that one of its
/// transactions changes. Usage when there is no sysbench.
[[nodiscard]] Result<Work> sysbench(const mysql::Address& address, const std::string& test, int threads, int seconds,
                                    int rows_of_event);

}  // namespace freshet::bench
