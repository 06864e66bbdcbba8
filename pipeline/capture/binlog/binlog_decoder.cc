#include "pipeline/capture/binlog/binlog_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace freshet {
namespace {

// Table k is the effect of a byte on the checksum k bytes later.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr CrcTables crc_tables() {
  constexpr std::uint32_t kPolynomial = 0xedb8'8320;
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

Error malformed(const char* event, const char* reason) {
  return Error{ErrorKind::Internal, fmt::format("binlog: malformed {} event: {}", event, reason), ""};
}

// Takes the next number up to `end` (a separator) or the end of the text.
bool take_number(std::string_view& text, char end, std::uint64_t& number) {
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || (stop != last && *stop != end)) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + (stop == last ? 0 : 1));
  return true;
}

std::size_t count_bits(Bytes bitmap, std::size_t columns) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < columns; ++i) count += bit_at(bitmap, i) ? 1 : 0;
  return count;
}

// Which columns an image contains, and how many.
struct Present {
  Bytes bitmap;
  std::size_t count = 0;
};

// Reads one row image. `text_hint` is the size of the previous image's text: the next one is about as large, and one
// allocation is cheaper than several. Returns the column at which it failed, or the number of columns.
std::size_t decode_image(ByteReader& in, const TablePlan& plan, const Present& present, std::size_t& text_hint,
                         Row& row) {
  const std::size_t columns = plan.columns.size();
  row.reset(columns);
  row.text.reserve(text_hint);
  const Bytes nulls = in.take((present.count + 7) / 8);
  const bool all = present.count == columns;
  std::size_t at = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    if (!all && !bit_at(present.bitmap, i)) continue;
    if (bit_at(nulls, at++)) continue;
    // In two steps, because a text may move the row's buffer, but never its cells.
    const Cell cell = decode_value(in, plan.columns[i], row);
    row.cells[i] = cell;
    if (!in.ok()) return i;
  }
  text_hint = row.text.size();
  return columns;
}

// Reads the options between the images of a partial update: with one of them, a bit for each JSON column of the table
// says whether the image contains only a part of the value. Returns false if there is such a part.
bool take_value_options(ByteReader& in, const TablePlan& plan) {
  constexpr std::uint64_t kPartialJson = 1;
  if ((in.length_encoded() & kPartialJson) == 0) return true;
  const auto json = std::count_if(plan.columns.begin(), plan.columns.end(),
                                  [](const ColumnLayout& column) { return column.type == FieldType::Json; });
  const Bytes parts = in.take((static_cast<std::size_t>(json) + 7) / 8);
  return std::all_of(parts.begin(), parts.end(), [](std::byte part) { return part == std::byte{0}; });
}

Error partial_row(const TablePlan& plan) {
  return Error{ErrorKind::Usage,
               fmt::format("binlog: a row of {}.{} was logged with parts of its JSON values", plan.table->database,
                           plan.table->name),
               "set binlog_row_value_options='' for all sessions of the server"};
}

// Null if the event's images contain every column.
std::shared_ptr<const RowImages> partial_images(const RowsEvent& event, std::size_t columns, const Present& before,
                                                const Present& after) {
  const bool whole_before = event.operation == Operation::Insert || before.count == columns;
  const bool whole_after = event.operation == Operation::Delete || after.count == columns;
  if (whole_before && whole_after) return nullptr;
  RowImages images;
  for (std::size_t i = 0; i < columns; ++i) {
    images.before.push_back(bit_at(before.bitmap, i));
    images.after.push_back(bit_at(after.bitmap, i));
  }
  return std::make_shared<const RowImages>(std::move(images));
}

Error malformed_row(const TablePlan& plan, std::size_t column, const char* reason) {
  const BinlogTable& table = *plan.table;
  const std::string where = column < plan.columns.size() ? "." + plan.columns[column].name : "";
  return Error{ErrorKind::Internal,
               fmt::format("binlog: malformed row of {}.{}{}: {}", table.database, table.name, where, reason), ""};
}

