// The connection behind a BinlogReader: requests a server's binlog, feeds a BinlogStream, and waits for a lost server.
#include "pipeline/capture/mysql/binlog_reader.h"

#include <fmt/format.h>

#include <optional>

#include "base/clock.h"
#include "clients/away.h"
#include "pipeline/capture/binlog/binlog_stream.h"
#include "pipeline/capture/mysql/binlog_server.h"
#include "pipeline/capture/mysql/source_inventory.h"
#include "pipeline/capture/mysql/table_schema.h"

namespace freshet {
namespace {

constexpr int kConnectTimeoutS = 2;
constexpr unsigned kPurgedOrUnknown = 1236;  // the server's error code if it cannot serve a position

class ServerBinlogReader final : public BinlogReader {
 public:
  ServerBinlogReader(Options options, BinlogStream::Options start)
      : options_(std::move(options)),
        display_(options_.address.display()),
        patience_(options_.heartbeat_ms * kNanosPerMilli),
        server_id_(options_.server_id != 0 ? options_.server_id : random_server_id()),
        stream_(std::move(start)),
        watch_(options_.address),
        away_("binlog of " + display_, options_.log, options_.away_limit_ms * kNanosPerMilli) {}

  /// Sets up `connection` and requests the log.
  Status begin(mysql::Connection connection, std::string identity, const BinlogPlace& start);
  Status next(std::vector<RowChange>& out) override;
  void reuse(std::vector<RowChange>& used) override { stream_.reuse(used); }
  std::string position() const override { return stream_.position(); }
  void restart_at(Position& out) const override { stream_.restart_at(out); }
  SourceReading reading() const override {
    const WallTime committed{stream_.committed_at() * kMicrosPerSecond};
    return {committed == WallTime{} ? std::nullopt : std::optional(committed), at_end_};
  }

 private:
  Status read(std::vector<RowChange>& out);
  /// Called after a failure of the stream: waits for the server, or returns the error.
  Status lost(const mysql::Failure& failure, const Error& error);
  Status look_for_server();
  Status go_on(mysql::Connection& connection);

