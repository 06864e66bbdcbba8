#include "pipeline/capture/mysql/binlog_server.h"

#include <sys/random.h>

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace freshet {
namespace {

constexpr std::uint64_t kFirstPosition = 4;  // of the first event in every file

template <typename Number>
Number random_number() {
  Number number{};
  FRESHET_CHECK(getrandom(&number, sizeof number, 0) == sizeof number, "the kernel gives random bytes");
  return number;
}

std::string random_uuid() {
  const auto high = random_number<std::uint64_t>();
  const auto low = random_number<std::uint64_t>();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffff'ffff'ffff);
}

bool parse_file_position(std::string_view text, BinlogStream::Options& start) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, start.position);
  start.file = text.substr(0, colon);
  return error == std::errc{} && stop == end && start.position >= kFirstPosition;
}

// The first two columns of the first row.
Status find_file(mysql::Connection& connection, std::string_view sql, BinlogPlace& place) {
  bool first = true;
  FRESHET_TRY(connection.query(sql, [&](std::span<const std::optional<std::string_view>> row) {
    if (first && row.size() >= 2) {
      place.file = row[0].value_or("");
      const std::string_view position = row[1].value_or("");
      std::from_chars(position.data(), position.data() + position.size(), place.position);
    }
    first = false;
  }));
  if (!place.file.empty()) return {};
  return Error{ErrorKind::Unreachable, fmt::format("the server names no binlog file ({})", sql), ""};
}

// The GTID of the log's end. To find the GTID of a position, the server reads the whole file, which takes seconds if
// files are large. It knows the GTID of its end, which belongs to the position if nothing was written meanwhile.
Result<std::string> gtid_of_end(mysql::Connection& connection, BinlogPlace& end) {
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    auto gtid = connection.scalar("SELECT @@global.gtid_binlog_pos");
    if (!gtid) return gtid;
    auto after = end_of_binlog(connection);
    if (!after) return after.error();
    if (after->file == end.file && after->position == end.position) return gtid;
    end = std::move(after).value();
  }
  return connection.scalar(fmt::format("SELECT BINLOG_GTID_POS({}, {})", connection.quote(end.file), end.position));
}

Status find_end(mysql::Connection& connection, BinlogStream::Options& start) {
  auto end = end_of_binlog(connection);
  if (!end) return end.error();
  if (connection.server().mariadb) {
    auto gtid = gtid_of_end(connection, end.value());
    if (!gtid) return gtid.error();
    if (!parse_gtid_position(*gtid, start.gtid)) {
      return Error{ErrorKind::Internal, "the server's GTID position is not understood: " + *gtid, ""};
    }
  }
  start.file = end->file;
  start.position = end->position;
  return {};
}

Status find_beginning(mysql::Connection& connection, BinlogStream::Options& start) {
  BinlogPlace place;
  FRESHET_TRY(find_file(connection, "SHOW BINARY LOGS", place));
  start.file = place.file;
  start.position = kFirstPosition;
  return {};
}

Status find_resumption(mysql::Connection& connection, const std::string& position, BinlogStream::Options& start) {
  if (parse_file_position(position, start)) {
    if (start.position <= 0xffff'ffff) return {};
    return Error{ErrorKind::Usage, "the protocol cannot resume beyond 4 GiB in one file: " + position, ""};
  }
  if (!connection.server().mariadb) {
    return Error{ErrorKind::Usage, "only MariaDB resumes by GTID; give file:position instead of " + position, ""};
  }
  if (!parse_gtid_position(position, start.gtid)) {
    return Error{ErrorKind::Usage, "not a position: " + position, "give domain-server-sequence[,…] or file:position"};
  }
  start.file.clear();  // the server finds the file
  return connection.execute(
      fmt::format("SET @slave_connect_state = {}, @slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0",
                  connection.quote(position)));
}

}  // namespace

