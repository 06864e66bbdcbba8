#include "pipeline/native/binlog_stream.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/native/binlog_statement.h"

namespace freshet {
namespace {

// Table id and flags at the front of a TABLE_MAP event: they change while the table stays the same.
constexpr std::size_t kMapPrefixSize = 8;
// The table id of row events that only end a statement.
constexpr std::uint64_t kDummyTable = 0xffffff;

Error refused(std::string message, std::string hint = "") {
  return Error{ErrorKind::Usage, "binlog: " + std::move(message), std::move(hint)};
}

}  // namespace

BinlogStream::BinlogStream(Options options)
    : options_(std::move(options)),
      known_(options_.tables.size()),
      file_(options_.file),
      next_position_(options_.position),
      ended_file_(options_.file),
      ended_position_(options_.position) {}

std::string BinlogStream::position() const {
  if (!options_.gtid.domains.empty()) return options_.gtid.text();
  return fmt::format("{}:{}", ended_file_, ended_position_);
}

Result<BinlogStream::Turn> BinlogStream::feed(Bytes event, Bytes inflated, std::vector<RowChange>& out) {
  auto header = parse_event_header(event);
  if (!header) return header.error();
  const std::size_t checksum = options_.checksums ? kChecksumSize : 0;
  if (event.size() < kEventHeaderSize + checksum) {
    return Error{ErrorKind::Internal, "binlog: malformed event: it has no room for its checksum", ""};
  }
  const Bytes body = event.subspan(kEventHeaderSize, event.size() - kEventHeaderSize - checksum);
  const EventType type = header->type;
  // Artificial events have no place in the file; a heartbeat's place is that of the event before it.
  if (header->next_position != 0 && type != EventType::Heartbeat) next_position_ = header->next_position;
  if (type == EventType::TableMap) {
    FRESHET_TRY(on_table_map(body));
    return Turn::Open;
  }
  if (is_rows_event(type)) {
    FRESHET_TRY(on_rows(type, body, inflated));
    return Turn::Open;
  }
  return on_control(*header, event, body, inflated, out);
}

Result<BinlogStream::Turn> BinlogStream::on_control(const EventHeader& header, Bytes event, Bytes body, Bytes inflated,
                                                    std::vector<RowChange>& out) {
  switch (header.type) {
    case EventType::Xid:
      return commit(out);
    case EventType::Query:
      return on_query(body, nullptr, out);
    case EventType::QueryCompressed:
      return on_query(body, &inflated, out);
    case EventType::Heartbeat:
      return Turn::Heartbeat;
    case EventType::Gtid:
      FRESHET_TRY(on_gtid(event.first(event.size() - (options_.checksums ? kChecksumSize : 0))));
      return Turn::Open;
    case EventType::GtidList: {
      auto list = parse_gtid_list(body);
      if (!list) return list.error();
      if (options_.gtid.domains.empty()) options_.gtid = std::move(list).value();
      return Turn::Open;
    }
    case EventType::FormatDescription: {
      auto format = parse_format_description(event);
      if (!format) return format.error();
      options_.dialect = format->dialect;
      options_.checksums = format->checksums;
      return Turn::Open;
    }
    case EventType::Rotate: {
      auto rotate = parse_rotate(body);
      if (!rotate) return rotate.error();
      begin();  // a transaction does not span files: what is open was left by a crash and never committed
      in_transaction_ = false;
      file_ = ended_file_ = rotate->file;
      next_position_ = ended_position_ = rotate->position;
      return Turn::Open;
    }
    case EventType::XaPrepare:
      if (body.empty() || body[0] == std::byte{0}) {
        if (!pending_.empty()) return refused("an XA transaction wrote to one of our tables, and these are not read");
        return end_transaction();
      }
      return commit(out);  // prepared and committed in one phase
    case EventType::ExecuteLoadQuery:
      FRESHET_TRY(refuse_load(body));
      return Turn::Open;
    case EventType::Incident:
      return refused("the server logged an incident: changes may be missing from the log");
    case EventType::TransactionPayload:
      return refused("compressed transactions are not decoded", "set binlog_transaction_compression=OFF");
    default:
      return Turn::Open;
  }
}

Status BinlogStream::on_gtid(Bytes event) {
  auto gtid = parse_gtid(event);
  if (!gtid) return gtid.error();
  begin();
  gtid_event_ = *gtid;
  gtid_pending_ = true;
  in_transaction_ = !gtid->standalone;
  return {};
}

void BinlogStream::begin() {
  pending_.clear();
  mapped_.clear();
  gtid_pending_ = false;
  in_transaction_ = true;
}

Result<BinlogStream::Turn> BinlogStream::on_query(Bytes body, const Bytes* inflated, std::vector<RowChange>& out) {
  auto query = parse_query(body);
  if (!query) return query.error();
  const std::string_view sql = inflated != nullptr ? as_text(*inflated) : query->statement;
  if (inflated != nullptr && sql.empty()) return refused("a compressed statement came without its plain text");
  switch (kind_of_statement(sql)) {
    case StatementKind::Begin:
      // On MariaDB the transaction has begun with its GTID, which must not be forgotten.
      if (!in_transaction_) begin();
      return Turn::Open;
    case StatementKind::Commit:
      return commit(out);
    case StatementKind::Rollback:
      return end_transaction();
    case StatementKind::RollbackToSavepoint:
      if (!pending_.empty()) return refused("a transaction on our tables has ROLLBACK TO SAVEPOINT in the log");
      return Turn::Open;
    case StatementKind::Other:
      break;
  }
  const StatementEffect effect = effect_of_statement(sql, query->database, options_.tables);
  if (effect.kind != StatementEffect::Kind::None) {
    const auto& [database, table] = options_.tables[effect.table];
    const std::string text(sql.substr(0, 200));
    if (effect.kind == StatementEffect::Kind::Rows) {
      return refused(
          fmt::format("rows of {}.{} were written by a statement and not as row events: {}", database, table, text),
          "set binlog_format=ROW for all sessions of the server");
    }
    if (!options_.from_beginning || known_[effect.table].rows_seen) {
      return refused(fmt::format("the definition of {}.{} was changed while it was read: {}", database, table, text),
                     "start the pipeline again after the change");
    }
  }
  return in_transaction_ ? Turn::Open : end_transaction();
}

Status BinlogStream::refuse_load(Bytes body) const {
  for (const auto& [database, table] : options_.tables) {
    if (as_text(body).find(table) == std::string_view::npos) continue;
    return refused(fmt::format("rows of {}.{} were loaded by a statement and not as row events", database, table),
                   "set binlog_format=ROW for all sessions of the server");
  }
  return {};
}

Status BinlogStream::on_table_map(Bytes body) {
  auto identity = identify_table(body);
  if (!identity) return identity.error();
  Mapped mapped{identity->id, nullptr, 0};
  const auto ours = std::find_if(options_.tables.begin(), options_.tables.end(), [&](const auto& table) {
    return table.second == identity->name && table.first == identity->database;
  });
  if (ours != options_.tables.end()) {
    mapped.table = static_cast<std::size_t>(ours - options_.tables.begin());
    auto plan = plan_of(mapped.table, body);
    if (!plan) return plan.error();
    mapped.plan = std::move(plan).value();
  }
  std::erase_if(mapped_, [&](const Mapped& other) { return other.id == mapped.id; });
  mapped_.push_back(std::move(mapped));
  return {};
}

Result<std::shared_ptr<const TablePlan>> BinlogStream::plan_of(std::size_t table, Bytes body) {
  Known& known = known_[table];
  const Bytes content = body.subspan(kMapPrefixSize);
  if (known.plan && std::equal(content.begin(), content.end(), known.map.begin(), known.map.end())) return known.plan;
  auto map = parse_table_map(body, options_.dialect);
  if (!map) return map.error();
  auto schema = options_.schema_of(map->database, map->name);
  if (!schema) return schema.error();
  FRESHET_TRY(describe(*map, *schema));
  auto plan = plan_table(std::move(map).value());
  if (!plan) return plan.error();
  known.plan = std::make_shared<const TablePlan>(std::move(plan).value());
  known.map.assign(content.begin(), content.end());
  return known.plan;
}

Status BinlogStream::on_rows(EventType type, Bytes body, Bytes inflated) {
  ByteReader front(body);
  const std::uint64_t id = front.little(6);
  const auto mapped = std::find_if(mapped_.begin(), mapped_.end(), [&](const Mapped& map) { return map.id == id; });
  if (!front.ok() || (mapped == mapped_.end() && id != kDummyTable)) {
    return Error{ErrorKind::Internal, fmt::format("binlog: rows of a table that was not announced (id {})", id), ""};
  }
  const bool ours = mapped != mapped_.end() && mapped->plan != nullptr;
  if (!ours) {
    if ((front.little(2) & 1) != 0) mapped_.clear();
    return {};
  }
  auto event = parse_rows_event(type, body);
  if (!event) return event.error();
  if (type >= EventType::WriteRowsCompressedV1) {
    if (inflated.empty()) return refused("a compressed row event came without its plain rows");
    event->rows = inflated;
  }
  known_[mapped->table].rows_seen = true;
  FRESHET_TRY(decode_rows(*event, *mapped->plan, pending_));
  if (event->ends_statement) mapped_.clear();
  return {};
}

BinlogStream::Turn BinlogStream::commit(std::vector<RowChange>& out) {
  if (out.empty()) {
    out.swap(pending_);
  } else {
    out.insert(out.end(), std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
  }
  return end_transaction();
}

BinlogStream::Turn BinlogStream::end_transaction() {
  if (gtid_pending_) options_.gtid.domains[gtid_event_.domain] = {gtid_event_.server, gtid_event_.sequence};
  begin();
  in_transaction_ = false;
  ended_file_ = file_;
  ended_position_ = next_position_;
  return Turn::Ended;
}

}  // namespace freshet
