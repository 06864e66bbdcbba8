#include "pipeline/capture/binlog/binlog_stream.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/capture/binlog/binlog_inflate.h"
#include "pipeline/capture/binlog/binlog_statement.h"

namespace freshet {
namespace {

// Table id and flags at the front of a TABLE_MAP event: they change while the table stays the same.
constexpr std::size_t kMapPrefixSize = 8;
// The table id of row events that only end a statement.
constexpr std::uint64_t kDummyTable = 0xffffff;

constexpr std::size_t kRotateNameAt = kEventHeaderSize + sizeof(std::uint64_t);

// The number at the end of a log file's name; the base is the part before it.
std::optional<std::uint64_t> number_of(std::string_view file, std::string_view& base) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  base = file.substr(0, dot);
  std::uint64_t number = 0;
  const char* end = file.data() + file.size();
  const auto [stop, error] = std::from_chars(file.data() + dot + 1, end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= ' '; });
}

}  // namespace

bool comes_before(const LogPosition& a, const LogPosition& b) {
  if (a.file == b.file) return a.position < b.position;
  std::string_view base_a, base_b;
  const auto number_a = number_of(a.file, base_a);
  const auto number_b = number_of(b.file, base_b);
  return number_a && number_b && base_a == base_b && *number_a < *number_b;
}

BinlogStream::BinlogStream(Options options)
    : options_(std::move(options)),
      known_(options_.tables.size()),
      file_(options_.file),
      next_position_(options_.position),
      ended_file_(options_.file),
      ended_position_(options_.position) {
  if (options_.classifier) return;
  std::vector<CapturedTable> ours;
  for (const auto& [database, table] : options_.tables) ours.push_back({{database, table}});
  options_.classifier.emplace(SourcePrograms(std::move(ours), false));
}

std::string BinlogStream::position() const {
  if (!options_.gtid.domains.empty()) return options_.gtid.text();
  return fmt::format("{}:{}", ended_file_, ended_position_);
}

void BinlogStream::restart_at(Position& out) const {
  if (!prepared_.empty()) {
    out = std::monostate();
    return;
  }
  if (!std::holds_alternative<BinlogPosition>(out)) out.emplace<BinlogPosition>();
  auto& position = std::get<BinlogPosition>(out);
  position.gtid = options_.gtid;
  position.file = ended_file_;
  position.offset = ended_position_;
}

Error BinlogStream::refused(std::string message, std::string hint) {
  return Error{ErrorKind::Usage, "binlog: " + std::move(message), std::move(hint)};
}

void BinlogStream::resume() {
  begin();
  in_transaction_ = false;
  positioned_ = false;
  resumed_ = true;
  file_ = ended_file_;
  next_position_ = ended_position_;
}

Result<BinlogStream::FeedResult> BinlogStream::feed(Bytes event, std::vector<RowChange>& out) {
  auto header = parse_event_header(event);
  if (!header) return header.error();
  auto checksum = checksum_size(*header, event);
  if (!checksum) return checksum.error();
  const Bytes body = event.subspan(kEventHeaderSize, event.size() - kEventHeaderSize - *checksum);
  // Artificial events have no position in the file; a heartbeat's position is that of the event before it. The header
  // has room only for the lower half of a position.
  if (header->next_position != 0 && header->type != EventType::Heartbeat) {
    constexpr std::uint64_t kHalf = 0xffff'ffff;
    const std::uint64_t before = next_position_;
    next_position_ = (before & ~kHalf) | header->next_position;
    if (next_position_ < before && before - next_position_ > kHalf / 2) next_position_ += kHalf + 1;
  }
  auto turn = dispatch(*header, event, body, out);
  if (turn && *turn == FeedResult::Ended) committed_at_ = std::max(committed_at_, header->timestamp);
  return turn;
}

// The description of the file says whether events have a checksum, and has room for one in any case. Events that a
// server generates before it, or between two files, may or may not have one: then it is checked whether it fits.
Result<std::size_t> BinlogStream::checksum_size(const EventHeader& header, Bytes event) const {
  const bool made_up = header.next_position == 0;
  if (header.type == EventType::FormatDescription) return std::min(kChecksumSize, event.size() - kEventHeaderSize);
  if (!options_.checksums && positioned_ && !made_up) return std::size_t{0};
  if (checksum_fits(event)) return kChecksumSize;
  const Bytes name = event.subspan(std::min(event.size(), kRotateNameAt));
  const bool named = made_up && header.type == EventType::Rotate && printable(as_text(name));
  if (!options_.checksums || named) return std::size_t{0};
  return damaged(header.type);
}

Error BinlogStream::damaged(EventType type) const {
  return Error{ErrorKind::Internal,
               fmt::format("binlog: an event of type {} does not match its checksum, before {}:{}",
                           static_cast<int>(type), file_, next_position_),
               "the log, or the connection to it, is damaged"};
}