// Server numbers assigned by people are far below.
unsigned random_server_id() { return random_number<unsigned>() | 0x8000'0000U; }

Status check_binlog_server(mysql::Connection& connection) {
  auto enabled = connection.scalar("SELECT @@global.log_bin");
  if (!enabled) return enabled.error();
  if (*enabled != "1") return Error{ErrorKind::Usage, "the server writes no binlog", "start it with --log-bin"};
  auto format = connection.scalar("SELECT @@global.binlog_format");
  if (!format) return format.error();
  if (*format != "ROW") {
    return Error{ErrorKind::Usage, "the server's binlog_format is " + *format, "set it to ROW"};
  }
  return {};
}

Result<std::string> binlog_identity(mysql::Connection& connection) {
  if (connection.server().mariadb) return std::string();
  return connection.scalar("SELECT @@global.server_uuid");
}

Status set_binlog_session(mysql::Connection& connection, int heartbeat_ms) {
  const std::int64_t period = (heartbeat_ms * kNanosPerMilli).count();
  const std::string uuid = random_uuid();
  std::string sql = fmt::format(
      "SET @master_heartbeat_period = {}, @master_binlog_checksum = @@global.binlog_checksum, @slave_uuid = '{}'",
      period, uuid);
  if (connection.server().mariadb) {
    sql += ", @mariadb_slave_capability = 4";
  } else {
    sql += fmt::format(
        ", @source_heartbeat_period = {}, @source_binlog_checksum = @@global.binlog_checksum, @replica_uuid = '{}'",
        period, uuid);
  }
  return connection.execute(sql);
}

Result<BinlogPlace> end_of_binlog(mysql::Connection& connection) {
  BinlogPlace end;
  if (!connection.server().mariadb) {
    // The name since MySQL 8.2; the older one is tried next.
    const Status renamed = find_file(connection, "SHOW BINARY LOG STATUS", end);
    if (renamed.ok()) return end;
  }
  FRESHET_TRY(find_file(connection, "SHOW MASTER STATUS", end));
  return end;
}

Status find_start(mysql::Connection& connection, const BinlogReader::Options& options, BinlogStream::Options& start) {
  if (!options.from_gtid.empty()) return find_resumption(connection, options.from_gtid, start);
  return options.from_beginning ? find_beginning(connection, start) : find_end(connection, start);
}

Result<std::vector<SchemaColumn>> fetch_schema(const mysql::Address& address, const std::string& database,
                                               const std::string& table) {
  auto connection = mysql::Connection::open(address);
  if (!connection) return connection.error();
  std::vector<SchemaColumn> columns;
  FRESHET_TRY(connection->query(
      fmt::format("SELECT column_name, column_type, character_set_name FROM information_schema.columns "
                  "WHERE table_schema = {} AND table_name = {} ORDER BY ordinal_position",
                  connection->quote(database), connection->quote(table)),
      [&](std::span<const std::optional<std::string_view>> row) {
        columns.push_back(
            {std::string(row[0].value_or("")), std::string(row[1].value_or("")), std::string(row[2].value_or(""))});
      }));
  return columns;
}

namespace {

// When the server created this file of its log, in seconds of its clock; 0 if unknown.
std::uint32_t made_at(const mysql::Address& address, const std::string& file) {
  constexpr int kTimeoutS = 1;
  constexpr int kHeartbeatMs = 100;
  constexpr int kMostEvents = 3;  // a rotation event that names the file comes first
  auto connection = mysql::Connection::open(address, kTimeoutS);
  if (!connection || !set_binlog_session(*connection, kHeartbeatMs).ok()) return 0;
  if (!connection->start_dump(file, kFirstPosition, random_server_id()).ok()) return 0;
  for (int i = 0; i < kMostEvents; ++i) {
    auto event = connection->next_event();
    if (!event) return 0;
    const auto header = parse_event_header(*event);
    if (!header) return 0;
    if (header->type == EventType::FormatDescription) return header->timestamp;
  }
  return 0;
}

}  // namespace

// A log that was reset may have grown beyond the position that was read before it is checked, and MariaDB's dump then
// continues in the new log, after its first transactions. The server counts RESET statements, but they may concern
// other things than the log. A reset log starts with a file of number 1. In that case the file being read decides: if
// it was not reset, it has the same creation time as before, although it existed at two looks more than a second apart.
// In doubt the reading ends, so nothing is lost silently.
Status BinlogWatch::look_for_reset(const BinlogStream& stream) {
  std::int64_t resets = 0;
  const Status counted = connection_->query("SHOW GLOBAL STATUS LIKE 'Com_reset'", [&](auto row) {
    if (row.size() != 2) return;
    const std::string_view text = row[1].value_or("");
    std::from_chars(text.data(), text.data() + text.size(), resets);
  });
  if (!counted.ok()) {
    connection_.reset();
    return {};
  }
  const bool reset = resets_ && resets > *resets_;  // a restarted server counts from 0
  resets_ = resets;
  if (!reset) return {};
  BinlogPlace first;
  if (!find_file(*connection_, "SHOW BINARY LOGS", first).ok() || !first.file.ends_with(".000001")) return {};
  const std::string file = stream.place().file;
  const bool settled = file == read_.file && file == read_before_ && stream.described_at() != 0;
  if (settled && made_at(address_, file) == stream.described_at()) return {};
  return Error{ErrorKind::Usage, fmt::format("binlog: the server's log was reset: it now begins with {}", first.file),
               "start the pipeline again"};
}

void BinlogWatch::forget() {
  end_ = {};
  read_ = {};
  stands_still_ = 0;
}

Status BinlogWatch::look(const BinlogStream& stream, Instant idle_at, Instant now) {
  constexpr Nanos kPeriod = kNanosPerSecond;
  constexpr int kTimeoutS = 1;
  constexpr int kEnough = 2;  // looks: what the server announced at the first may still have been on its way
  if (now < due_) return {};
  due_ = now + kPeriod;
  if (!connection_) {
    auto opened = mysql::Connection::open(address_, kTimeoutS);
    if (!opened) return {};  // the reader of the log will notice
    connection_.emplace(std::move(opened).value());
  }
  const BinlogPlace read = stream.place();
  FRESHET_TRY(look_for_reset(stream));
  if (!connection_) return {};
  auto end = end_of_binlog(*connection_);
  if (!end) {
    connection_.reset();
    return {};
  }
  if (comes_before(*end, read)) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: the server's log ends at {}:{}, and it was read to {}:{}: it was reset, or the "
                             "server was replaced",
                             end->file, end->position, read.file, read.position),
                 "start the pipeline again"};
  }
  const bool stood = read.file == read_.file && read.position == read_.position && comes_before(read, end_);
  stands_still_ = stood && idle_at > looked_at_ ? stands_still_ + 1 : 0;
  if (stands_still_ >= kEnough) {
    return Error{
        ErrorKind::Usage,
        fmt::format("binlog: the server sends nothing after {}:{}, and its log continues to {}:{}: it was reset, "
                    "or its files were replaced",
                    read.file, read.position, end->file, end->position),
        "start the pipeline again"};
  }
  looked_at_ = now;
  read_before_ = std::exchange(read_.file, {});
  read_ = read;
  end_ = *end;
  return {};
}

}  // namespace freshet
