// The binlog's events, from bytes to values. Pure functions on spans: every one accepts arbitrary bytes and returns a
// value or an error. Views in the results refer to the event. Bodies are events without header and checksum.
//
// The layouts are those of binlog version 4 (MySQL 5.0 and later, all MariaDB).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/change.h"
#include "base/result.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/binlog/binlog_bytes.h"
#include "pipeline/capture/binlog/binlog_metadata.h"
#include "pipeline/capture/position.h"

namespace freshet {

/// Event types by number, of both servers. Others may occur: see EventHeader::ignorable.
enum class EventType : std::uint8_t {
  StartV3 = 1,
  Query = 2,
  Stop = 3,
  Rotate = 4,
  Intvar = 5,
  Load = 6,
  Slave = 7,
  CreateFile = 8,
  AppendBlock = 9,
  ExecLoad = 10,
  DeleteFile = 11,
  NewLoad = 12,
  Rand = 13,
  UserVar = 14,
  FormatDescription = 15,
  Xid = 16,
  BeginLoadQuery = 17,
  ExecuteLoadQuery = 18,
  TableMap = 19,
  PreGaWriteRows = 20,
  PreGaUpdateRows = 21,
  PreGaDeleteRows = 22,
  WriteRowsV1 = 23,
  UpdateRowsV1 = 24,
  DeleteRowsV1 = 25,
  Incident = 26,
  Heartbeat = 27,
  Ignorable = 28,
  RowsQuery = 29,
  WriteRows = 30,
  UpdateRows = 31,
  DeleteRows = 32,
  MySqlGtid = 33,
  AnonymousGtid = 34,
  PreviousGtids = 35,
  TransactionContext = 36,
  ViewChange = 37,
  XaPrepare = 38,
  PartialUpdateRows = 39,
  TransactionPayload = 40,
  HeartbeatV2 = 41,
  TaggedGtid = 42,
  AnnotateRows = 160,
  BinlogCheckpoint = 161,
  Gtid = 162,
  GtidList = 163,
  StartEncryption = 164,
  QueryCompressed = 165,
  WriteRowsCompressedV1 = 166,
  UpdateRowsCompressedV1 = 167,
  DeleteRowsCompressedV1 = 168,
  WriteRowsCompressed = 169,
  UpdateRowsCompressed = 170,
  DeleteRowsCompressed = 171,
};

struct EventHeader {
  std::uint32_t timestamp = 0;  ///< seconds
  EventType type{};
  std::uint32_t length = 0;         ///< of the whole event, including its checksum
  std::uint32_t next_position = 0;  ///< where the next event begins in this file; 0 in artificial events
  bool uses_temporary = false;      ///< its statement used temporary tables of its session
  bool ignorable = false;           ///< a reader that does not know the type may skip the event
};
inline constexpr std::size_t kEventHeaderSize = 19;
inline constexpr std::size_t kChecksumSize = 4;
[[nodiscard]] Result<EventHeader> parse_event_header(Bytes event);
/// The length of an event according to its header; 0 if the header is truncated.
[[nodiscard]] std::size_t event_length(Bytes event);
/// CRC-32, as in zlib.
[[nodiscard]] std::uint32_t checksum_of(Bytes bytes);
/// True if the last four bytes of an event are the CRC-32 of the others.
[[nodiscard]] bool checksum_fits(Bytes event);

struct RotateEvent {
  std::uint64_t position = 0;
  std::string_view file;
};
[[nodiscard]] Result<RotateEvent> parse_rotate(Bytes body);

/// Here `event` is complete: the byte before its own checksum says whether the events after it have one.
struct FormatDescription {
  Dialect dialect = Dialect::MySql;
  bool checksums = false;
  bool server_started = false;  ///< at this file: sessions of earlier files are gone
};
[[nodiscard]] Result<FormatDescription> parse_format_description(Bytes event);

struct QueryEvent {
  std::uint32_t thread = 0;  ///< of the session
  Bytes variables;           ///< of the session, see StatementJudge
  std::string_view database;
  std::string_view statement;  ///< compressed in a QueryCompressed event
};
[[nodiscard]] Result<QueryEvent> parse_query(Bytes body);
/// The LOAD DATA statement of an EXECUTE_LOAD_QUERY event.
[[nodiscard]] Result<QueryEvent> parse_load_query(Bytes body);

/// The end of the first phase of an XA transaction.
struct XaPrepareEvent {
  bool one_phase = false;  ///< commits in this phase
  std::string xid;         ///< as written by xid_text()
};
[[nodiscard]] Result<XaPrepareEvent> parse_xa_prepare(Bytes body);
/// The text of an XA id as in the statements of the log: X'<global>',X'<branch>',<format>.
[[nodiscard]] std::string xid_text(std::string_view global, std::string_view branch, std::uint64_t format);

/// Returns false if the text is not a position.
[[nodiscard]] bool parse_gtid_position(std::string_view text, GtidPosition& position);

/// MariaDB's event at the beginning of each transaction. The server's id is in the event's header.
struct GtidEvent {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;
  bool standalone = false;  ///< one event follows, without a commit (a DDL)
  /// An ALTER that has only begun, or failed (binlog_alter_two_phase): its text has no effect.
  bool without_effect = false;
};
[[nodiscard]] Result<GtidEvent> parse_gtid(Bytes event);
/// The position of each domain at the beginning of the file.
[[nodiscard]] Result<GtidPosition> parse_gtid_list(Bytes body);

/// A ROWS event of version 1 or 2: the table, the columns in its images, and the images themselves.
struct RowsEvent {
  Operation operation = Operation::Insert;
  bool partial = false;  ///< images after the change may contain parts of JSON values
  std::uint64_t table_id = 0;
  bool ends_statement = false;
  std::size_t columns = 0;
  Bytes before;  ///< bitmap of the columns in images before the change (Update, Delete)
  Bytes after;   ///< and after it (Insert, Update)
  Bytes rows;    ///< compressed in events of a Compressed type
};
[[nodiscard]] bool is_rows_event(EventType type);
[[nodiscard]] Result<RowsEvent> parse_rows_event(EventType type, Bytes body);

/// Appends the event's changes; takes buffers from `spare` while it has some. After an error, the appended changes are
/// invalid.
Status decode_rows(const RowsEvent& event, const TablePlan& plan, std::vector<RowChange>& spare,
                   std::vector<RowChange>& out);

}  // namespace freshet