// Reads a statement and its default database; `more` bytes are between the fixed part and the status variables.
Result<QueryEvent> read_query(Bytes body, std::size_t more) {
  ByteReader in(body);
  QueryEvent query;
  query.thread = static_cast<std::uint32_t>(in.little(4));
  in.take(4);  // seconds that it took
  const std::size_t database_size = in.byte();
  in.take(2);  // error code
  const std::size_t variables_size = in.little(2);
  in.take(more);
  query.variables = in.take(variables_size);
  query.database = in.text(database_size);
  in.take(1);  // a zero
  query.statement = as_text(in.take_rest());
  if (!in.ok()) return malformed("QUERY", in.reason());
  return query;
}

}  // namespace

Result<EventHeader> parse_event_header(Bytes event) {
  constexpr std::uint64_t kIgnorable = 0x80;
  ByteReader in(event);
  EventHeader header;
  header.timestamp = static_cast<std::uint32_t>(in.little(4));
  header.type = static_cast<EventType>(in.byte());
  in.take(4);  // server
  header.length = static_cast<std::uint32_t>(in.little(4));
  header.next_position = static_cast<std::uint32_t>(in.little(4));
  constexpr std::uint64_t kThreadSpecific = 4;
  const std::uint64_t flags = in.little(2);
  header.uses_temporary = (flags & kThreadSpecific) != 0;
  header.ignorable = (flags & kIgnorable) != 0;
  if (!in.ok()) return malformed("unknown", in.reason());
  if (header.length != event.size()) return malformed("unknown", "its length is not the packet's");
  return header;
}

std::size_t event_length(Bytes event) {
  constexpr std::size_t kLengthAt = 9;
  ByteReader in(event);
  in.take(kLengthAt);
  return in.little(4);
}

// Eight bytes at a time. zlib processes such short events byte by byte, which took a quarter of the time to read
// transactions of one row.
std::uint32_t checksum_of(Bytes bytes) {
  constexpr std::size_t kLong = 512;
  if (bytes.size() >= kLong) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }
  static constexpr CrcTables kTables = crc_tables();
  std::uint32_t crc = ~0U;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::array<std::uint8_t, 8> next{};
    std::memcpy(next.data(), bytes.data(), next.size());
    for (std::size_t i = 0; i < 4; ++i) next[i] ^= static_cast<std::uint8_t>(crc >> (8 * i));
    crc = 0;
    for (std::size_t i = 0; i < next.size(); ++i) crc ^= kTables[7 - i][next[i]];
  }
  for (const std::byte byte : bytes) crc = crc >> 8 ^ kTables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return ~crc;
}

bool checksum_fits(Bytes event) {
  if (event.size() < kEventHeaderSize + kChecksumSize) return false;
  const Bytes summed = event.first(event.size() - kChecksumSize);
  return ByteReader(event.last(kChecksumSize)).little(4) == checksum_of(summed);
}

Result<RotateEvent> parse_rotate(Bytes body) {
  ByteReader in(body);
  RotateEvent rotate;
  rotate.position = in.little(8);
  rotate.file = as_text(in.take_rest());
  if (in.ok() && rotate.file.empty()) in.fail("it names no file");
  if (!in.ok()) return malformed("ROTATE", in.reason());
  return rotate;
}

Result<FormatDescription> parse_format_description(Bytes event) {
  constexpr std::size_t kVersionSize = 50;
  ByteReader in(event);
  in.take(kEventHeaderSize);
  const std::uint64_t binlog_version = in.little(2);
  const std::string_view version = in.text(kVersionSize);
  const bool server_started = in.little(4) != 0;  // time of the start, if the server was started, else 0
  const std::uint8_t header_size = in.byte();
  if (in.ok() && (binlog_version != 4 || header_size != kEventHeaderSize)) in.fail("its version is not 4");
  const std::size_t post_headers = in.left() < kChecksumSize + 1 ? 0 : in.left() - kChecksumSize - 1;
  in.take(post_headers);
  const std::uint8_t algorithm = in.byte();
  if (in.ok() && algorithm > 1) in.fail("its checksum is neither NONE nor CRC32");
  if (!in.ok()) return malformed("FORMAT_DESCRIPTION", in.reason());
  const bool mariadb = version.find("MariaDB") != std::string_view::npos;
  return FormatDescription{mariadb ? Dialect::MariaDb : Dialect::MySql, algorithm == 1, server_started};
}

