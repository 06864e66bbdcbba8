// Where a source would be read on: what a restart needs to know of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace freshet {

/// A position in MariaDB: the last transaction of each replication domain.
struct GtidPosition {
  struct Last {
    std::uint32_t server = 0;
    std::uint64_t sequence = 0;

    bool operator==(const Last&) const = default;
  };
  std::map<std::uint32_t, Last> domains;
  /// "0-1-42,7-1-3", in order of domains.
  [[nodiscard]] std::string text() const;

  bool operator==(const GtidPosition&) const = default;
};

/// After a transaction of a binlog. Where the server has GTIDs as MariaDB does they alone say where to continue, else
/// file and offset do.
struct BinlogPosition {
  GtidPosition gtid;
  std::string file;
  std::uint64_t offset = 0;  ///< bytes

  /// "0-1-42" or "binlog.000004:1234": BinlogReader::Options::from_gtid takes both.
  [[nodiscard]] std::string text() const;

  bool operator==(const BinlogPosition&) const = default;
};

/// The offset of the next message, by topic and partition.
struct TopicPosition {
  struct Topic {
    std::string name;
    std::vector<std::int64_t> next;  ///< one for each partition

    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;

  /// "baskets 12,0,7; returns 4"
  [[nodiscard]] std::string text() const;

  bool operator==(const TopicPosition&) const = default;
};

/// A place in one source: everything before it has been read, and nothing after it. monostate: a restart cannot begin
/// here.
using Position = std::variant<std::monostate, BinlogPosition, TopicPosition>;

/// One position per source, in their order.
using Positions = std::vector<Position>;

[[nodiscard]] inline bool known(const Position& position) { return !std::holds_alternative<std::monostate>(position); }

/// Empty when nothing is known.
[[nodiscard]] std::string text_of(const Position& position);

}  // namespace freshet