Result<BinlogStream::FeedResult> BinlogStream::dispatch(const EventHeader& header, Bytes event, Bytes body,
                                                        std::vector<RowChange>& out) {
  if (header.type == EventType::TableMap) {
    FRESHET_TRY(on_table_map(body));
    return FeedResult::Open;
  }
  if (is_rows_event(header.type)) {
    FRESHET_TRY(on_rows(header.type, body));
    return FeedResult::Open;
  }
  return on_control(header, event, body, out);
}

Status BinlogStream::on_gtid(Bytes event) {
  auto gtid = parse_gtid(event);
  if (!gtid) return gtid.error();
  FRESHET_TRY(on_group());
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

Result<BinlogStream::FeedResult> BinlogStream::on_query(const EventHeader& header, Bytes body, bool compressed,
                                                        std::vector<RowChange>& out) {
  auto query = parse_query(body);
  if (!query) return query.error();
  std::string_view sql = query->statement;
  if (compressed) {
    auto plain = inflate_part(std::as_bytes(std::span(sql)), inflated_);
    if (!plain) return plain.error();
    sql = as_text(*plain);
  }
  if (gtid_pending_ && gtid_event_.without_effect) return end_transaction();
  constexpr std::string_view kXa = "XA ";
  if (sql.starts_with(kXa)) return on_xa(sql.substr(kXa.size()), out);
  switch (kind_of_statement(sql)) {
    case StatementKind::Begin:
      // On MariaDB the transaction has begun with its GTID, which must not be dropped.
      if (!in_transaction_ || !pending_.empty()) FRESHET_TRY(on_group());
      return FeedResult::Open;
    case StatementKind::Commit:
      return commit(out);
    case StatementKind::Rollback:
      return end_transaction();
    case StatementKind::RollbackToSavepoint:
      if (pending_.empty()) return FeedResult::Open;
      return refused(
          "a transaction that changed rows of " + pending_.back().table->database + "." + pending_.back().table->name +
              " rolled back to a savepoint (" + file_ + ", before position " + std::to_string(next_position_) +
              "): which of its changes remain is unknown",
          "do not change tables of an engine without savepoints (MyISAM, Aria) in transactions that use them");
    case StatementKind::Other:
      break;
  }
  FRESHET_TRY(classify(header, *query, sql));
  return in_transaction_ ? FeedResult::Open : end_transaction();
}

Status BinlogStream::on_load(const EventHeader& header, Bytes body) {
  auto load = parse_load_query(body);
  if (!load) return load.error();
  return classify(header, *load, load->statement);
}

Status BinlogStream::classify(const EventHeader& header, const QueryEvent& query, std::string_view sql) {
  const StatementEffect effect =
      options_.classifier->classify({sql, query.database, query.variables, query.thread, header.uses_temporary});
  if (effect.kind == StatementEffect::Kind::None) return {};
  const bool unseen = options_.from_beginning && !known_[effect.table].rows_seen;
  if (effect.kind == StatementEffect::Kind::Definition && unseen) return {};
  return refusal_of(effect, options_.classifier->programs().ours()[effect.table], sql);
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

Status BinlogStream::on_rows(EventType type, Bytes body) {
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
  if (!event)
    return event.error().in(options_.tables[mapped->table].first + "." + options_.tables[mapped->table].second);
  if (type >= EventType::WriteRowsCompressedV1) {
    auto plain = inflate_part(event->rows, inflated_);
    if (!plain) return plain.error();
    event->rows = *plain;
  }
  in_transaction_ = true;
  known_[mapped->table].rows_seen = true;
  FRESHET_TRY(decode_rows(*event, *mapped->plan, spare_, pending_));
  if (event->ends_statement) mapped_.clear();
  return {};
}

BinlogStream::FeedResult BinlogStream::commit(std::vector<RowChange>& out) {
  if (out.empty()) {
    out.swap(pending_);
  } else {
    out.insert(out.end(), std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.end()));
  }
  return end_transaction();
}

void BinlogStream::reuse(std::vector<RowChange>& used) {
  constexpr std::size_t kMost = 1'024;
  constexpr std::size_t kMostText = 4'096;
  for (RowChange& change : used) {
    if (spare_.size() == kMost) break;
    if (std::max(change.before.text.capacity(), change.after.text.capacity()) > kMostText) continue;
    spare_.push_back(std::move(change));
  }
  used.clear();
}

BinlogStream::FeedResult BinlogStream::end_transaction() {
  if (gtid_pending_) options_.gtid.domains[gtid_event_.domain] = {gtid_event_.server, gtid_event_.sequence};
  begin();
  in_transaction_ = false;
  ended_file_ = file_;
  ended_position_ = next_position_;
  return FeedResult::Ended;
}

}  // namespace freshet
