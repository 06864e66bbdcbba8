// The connection behind a BinlogReader: asks a server for its binlog and feeds what comes to a BinlogStream.
//
// Connector/C's replication calls are used as transport only. Their own view of an event is not looked at, apart
// from what they inflate, and neither is their idea of the file name (their row decoder is wrong for several types).
#include <mysql.h>
// After mysql.h, whose types it uses without including it.
#include <mariadb_rpl.h>
#include <sys/random.h>

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"
#include "pipeline/native/binlog.h"
#include "pipeline/native/binlog_stream.h"
#include "pipeline/native/table_schema.h"

namespace freshet {
namespace {

constexpr unsigned kPurgedOrUnknown = 1236;  // the server's code when it cannot serve a position
constexpr unsigned kUnreadable = 5021;       // the client library's, when it does not understand an event
constexpr std::uint64_t kFirstPosition = 4;  // of the first event in every file

struct CloseReplication {
  void operator()(MARIADB_RPL* replication) const { mariadb_rpl_close(replication); }
};

template <typename Number>
Number random_number() {
  Number number{};
  FRESHET_CHECK(getrandom(&number, sizeof number, 0) == sizeof number, "the kernel gives random bytes");
  return number;
}

// Servers that people number by hand are far below; two readers with one number would throw each other out.
unsigned random_server_id() { return random_number<unsigned>() | 0x8000'0000U; }

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

// What the server must be set to, or the log would lack changes.
Status check_server(mysql::Connection& connection) {
  auto enabled = connection.scalar("SELECT @@global.log_bin");
  if (!enabled) return enabled.error();
  if (*enabled != "1") return Error{ErrorKind::Usage, "the server writes no binlog", "start it with --log-bin"};
  auto format = connection.scalar("SELECT @@global.binlog_format");
  if (!format) return format.error();
  if (*format != "ROW") {
    return Error{ErrorKind::Usage, "the server's binlog_format is " + *format, "set it to ROW"};
  }
  if (connection.server().mariadb) return {};
  auto compressed = connection.scalar("SELECT @@global.binlog_transaction_compression");
  if (compressed.ok() && *compressed == "1") {
    return Error{ErrorKind::Usage, "the server compresses transactions in its binlog, which are not decoded",
                 "set binlog_transaction_compression=OFF"};
  }
  return {};
}

Status set_session(mysql::Connection& connection, int heartbeat_ms) {
  const std::int64_t period = heartbeat_ms * kNanosPerMilli;
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

// The first two columns of the first row.
Status find_file(mysql::Connection& connection, std::string_view sql, BinlogStream::Options& start) {
  bool first = true;
  FRESHET_TRY(connection.query(sql, [&](std::span<const std::optional<std::string_view>> row) {
    if (first && row.size() >= 2) {
      start.file = row[0].value_or("");
      const std::string_view position = row[1].value_or("");
      std::from_chars(position.data(), position.data() + position.size(), start.position);
    }
    first = false;
  }));
  if (!start.file.empty()) return {};
  return Error{ErrorKind::Unreachable, fmt::format("the server names no binlog file ({})", sql), ""};
}

Status find_end(mysql::Connection& connection, BinlogStream::Options& start) {
  if (!connection.server().mariadb) {
    const Status renamed = find_file(connection, "SHOW BINARY LOG STATUS", start);
    return renamed.ok() ? renamed : find_file(connection, "SHOW MASTER STATUS", start);
  }
  FRESHET_TRY(find_file(connection, "SHOW MASTER STATUS", start));
  auto gtid =
      connection.scalar(fmt::format("SELECT BINLOG_GTID_POS({}, {})", connection.quote(start.file), start.position));
  if (!gtid) return gtid.error();
  if (parse_gtid_position(*gtid, start.gtid)) return {};
  return Error{ErrorKind::Internal, "the server's GTID position is not understood: " + *gtid, ""};
}

Status find_beginning(mysql::Connection& connection, BinlogStream::Options& start) {
  FRESHET_TRY(find_file(connection, "SHOW BINARY LOGS", start));
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
  start.file.clear();  // the server finds it
  return connection.execute(
      fmt::format("SET @slave_connect_state = {}, @slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0",
                  connection.quote(position)));
}

class ServerBinlogReader final : public BinlogReader {
 public:
  ServerBinlogReader(mysql::Connection connection, const Options& options, BinlogStream::Options start)
      : connection_(std::move(connection)),
        display_(options.address.display()),
        patience_(options.heartbeat_ms * kNanosPerMilli),
        stream_(std::move(start)) {}
  ~ServerBinlogReader() override {
    if (event_ != nullptr) mariadb_free_rpl_event(event_);
  }
  ServerBinlogReader(const ServerBinlogReader&) = delete;
  ServerBinlogReader& operator=(const ServerBinlogReader&) = delete;

  Status dump(std::string file, std::uint64_t position, unsigned server_id);
  Status next(std::vector<RowChange>& out) override;
  std::string position() const override { return stream_.position(); }

 private:
  [[nodiscard]] MYSQL* mysql() { return static_cast<MYSQL*>(connection_.native()); }
  [[nodiscard]] Error lost();

  mysql::Connection connection_;
  const std::string display_;
  const Nanos patience_;
  const SystemClock clock_;
  std::unique_ptr<MARIADB_RPL, CloseReplication> replication_;  // closed before the connection
  MARIADB_RPL_EVENT* event_ = nullptr;
  BinlogStream stream_;
};

Status ServerBinlogReader::dump(std::string file, std::uint64_t position, unsigned server_id) {
  replication_.reset(mariadb_rpl_init(mysql()));
  if (!replication_) return lost();
  mariadb_rpl_optionsv(replication_.get(), MARIADB_RPL_FILENAME, file.data(), file.size());
  mariadb_rpl_optionsv(replication_.get(), MARIADB_RPL_START, static_cast<unsigned long>(position));
  mariadb_rpl_optionsv(replication_.get(), MARIADB_RPL_SERVER_ID, server_id);
  mariadb_rpl_optionsv(replication_.get(), MARIADB_RPL_FLAGS, 0U);  // wait for more; no texts of statements
  mariadb_rpl_optionsv(replication_.get(), MARIADB_RPL_UNCOMPRESS, 1U);
  if (mariadb_rpl_open(replication_.get()) != 0) return lost();
  return {};
}

Error ServerBinlogReader::lost() {
  const unsigned code = mysql_errno(mysql());
  const std::string text = mysql_error(mysql());
  if (code == 0) {
    return Error{ErrorKind::Unreachable, display_ + ": the server ended the binlog stream, or sent an unknown event",
                 ""};
  }
  if (code == kPurgedOrUnknown) {
    return Error{ErrorKind::Unreachable,
                 fmt::format("{}: the binlog cannot be read from there: {} (error {})", display_, text, code),
                 "the position was purged or never existed; start again from the end or the beginning"};
  }
  // Connector/C 3.3 takes the last bytes of a compressed event for a checksum even when there is none.
  return Error{ErrorKind::Unreachable, fmt::format("{}: {} (error {})", display_, text, code),
               code == kUnreadable ? "with log_bin_compress=ON, set binlog_checksum=CRC32 on the server" : ""};
}

Status ServerBinlogReader::next(std::vector<RowChange>& out) {
  // Heartbeats come when the server is idle; while it sends what is not ours, the clock makes us return.
  const Instant until = clock_.now() + patience_;
  for (;;) {
    // On failure it frees the event that it was given.
    event_ = mariadb_rpl_fetch(replication_.get(), event_);
    if (event_ == nullptr) return lost();
    if (event_->raw_data == nullptr || event_->raw_data_ofs > event_->raw_data_size) {
      return Error{ErrorKind::Internal, "binlog: the client library gave an event without its bytes", ""};
    }
    const Bytes event = std::as_bytes(std::span(event_->raw_data, event_->raw_data_size)).subspan(event_->raw_data_ofs);
    Bytes inflated;
    if (event_->event_type == QUERY_COMPRESSED_EVENT) {
      const MARIADB_STRING& statement = event_->event.query.statement;
      inflated = std::as_bytes(std::span(statement.str, statement.length));
    } else if (event_->event_type >= WRITE_ROWS_COMPRESSED_EVENT_V1 &&
               event_->event_type <= DELETE_ROWS_COMPRESSED_EVENT_V1) {
      const auto* rows = static_cast<const std::byte*>(event_->event.rows.row_data);
      inflated = Bytes(rows, event_->event.rows.row_data_size);
    }
    auto turn = stream_.feed(event, inflated, out);
    if (!turn) return turn.error().in(display_);
    if (*turn != BinlogStream::Turn::Open || clock_.now() >= until) return {};
  }
}

Result<std::unique_ptr<BinlogReader>> open_reader(const BinlogReader::Options& options) {
  FRESHET_CHECK(options.heartbeat_ms > 0, "without heartbeats next() may never return");
  auto connection = mysql::Connection::open(options.address);
  if (!connection) return connection.error();
  FRESHET_TRY(check_server(*connection));
  FRESHET_TRY(set_session(*connection, options.heartbeat_ms));
  BinlogStream::Options start;
  start.tables = options.tables;
  start.from_beginning = options.from_beginning && options.from_gtid.empty();
  start.dialect = connection->server().mariadb ? Dialect::MariaDb : Dialect::MySql;
  auto checksum = connection->scalar("SELECT @@global.binlog_checksum");
  if (!checksum) return checksum.error();
  start.checksums = *checksum != "NONE";
  start.schema_of = [address = options.address](const std::string& database, const std::string& table) {
    return schema_of(address, database, table);
  };
  if (!options.from_gtid.empty()) {
    FRESHET_TRY(find_resumption(*connection, options.from_gtid, start));
  } else if (options.from_beginning) {
    FRESHET_TRY(find_beginning(*connection, start));
  } else {
    FRESHET_TRY(find_end(*connection, start));
  }
  const std::string file = start.file;
  const std::uint64_t position = start.position;
  auto reader = std::make_unique<ServerBinlogReader>(std::move(connection).value(), options, std::move(start));
  const unsigned server_id = options.server_id != 0 ? options.server_id : random_server_id();
  FRESHET_TRY(reader->dump(file, position, server_id));
  return std::unique_ptr<BinlogReader>(std::move(reader));
}

}  // namespace

Result<std::unique_ptr<BinlogReader>> BinlogReader::open(const Options& options) {
  auto reader = open_reader(options);
  if (reader.ok()) return reader;
  // A server's refusal (a missing privilege, a purged log) already names the server; ours do not.
  const Error& error = reader.error();
  return error.message.find(options.address.display()) == std::string::npos ? error.in(options.address.display())
                                                                            : error;
}

}  // namespace freshet
