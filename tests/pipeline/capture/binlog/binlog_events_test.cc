// Every event that MariaDB 10.11 and MySQL 9 know, and an unknown one, where it affects our table and where it does
// not: what is read, skipped or refused. The events are built byte by byte here; recorded ones are in
// binlog_stream_test.cc, live ones in the tests on servers.
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "fuzz/binlog_input.h"

namespace freshet {
namespace {

using std::string_literals::operator""s;

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

enum class Sum : bool { No, Yes };

/// A whole event. With a checksum, four bytes are added.
std::vector<std::byte> event_of(int type, std::string body, Sum sum, std::uint32_t next = 99, int flags = 0) {
  if (sum == Sum::Yes) body += "____";
  auto event = with_header(static_cast<EventType>(type), std::as_bytes(std::span(body)), false);
  for (int i = 0; i < 4; ++i) event[13 + static_cast<std::size_t>(i)] = static_cast<std::byte>(next >> (8 * i));
  event[17] = static_cast<std::byte>(flags);
  if (sum == Sum::Yes) set_checksum(event);
  return event;
}

std::vector<std::byte> format_of(Dialect dialect, Sum sum) {
  std::string version = dialect == Dialect::MariaDb ? "10.11.19-MariaDB-log" : "9.7.0";
  version.resize(50, '\0');
  const std::string body =
      little(4, 2) + version + little(0, 4) + "\x13"s + std::string(41, '\x08') + (sum == Sum::Yes ? "\1"s : "\0"s);
  return event_of(15, body, Sum::Yes);
}

std::string query(const std::string& database, const std::string& statement, const std::string& extra = "") {
  return little(1, 4) + little(0, 4) + little(database.size(), 1) + little(0, 2) + little(0, 2) + extra + database +
         "\0"s + statement;
}
std::string table_map(const std::string& database, const std::string& name) {
  return little(7, 6) + little(1, 2) + little(database.size(), 1) + database + "\0"s + little(name.size(), 1) + name +
         "\0\1\3\0\0"s;
}
/// An event of rows of a table with one INT, which is 5 (and was 4).
std::string rows(bool second_version, bool update, const std::string& between = "", const std::string& extra = "") {
  const std::string image = "\0"s + little(5, 4);
  return little(7, 6) + little(1, 2) + (second_version ? little(2 + extra.size(), 2) + extra : "") + "\1\1"s +
         (update ? "\1"s : "") + (update ? "\0"s + little(4, 4) + between : "") + image;
}
std::string deflated(const std::string& plain) {
  std::string packed(compressBound(plain.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  packed.resize(size);
  return "\x81"s + little(plain.size(), 1) + packed;
}
std::string compressed_rows(bool update, bool second_version = false) {
  const std::string image = "\0"s + little(5, 4);
  return little(7, 6) + little(1, 2) + (second_version ? little(2, 2) : "") + "\1\1"s + (update ? "\1"s : "") +
         deflated((update ? "\0"s + little(4, 4) : ""s) + image);
}
std::string payload(const std::string& database, const std::string& table, bool compressed) {
  std::string inner;
  const std::vector<std::pair<int, std::string>> events = {
      {2, query(database, "BEGIN")}, {19, table_map(database, table)}, {30, rows(true, false)}, {16, little(1, 8)}};
  for (const auto& [type, body] : events) {
    const auto event = event_of(type, body, Sum::No);
    inner.append(reinterpret_cast<const char*>(event.data()), event.size());
  }
  std::string packed = inner;
  if (compressed) {
    packed.resize(ZSTD_compressBound(inner.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), inner.data(), inner.size(), 3));
  }
  return "\2"s + (compressed ? "\1\0"s : "\3\xfc\xff\0"s) + "\1\3\xfc"s + little(packed.size(), 2) + "\3\3\xfc"s +
         little(inner.size(), 2) + "\0"s + packed;
}
std::string xid(const std::string& id) { return little(1, 4) + little(id.size(), 4) + little(0, 4) + id; }
std::string mariadb_gtid(int sequence, int flags = 0, const std::string& rest = "\0\0\0\0\0\0"s) {
  return little(static_cast<std::uint64_t>(sequence), 8) + little(0, 4) + little(static_cast<std::uint64_t>(flags), 1) +
         rest;
}

struct Case {
  const char* what;
  int type;
  /// The event's body when `table` of `database` is touched.
  std::function<std::string(const std::string& database, const std::string& table)> body;
  std::string ours;  ///< "" = skipped; "N" = N rows; else part of the refusal
  bool foreign_passes = true;
  bool ends = false;  ///< the transaction, by itself
  int flags = 0;
};

std::string nothing(const std::string&, const std::string&) { return "\0"s; }
auto always(const std::string& body) {
  return [body](const std::string&, const std::string&) { return body; };
}

std::vector<Case> cases() {
  const auto load = [](const std::string& database, const std::string& table) {
    return query(database, "LOAD DATA LOCAL INFILE '/tmp/x' INTO TABLE `" + table + "` (id)", std::string(13, '\0'));
  };
  const auto names = [](const std::string& database, const std::string& table) { return database + "\0"s + table; };
  const auto insert = [](const std::string& database, const std::string& table) {
    return query(database, "INSERT INTO " + table + " VALUES (1)");
  };
  const auto packed_insert = [](const std::string& database, const std::string& table) {
    return query(database, deflated("INSERT INTO " + table + " VALUES (1)"));
  };
  std::vector<Case> all = {
      {"unknown", 0, nothing, "unknown type 0", false},
      {"START_V3", 1, nothing, ""},
      {"QUERY", 2, insert, "written by a statement"},
      {"STOP", 3, nothing, ""},
      {"INTVAR", 5, nothing, ""},
      {"LOAD", 6, names, "were loaded"},
      {"SLAVE", 7, nothing, ""},
      {"CREATE_FILE", 8, names, "were loaded"},
      {"APPEND_BLOCK", 9, names, ""},
      {"EXEC_LOAD", 10, nothing, ""},
      {"DELETE_FILE", 11, nothing, ""},
      {"NEW_LOAD", 12, names, "were loaded"},
      {"RAND", 13, nothing, ""},
      {"USER_VAR", 14, nothing, ""},
      {"BEGIN_LOAD_QUERY", 17, names, ""},
      {"EXECUTE_LOAD_QUERY", 18, load, "were written by a statement"},
      {"PRE_GA_WRITE_ROWS", 20, always(rows(false, false)), "d.ours: binlog: row events of type 20 are not decoded"},
      {"PRE_GA_UPDATE_ROWS", 21, always(rows(false, true)), "type 21"},
      {"PRE_GA_DELETE_ROWS", 22, always(rows(false, false)), "type 22"},
      {"WRITE_ROWS_V1", 23, always(rows(false, false)), "1"},
      {"UPDATE_ROWS_V1", 24, always(rows(false, true)), "1"},
      {"DELETE_ROWS_V1", 25, always(rows(false, false)), "1"},
      {"INCIDENT", 26, nothing, "incident", false},
      {"HEARTBEAT", 27, always("binlog.000001"), ""},
      {"IGNORABLE", 28, nothing, ""},
      {"ROWS_QUERY", 29, names, ""},
      {"WRITE_ROWS", 30, always(rows(true, false, "", "\0\3\1\2"s)), "1"},
      {"UPDATE_ROWS", 31, always(rows(true, true)), "1"},
      {"DELETE_ROWS", 32, always(rows(true, false)), "1"},
      {"PREVIOUS_GTIDS", 35, nothing, ""},
      {"TRANSACTION_CONTEXT", 36, nothing, ""},
      {"VIEW_CHANGE", 37, nothing, ""},
      {"XA_PREPARE of one phase", 38, always("\1"s + xid("q")), "", true, true},
      {"PARTIAL_UPDATE_ROWS", 39, always(rows(true, true, "\0"s)), "1"},
      {"PARTIAL_UPDATE_ROWS with parts", 39, always(rows(true, true, "\1"s)), "1"},
      {"TRANSACTION_PAYLOAD", 40,
       [](const std::string& database, const std::string& table) { return payload(database, table, true); }, "1", true,
       true},
      {"TRANSACTION_PAYLOAD, not compressed", 40,
       [](const std::string& database, const std::string& table) { return payload(database, table, false); }, "1", true,
       true},
      {"HEARTBEAT_V2", 41, nothing, ""},
      {"ANNOTATE_ROWS", 160, names, ""},
      {"BINLOG_CHECKPOINT", 161, always(little(5, 4) + "bin.1"), ""},
      {"GTID_LIST", 163, always(little(0, 4)), ""},
      {"START_ENCRYPTION", 164, nothing, ""},
      {"QUERY_COMPRESSED", 165, packed_insert, "written by a statement"},
      {"WRITE_ROWS_COMPRESSED_V1", 166, always(compressed_rows(false)), "1"},
      {"UPDATE_ROWS_COMPRESSED_V1", 167, always(compressed_rows(true)), "1"},
      {"DELETE_ROWS_COMPRESSED_V1", 168, always(compressed_rows(false)), "1"},
      {"WRITE_ROWS_COMPRESSED", 169, always(compressed_rows(false, true)), "1"},
      {"UPDATE_ROWS_COMPRESSED", 170, always(compressed_rows(true, true)), "1"},
      {"DELETE_ROWS_COMPRESSED", 171, always(compressed_rows(false, true)), "1"},
      {"unknown and ignorable", 200, names, "", true, false, 0x80},
      {"unknown", 200, names, "unknown type 200", false},
  };
  return all;
}

class Log {
 public:
  Log(Dialect dialect, Sum sum) : dialect_(dialect), sum_(sum), stream_(options(dialect)) {
    feed(format_of(dialect, sum));
  }
  void add(int type, const std::string& body, int flags = 0) { feed(event_of(type, body, sum_, next_ += 50, flags)); }
  void begin() {
    dialect_ == Dialect::MariaDb ? add(162, mariadb_gtid(++sequence_)) : add(33, std::string(42, '\0'));
    if (dialect_ == Dialect::MySql) add(2, query("d", "BEGIN"));
  }
  void commit() { add(16, little(1, 8)); }
  void transaction_of_ours() {
    begin();
    add(19, table_map("d", "ours"));
    add(30, rows(true, false));
    commit();
  }
  void feed(const std::vector<std::byte>& event) {
    if (!refusal_.empty()) return;
    const auto turn = stream_.feed(event, changes_);
    if (!turn.ok()) refusal_ = turn.error().message;
  }
  [[nodiscard]] std::size_t rows_read() const { return changes_.size(); }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] BinlogStream& stream() { return stream_; }

 private:
  static BinlogStream::Options options(Dialect dialect) {
    BinlogStream::Options options;
    options.tables = {{"d", "ours"}};
    options.dialect = dialect;
    options.file = "binlog.000001";
    options.schema_of = [](const std::string&, const std::string&) -> Result<std::vector<SchemaColumn>> {
      return std::vector<SchemaColumn>{{"id", "int(11)", ""}};
    };
    return options;
  }
  Dialect dialect_;
  Sum sum_;
  BinlogStream stream_;
  std::vector<RowChange> changes_;
  std::string refusal_;
  std::uint32_t next_ = 300;
  int sequence_ = 0;
};

std::string touched(const Case& event, Dialect dialect, Sum sum, bool ours, std::size_t& rows_read) {
  const std::string database = ours ? "d" : "elsewhere";
  const std::string table = ours ? "ours" : "foreign";
  Log log(dialect, sum);
  log.begin();
  log.add(19, table_map(database, table));
  log.add(event.type, event.body(database, table), event.flags);
  if (!event.ends) log.commit();
  rows_read = log.rows_read();
  log.transaction_of_ours();
  if (log.refusal().empty()) {
    EXPECT_EQ(log.rows_read(), rows_read + 1) << "and what comes after is read";
  }
  return log.refusal();
}

TEST(BinlogEvents, OfEveryTypeAreReadPassedOverOrRefused) {
  for (const Dialect dialect : {Dialect::MariaDb, Dialect::MySql}) {
    for (const Sum sum : {Sum::Yes, Sum::No}) {
      for (const Case& event : cases()) {
        SCOPED_TRACE(std::string(event.what) + (dialect == Dialect::MariaDb ? ", MariaDB" : ", MySQL") +
                     (sum == Sum::Yes ? "" : ", no checksums"));
        std::size_t rows_read = 0;
        const std::string refusal = touched(event, dialect, sum, true, rows_read);
        if (event.ours.empty() || event.ours == "1") {
          EXPECT_EQ(refusal, "");
          EXPECT_EQ(rows_read, event.ours.size());
        } else {
          EXPECT_NE(refusal.find(event.ours), std::string::npos) << refusal;
        }
        const std::string foreign = touched(event, dialect, sum, false, rows_read);
        EXPECT_EQ(foreign.empty(), event.foreign_passes) << foreign;
        EXPECT_EQ(rows_read, 0U);
      }
    }
  }
}

/// Both servers' events at the front of a transaction, those of XA, and a tagged GTID.
TEST(BinlogEvents, BeginAndEndTransactions) {
  for (const int type : {33, 34, 42}) {
    Log log(Dialect::MySql, Sum::Yes);
    log.add(type, std::string(60, '\0'));
    log.add(2, query("d", "BEGIN"));
    log.add(19, table_map("d", "ours"));
    log.add(30, rows(true, false));
    EXPECT_EQ(log.rows_read(), 0U);
    log.commit();
    EXPECT_EQ(log.rows_read(), 1U) << type << log.refusal();
  }
  for (const Dialect dialect : {Dialect::MariaDb, Dialect::MySql}) {
    for (const char* end : {"XA COMMIT X'71',X'',1", "XA ROLLBACK X'71',X'',1"}) {
      Log log(dialect, Sum::Yes);
      dialect == Dialect::MariaDb ? log.add(162, mariadb_gtid(1)) : log.add(33, std::string(42, '\0'));
      log.add(2, query("d", "XA START X'71',X'',1"));
      log.add(19, table_map("d", "ours"));
      log.add(30, rows(true, false));
      log.add(2, query("d", "XA END X'71',X'',1"));
      log.add(38, "\0"s + xid("q"));
      EXPECT_EQ(log.rows_read(), 0U) << "prepared only";
      log.transaction_of_ours();
      log.begin();
      log.add(2, query("d", end));
      EXPECT_EQ(log.rows_read(), std::string(end).find("COMMIT") != std::string::npos ? 2U : 1U) << log.refusal();
      log.transaction_of_ours();
      EXPECT_EQ(log.refusal(), "");
    }
  }
}

/// With binlog_alter_two_phase an ALTER stands in the log when it begins, and again when it failed.
TEST(BinlogEvents, AnAlterThatOnlyBeganChangesNothing) {
  const std::string alter = query("d", "ALTER TABLE ours ADD more INT");
  for (const auto& [extra, changes] : std::vector<std::pair<int, bool>>{{0x02, false}, {0x08, false}, {0x04, true}}) {
    Log log(Dialect::MariaDb, Sum::Yes);
    log.transaction_of_ours();
    log.add(162, mariadb_gtid(9, 0x01, little(static_cast<std::uint64_t>(extra), 1) + little(1, 8)));
    log.add(2, alter);
    EXPECT_EQ(log.refusal().empty(), !changes) << extra << log.refusal();
  }
}

TEST(BinlogEvents, AreRefusedWhenTheyDoNotFitTheirChecksum) {
  Log log(Dialect::MariaDb, Sum::Yes);
  log.begin();
  auto damaged = event_of(19, table_map("d", "ours"), Sum::Yes);
  damaged[kEventHeaderSize + 10] ^= std::byte{0x20};
  log.feed(damaged);
  EXPECT_NE(log.refusal().find("does not match its checksum"), std::string::npos) << log.refusal();

  Log without(Dialect::MariaDb, Sum::No);
  without.feed(event_of(19, table_map("d", "ours"), Sum::No));
  EXPECT_EQ(without.refusal(), "") << "without checksums nothing is known of them";
}

TEST(BinlogEvents, HaveChecksumsAsZlibComputesThem) {
  std::string bytes;
  for (int size = 0; size < 600; ++size) {
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    ASSERT_EQ(checksum_of(std::as_bytes(std::span(bytes))), crc32(0, data, static_cast<uInt>(bytes.size()))) << size;
    bytes += static_cast<char>(size * 37 + size / 7);
  }
}

/// Made up by the server before a file is described: with a checksum or without, whatever the last file had.
TEST(BinlogEvents, NameLogFilesOfAnyLength) {
  for (const Sum before : {Sum::Yes, Sum::No}) {
    for (const Sum sum : {Sum::Yes, Sum::No}) {
      for (std::size_t size = 1; size <= 255; ++size) {
        Log log(Dialect::MySql, before);
        const std::string number = "." + std::to_string(2);
        const std::string name =
            size > number.size() ? std::string(size - number.size(), 'n') + number : std::string(size, '2');
        log.feed(event_of(4, little(4, 8) + name, sum, 0));
        ASSERT_EQ(log.refusal(), "") << size;
        EXPECT_EQ(log.stream().place().file, name);
        EXPECT_EQ(log.stream().position(), name + ":4");
      }
    }
  }
}

TEST(BinlogEvents, NameALogThatGoesBackOrIsAnotherOne) {
  Log reset(Dialect::MariaDb, Sum::Yes);
  reset.transaction_of_ours();
  reset.feed(event_of(4, little(4, 8) + "binlog.000001", Sum::Yes, 0));
  EXPECT_NE(reset.refusal().find("the log goes back from binlog.000001:"), std::string::npos) << reset.refusal();

  Log rolled(Dialect::MariaDb, Sum::Yes);
  rolled.feed(event_of(4, little(4, 8) + "binlog.999999", Sum::Yes, 0));
  rolled.feed(event_of(4, little(4, 8) + "binlog.1000000", Sum::Yes, 0));
  EXPECT_EQ(rolled.refusal(), "") << "numbers, not texts";

  Log resumed(Dialect::MariaDb, Sum::Yes);
  resumed.transaction_of_ours();
  resumed.stream().resume();
  auto another = format_of(Dialect::MariaDb, Sum::Yes);
  Log same = resumed;
  same.feed(another);
  EXPECT_EQ(same.refusal(), "");
  another[0] = std::byte{7};  // made at another time
  set_checksum(another);
  resumed.feed(another);
  EXPECT_NE(resumed.refusal().find("binlog.000001 is not the one that was read before"), std::string::npos)
      << resumed.refusal();
}

TEST(BinlogEvents, ForgetTheTransactionUnderWayWhenTheConnectionIsLost) {
  Log log(Dialect::MySql, Sum::Yes);
  log.transaction_of_ours();
  const std::string position = log.stream().position();
  log.begin();
  log.add(19, table_map("d", "ours"));
  log.add(30, rows(true, false));
  log.stream().resume();
  EXPECT_EQ(log.stream().position(), position);
  log.transaction_of_ours();
  EXPECT_EQ(log.rows_read(), 2U) << log.refusal();
}

/// Positions have 64 bits; the header of an event has room for 32.
TEST(BinlogEvents, KeepTheirPlaceBeyondFourGibibytes) {
  Log log(Dialect::MySql, Sum::Yes);
  for (const std::uint32_t next : {0x5000'0000U, 0xa000'0000U, 0xf000'0000U, 0x1000'0000U}) {
    log.feed(event_of(16, little(1, 8), Sum::Yes, next));
  }
  EXPECT_EQ(log.stream().position(), "binlog.000001:" + std::to_string(0x1'1000'0000));
}

TEST(BinlogEvents, ThatPromiseMoreThanTheyHoldAreRefused) {
  const std::string huge = "\x84\xff\xff\xff\xff"s + deflated("x").substr(2);
  for (const auto& [type, body] :
       std::vector<std::pair<int, std::string>>{{165, query("d", huge)},
                                                {165, query("d", "\x91\1x"s)},
                                                {40, "\2\1\0\0"s + "no zstd at all"},
                                                {40, "\2\1\7\0"s},
                                                {40, payload("d", "ours", true).substr(0, 40)},
                                                {38, "\0"s + little(1, 4) + little(65, 4) + little(0, 4)}}) {
    Log log(Dialect::MySql, Sum::Yes);
    log.add(type, body);
    EXPECT_NE(log.refusal(), "") << type;
  }
}

}  // namespace
}  // namespace freshet
