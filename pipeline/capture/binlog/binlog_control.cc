// The events of a BinlogStream that are neither rows nor statements: files, groups, compressed and XA transactions, and
// all those that are skipped or refused.
#include <algorithm>

#include <fmt/format.h>

#include "base/text/lower_case.h"
#include "pipeline/capture/binlog/binlog_inflate.h"
#include "pipeline/capture/binlog/binlog_stream.h"

namespace freshet {
namespace {

// XA ids in a canonical form, for comparison: the servers' spelling varies.
std::string plain_xid(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != ' ') plain += lower_case(c);
  }
  return plain;
}

std::string names_of(const std::vector<std::pair<std::string, std::string>>& tables) {
  std::string names;
  for (const auto& [database, table] : tables) names += (names.empty() ? "" : " or ") + database + "." + table;
  return names;
}

}  // namespace

Result<BinlogStream::FeedResult> BinlogStream::on_control(const EventHeader& header, Bytes event, Bytes body,
                                                          std::vector<RowChange>& out) {
  switch (header.type) {
    case EventType::Xid:
      return commit(out);
    case EventType::Query:
      return on_query(header, body, false, out);
    case EventType::QueryCompressed:
      return on_query(header, body, true, out);
    case EventType::XaPrepare:
      return on_xa_prepare(body, out);
    case EventType::TransactionPayload:
      return on_payload(body, out);
    case EventType::Heartbeat:
    case EventType::HeartbeatV2:
      return FeedResult::Heartbeat;
    case EventType::Gtid:
      FRESHET_TRY(on_gtid(event.first(kEventHeaderSize + body.size())));
      return FeedResult::Open;
    case EventType::MySqlGtid:
    case EventType::AnonymousGtid:
    case EventType::TaggedGtid:
      FRESHET_TRY(on_group());
      in_transaction_ = false;  // its first statement decides
      return FeedResult::Open;
    case EventType::GtidList: {
      auto list = parse_gtid_list(body);
      if (!list) return list.error();
      if (options_.gtid.domains.empty()) options_.gtid = std::move(list).value();
      return FeedResult::Open;
    }
    case EventType::FormatDescription:
      FRESHET_TRY(on_format(header, event));
      return FeedResult::Open;
    case EventType::Rotate:
      FRESHET_TRY(on_rotate(body));
      return FeedResult::Open;
    default:
      return on_unread(header, body);
  }
}

// Events whose content is not read: those without changes for us, those that report a loss, and unknown ones.
Result<BinlogStream::FeedResult> BinlogStream::on_unread(const EventHeader& header, Bytes body) {
  switch (header.type) {
    case EventType::ExecuteLoadQuery:
      FRESHET_TRY(on_load(header, body));
      return FeedResult::Open;
    case EventType::Load:
    case EventType::CreateFile:
    case EventType::NewLoad:
      for (const auto& [database, table] : options_.tables) {
        if (as_text(body).find(table) == std::string_view::npos) continue;
        return refused(fmt::format("rows of {}.{} were loaded by a server older than MySQL 5.0.3", database, table));
      }
      return FeedResult::Open;
    case EventType::Incident:
      return refused("the server logged an incident: changes may be missing from the log");
    case EventType::StartV3:
    case EventType::Stop:
    case EventType::Intvar:
    case EventType::Slave:
    case EventType::AppendBlock:
    case EventType::ExecLoad:
    case EventType::DeleteFile:
    case EventType::Rand:
    case EventType::UserVar:
    case EventType::BeginLoadQuery:
    case EventType::Ignorable:
    case EventType::RowsQuery:
    case EventType::PreviousGtids:
    case EventType::TransactionContext:
    case EventType::ViewChange:
    case EventType::AnnotateRows:
    case EventType::BinlogCheckpoint:
    case EventType::StartEncryption:
      return FeedResult::Open;
    default:
      if (header.ignorable) return FeedResult::Open;
      return refused(fmt::format("the log has an event of unknown type {}, which may have changed {}",
                                 static_cast<int>(header.type), names_of(options_.tables)));
  }
}