Result<QueryEvent> parse_query(Bytes body) { return read_query(body, 0); }

std::string xid_text(std::string_view global, std::string_view branch, std::uint64_t format) {
  const auto hex = [](std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
    return text;
  };
  return fmt::format("X'{}',X'{}',{}", hex(global), hex(branch), format);
}

Result<XaPrepareEvent> parse_xa_prepare(Bytes body) {
  constexpr std::uint64_t kMostPart = 64;
  ByteReader in(body);
  XaPrepareEvent event;
  event.one_phase = in.byte() != 0;
  const std::uint64_t format = in.little(4);
  const std::uint64_t global_size = in.little(4);
  const std::uint64_t branch_size = in.little(4);
  if (global_size > kMostPart || branch_size > kMostPart) in.fail("its id is too long");
  const std::string_view global = in.text(global_size);
  const std::string_view branch = in.text(branch_size);
  if (!in.ok()) return malformed("XA_PREPARE", in.reason());
  event.xid = xid_text(global, branch, format);
  return event;
}

Result<QueryEvent> parse_load_query(Bytes body) {
  // its number, the position of its name in the statement, the handling of duplicates
  constexpr std::size_t kFileSize = 13;
  return read_query(body, kFileSize);
}

bool parse_gtid_position(std::string_view text, GtidPosition& position) {
  constexpr std::uint64_t kMost = 0xffff'ffff;
  position.domains.clear();
  while (!text.empty()) {
    std::uint64_t domain = 0;
    std::uint64_t server = 0;
    std::uint64_t sequence = 0;
    if (!take_number(text, '-', domain) || !take_number(text, '-', server) || !take_number(text, ',', sequence)) {
      return false;
    }
    if (domain > kMost || server > kMost) return false;
    position.domains[static_cast<std::uint32_t>(domain)] = {static_cast<std::uint32_t>(server), sequence};
  }
  return true;
}

Result<GtidEvent> parse_gtid(Bytes event) {
  enum Flags : std::uint8_t { Standalone = 0x01, GroupCommit = 0x02, Xa = 0xc0 };
  enum Extra : std::uint8_t { StartAlter = 0x02, RollbackAlter = 0x08 };
  ByteReader in(event);
  GtidEvent gtid;
  in.take(5);
  gtid.server = static_cast<std::uint32_t>(in.little(4));
  in.take(kEventHeaderSize - 9);
  gtid.sequence = in.little(8);
  gtid.domain = static_cast<std::uint32_t>(in.little(4));
  const std::uint8_t flags = in.byte();
  if (!in.ok()) return malformed("GTID", in.reason());
  gtid.standalone = (flags & Standalone) != 0;
  if ((flags & GroupCommit) != 0) in.take(8);
  if ((flags & Xa) != 0) {
    in.take(4);  // format
    const std::size_t global_size = in.byte();
    in.take(global_size + in.byte());
  }
  // Absent in logs of older servers.
  if (in.left() > 0) gtid.without_effect = (in.byte() & (StartAlter | RollbackAlter)) != 0;
  return gtid;
}

Result<GtidPosition> parse_gtid_list(Bytes body) {
  constexpr std::uint32_t kCountMask = 0x0fff'ffff;
  ByteReader in(body);
  GtidPosition position;
  const std::uint64_t count = in.little(4) & kCountMask;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto domain = static_cast<std::uint32_t>(in.little(4));
    const auto server = static_cast<std::uint32_t>(in.little(4));
    const std::uint64_t sequence = in.little(8);
    // A domain may be listed once for each server that wrote to it; its last transaction is listed last.
    if (in.ok()) position.domains[domain] = {server, sequence};
  }
  if (!in.ok()) return malformed("GTID_LIST", in.reason());
  return position;
}

bool is_rows_event(EventType type) {
  const auto within = [type](EventType first, EventType last) { return type >= first && type <= last; };
  return within(EventType::WriteRowsV1, EventType::DeleteRowsV1) ||
         within(EventType::WriteRows, EventType::DeleteRows) || type == EventType::PartialUpdateRows ||
         within(EventType::PreGaWriteRows, EventType::PreGaDeleteRows) ||
         within(EventType::WriteRowsCompressedV1, EventType::DeleteRowsCompressed);
}