  const Options options_;
  const std::string display_;
  const Nanos patience_;
  const unsigned server_id_;
  const SystemClock clock_;
  std::optional<mysql::Connection> connection_;  // absent while the server is away
  std::string identity_;
  BinlogStream stream_;
  BinlogWatch watch_;
  Away away_;
  Instant now_{};  ///< time at the last reading of the clock
  Instant idle_at_{};
  bool at_end_ = false;  ///< the server had nothing more at its last message
};

Status ServerBinlogReader::begin(mysql::Connection connection, std::string identity, const BinlogPlace& start) {
  identity_ = std::move(identity);
  connection_.emplace(std::move(connection));
  return connection_->start_dump(start.file, static_cast<std::uint32_t>(start.position), server_id_);
}

Status ServerBinlogReader::next(std::vector<RowChange>& out) {
  if (!connection_) return look_for_server();
  FRESHET_TRY(read(out));
  if (!connection_) return {};
  const Status same = watch_.look(stream_, idle_at_, now_);
  return same.ok() ? same : same.error().in(display_);
}

Status ServerBinlogReader::read(std::vector<RowChange>& out) {
  // Heartbeats come while the server is idle; while it sends changes of other tables, the clock makes us return.
  // Reading the clock takes as long as a short event, so it is read only now and then.
  constexpr int kSeldom = 16;
  const Instant until = now_ + patience_;
  for (int count = 1;; ++count) {
    auto event = connection_->next_event();
    if (!event) return lost(connection_->failure(), event.error());
    auto turn = stream_.feed(*event, out);
    if (!turn) return turn.error().in(display_);
    at_end_ = *turn == BinlogStream::Turn::Heartbeat;
    if (*turn == BinlogStream::Turn::Open && count % kSeldom != 0) continue;
    now_ = clock_.now();
    if (*turn == BinlogStream::Turn::Heartbeat) idle_at_ = now_;
    if (*turn != BinlogStream::Turn::Open && away_.now_away()) away_.back(now_, ", resuming after " + position());
    if (*turn != BinlogStream::Turn::Open || now_ >= until) return {};
  }
}

Status ServerBinlogReader::lost(const mysql::Failure& failure, const Error& error) {
  if (failure.code == kPurgedOrUnknown) {
    return Error{ErrorKind::Unreachable,
                 fmt::format("{}: the binlog cannot be read from {}: {} (error {})", display_, position(), failure.text,
                             failure.code),
                 "the log was purged or reset, or is another server's; start again from its end or its beginning"};
  }
  if (!failure.lost()) return error;
  connection_.reset();
  at_end_ = false;
  stream_.resume();
  watch_.forget();
  return away_.failed(error, clock_.now());
}

Status ServerBinlogReader::look_for_server() {
  const Instant now = clock_.now();
  if (now < away_.next_try()) {
    clock_.sleep_until(std::min(away_.next_try(), now + patience_), {});
    return {};
  }
  auto connection = mysql::Connection::open(options_.address, kConnectTimeoutS);
  if (!connection) return away_.failed(connection.error(), clock_.now());
  const Status again = go_on(*connection);
  if (again.ok()) {
    connection_.emplace(std::move(connection).value());
    return {};
  }
  if (connection->failure().lost()) return away_.failed(again.error(), clock_.now());
  return again.error().in(display_);
}

Status ServerBinlogReader::go_on(mysql::Connection& connection) {
  FRESHET_TRY(check_binlog_server(connection));
  auto identity = binlog_identity(connection);
  if (!identity) return identity.error();
  if (*identity != identity_) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: the server was replaced: its server_uuid is {} and was {}", *identity, identity_),
                 "start the pipeline again"};
  }
  FRESHET_TRY(set_binlog_session(connection, options_.heartbeat_ms));
  Options from = options_;
  from.from_gtid = position();
  BinlogStream::Options start;
  FRESHET_TRY(find_start(connection, from, start));
  return connection.start_dump(start.file, static_cast<std::uint32_t>(start.position), server_id_);
}

Result<std::unique_ptr<BinlogReader>> open_reader(const BinlogReader::Options& options) {
  FRESHET_CHECK(options.heartbeat_ms > 0, "without heartbeats next() may never return");
  auto connection = mysql::Connection::open(options.address);
  if (!connection) return connection.error();
  FRESHET_TRY(check_binlog_server(*connection));
  auto identity = binlog_identity(*connection);
  if (!identity) return identity.error();
  FRESHET_TRY(set_binlog_session(*connection, options.heartbeat_ms));
  BinlogStream::Options start;
  start.tables = options.tables;
  start.from_beginning = options.from_beginning && options.from_gtid.empty();
  start.dialect = connection->server().mariadb ? Dialect::MariaDb : Dialect::MySql;
  start.schema_of = [address = options.address](const std::string& database, const std::string& table) {
    return schema_of(address, database, table);
  };
  FRESHET_TRY(find_start(*connection, options, start));
  // Read after the position is known: what is created or dropped from there on is in the log.
  auto judge = read_judge(
      *connection, options.tables, options.warn ? options.warn : [](const std::string&) {});
  if (!judge) return judge.error();
  start.judge = std::move(judge).value();
  const BinlogPlace place{start.file, start.position};
  auto reader = std::make_unique<ServerBinlogReader>(options, std::move(start));
  FRESHET_TRY(reader->begin(std::move(connection).value(), std::move(identity).value(), place));
  return std::unique_ptr<BinlogReader>(std::move(reader));
}

}  // namespace

Result<std::unique_ptr<BinlogReader>> BinlogReader::open(const Options& options) {
  auto reader = open_reader(options);
  if (reader.ok()) return reader;
  // A server's refusal (a missing privilege, a purged log) already names the server; our own errors do not.
  const Error& error = reader.error();
  return error.message.find(options.address.display()) == std::string::npos ? error.in(options.address.display())
                                                                            : error;
}

}  // namespace freshet