Status BinlogStream::on_format(const EventHeader& header, Bytes event) {
  auto format = parse_format_description(event);
  if (!format) return format.error();
  if (!positioned_ && !described_file_.empty() && described_file_ == file_ && described_at_ != header.timestamp) {
    return refused(
        fmt::format("the log file {} is not the one that was read before: the log was reset, or the server was "
                    "replaced",
                    file_),
        "start the pipeline again");
  }
  if (format->checksums && !checksum_fits(event)) return damaged(header.type);
  options_.dialect = format->dialect;
  options_.checksums = format->checksums;
  if (format->server_started) options_.classifier->forget_sessions();
  positioned_ = true;
  described_file_ = file_;
  described_at_ = header.timestamp;
  return {};
}

Status BinlogStream::on_rotate(Bytes body) {
  auto rotate = parse_rotate(body);
  if (!rotate) return rotate.error();
  LogPosition next{std::string(rotate->file), rotate->position};
  // A server that looks for a GTID position begins at the front of the file that contains it.
  const bool known = positioned_ || (resumed_ && next.file != file_);
  if (known && comes_before(next, place())) {
    return refused(fmt::format("the log goes back from {}:{} to {}:{}: it was reset, or the server was replaced", file_,
                               next_position_, next.file, next.position),
                   "start the pipeline again");
  }
  begin();  // a transaction does not span files: an open one was left by a crash and never committed
  in_transaction_ = false;
  next_position_ = ended_position_ = next.position;
  file_ = ended_file_ = std::move(next.file);
  return {};
}

Result<BinlogStream::FeedResult> BinlogStream::on_payload(Bytes body, std::vector<RowChange>& out) {
  PayloadEvents events;
  FRESHET_TRY(events.open(body));
  FeedResult turn = FeedResult::Open;
  for (;;) {
    auto event = events.next();
    if (!event) return event.error();
    if (event->empty()) return turn;
    auto header = parse_event_header(*event);
    if (!header) return header.error();
    if (header->type == EventType::TransactionPayload || header->type == EventType::Rotate ||
        header->type == EventType::FormatDescription) {
      return Error{ErrorKind::Internal,
                   "binlog: malformed compressed transaction: it holds an event that cannot be part of one", ""};
    }
    auto inner = dispatch(*header, *event, event->subspan(kEventHeaderSize), out);
    if (!inner) return inner.error();
    if (*inner != FeedResult::Open) turn = *inner;
  }
}

// A new group of events begins. An open transaction had no end.
Status BinlogStream::on_group() {
  if (!pending_.empty()) {
    const BinlogTable& table = *pending_.front().table;
    return refused(fmt::format("a transaction on {}.{} has no end in the log, before {}:{}", table.database, table.name,
                               file_, next_position_));
  }
  begin();
  return {};
}

Result<BinlogStream::FeedResult> BinlogStream::on_xa_prepare(Bytes body, std::vector<RowChange>& out) {
  auto prepare = parse_xa_prepare(body);
  if (!prepare) return prepare.error();
  if (prepare->one_phase) return commit(out);
  prepared_[plain_xid(prepare->xid)] = std::move(pending_);
  pending_.clear();
  return end_transaction();
}

// The statements of XA transactions, as both servers write them: XA START, END, COMMIT and ROLLBACK.
Result<BinlogStream::FeedResult> BinlogStream::on_xa(std::string_view statement, std::vector<RowChange>& out) {
  const std::size_t space = std::min(statement.find(' '), statement.size());
  const std::string_view verb = statement.substr(0, space);
  const std::string id = plain_xid(statement.substr(space));
  if (verb == "START" || verb == "BEGIN") {
    if (!in_transaction_) begin();
    return FeedResult::Open;
  }
  const bool commits = verb == "COMMIT";
  if (!commits && verb != "ROLLBACK") return FeedResult::Open;
  const auto found = prepared_.find(id);
  if (found != prepared_.end()) {
    if (commits) pending_ = std::move(found->second);
    prepared_.erase(found);
    return commits ? commit(out) : end_transaction();
  }
  if (commits && !options_.from_beginning) {
    return refused(fmt::format("XA transaction {} was prepared before reading began and may have changed {}", id,
                               names_of(options_.tables)),
                   "start the pipeline when XA RECOVER lists no transaction");
  }
  return end_transaction();
}

}  // namespace freshet