Result<RowsEvent> parse_rows_event(EventType type, Bytes body) {
  constexpr std::uint64_t kEndsStatement = 1;
  RowsEvent event;
  bool second_version = false;
  switch (type) {
    case EventType::WriteRows:
    case EventType::UpdateRows:
    case EventType::DeleteRows:
      second_version = true;
      event.operation = static_cast<Operation>(static_cast<int>(type) - static_cast<int>(EventType::WriteRows));
      break;
    case EventType::WriteRowsV1:
    case EventType::UpdateRowsV1:
    case EventType::DeleteRowsV1:
      event.operation = static_cast<Operation>(static_cast<int>(type) - static_cast<int>(EventType::WriteRowsV1));
      break;
    case EventType::WriteRowsCompressed:
    case EventType::UpdateRowsCompressed:
    case EventType::DeleteRowsCompressed:
      second_version = true;
      event.operation =
          static_cast<Operation>(static_cast<int>(type) - static_cast<int>(EventType::WriteRowsCompressed));
      break;
    case EventType::PartialUpdateRows:
      second_version = event.partial = true;
      event.operation = Operation::Update;
      break;
    case EventType::WriteRowsCompressedV1:
    case EventType::UpdateRowsCompressedV1:
    case EventType::DeleteRowsCompressedV1:
      event.operation =
          static_cast<Operation>(static_cast<int>(type) - static_cast<int>(EventType::WriteRowsCompressedV1));
      break;
    default:
      return Error{ErrorKind::Usage,
                   fmt::format("binlog: row events of type {} are not decoded", static_cast<int>(type)), ""};
  }
  ByteReader in(body);
  event.table_id = in.little(6);
  event.ends_statement = (in.little(2) & kEndsStatement) != 0;
  if (second_version) {
    const std::size_t extra = in.little(2);  // includes itself
    if (extra < 2) in.fail("its extra data has an impossible size");
    in.take(extra < 2 ? 0 : extra - 2);
  }
  event.columns = in.length_encoded();
  if (event.columns / 8 > in.left()) in.fail("it ends too early");
  const Bytes first = in.take((event.columns + 7) / 8);
  const Bytes second = event.operation == Operation::Update ? in.take((event.columns + 7) / 8) : first;
  event.before = event.operation == Operation::Insert ? Bytes{} : first;
  event.after = event.operation == Operation::Delete ? Bytes{} : second;
  event.rows = in.take_rest();
  if (!in.ok()) return malformed("ROWS", in.reason());
  return event;
}

namespace {

/// Appends a change, reusing the buffers of one that is no longer needed, if there is one.
RowChange& append(std::vector<RowChange>& spare, std::vector<RowChange>& out) {
  if (spare.empty()) return out.emplace_back();
  RowChange& change = out.emplace_back(std::move(spare.back()));
  spare.pop_back();
  change.before.reset(0);
  change.after.reset(0);
  return change;
}

}  // namespace

Status decode_rows(const RowsEvent& event, const TablePlan& plan, std::vector<RowChange>& spare,
                   std::vector<RowChange>& out) {
  const std::size_t columns = plan.columns.size();
  if (event.columns != columns) return malformed_row(plan, columns, "its columns are not those of the table's map");
  const Present before{event.before, count_bits(event.before, columns)};
  const Present after{event.after, count_bits(event.after, columns)};
  if (before.count + after.count == 0) return malformed_row(plan, columns, "its image holds no column");

  const auto partial = partial_images(event, columns, before, after);
  ByteReader in(event.rows);
  std::size_t before_hint = 0;
  std::size_t after_hint = 0;
  while (in.left() > 0) {
    RowChange& change = append(spare, out);
    change.table = plan.table;
    change.operation = event.operation;
    change.partial = partial;
    std::size_t column = columns;
    if (event.operation != Operation::Insert) column = decode_image(in, plan, before, before_hint, change.before);
    if (event.partial && !take_value_options(in, plan)) return partial_row(plan);
    if (event.operation != Operation::Delete && in.ok()) {
      column = decode_image(in, plan, after, after_hint, change.after);
    }
    if (!in.ok()) return malformed_row(plan, column, in.reason());
  }
  return {};
}

}  // namespace freshet
