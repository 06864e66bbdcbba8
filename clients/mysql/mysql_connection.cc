// A session on MySQL or MariaDB: opening it, statements, streamed results, and which failures mean that it is gone.
#include <errmsg.h>
#include <mysql.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "clients/mysql/mysql_secrecy.h"
#include "clients/mysql/mysql_session.h"

namespace freshet::mysql {

namespace {

// An administrator may have changed the global value of any of these, which a session would inherit. A completion_type
// of RELEASE would close the session at each COMMIT. MySQL does not know max_statement_time.
constexpr const char* kSession =
    "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, "
    "completion_type = 'NO_CHAIN', foreign_key_checks = 1, unique_checks = 1, sql_safe_updates = 0, "
    "sql_select_limit = 18446744073709551615, wait_timeout = 28800, lock_wait_timeout = 10, "
    "innodb_lock_wait_timeout = 10, net_read_timeout = 60, net_write_timeout = 60 /*M!, max_statement_time = 0 */";
constexpr const char* kIsolation = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE";

// True if the server refused for a reason unrelated to the statement itself.
bool refused(unsigned code) {
  constexpr std::array kCodes = {
      1044U, 1045U, 1049U, 1142U, 1143U, 1227U, 1370U, 1410U, 1698U, 1873U,  // a user, password, database or privilege
      1040U, 1129U, 1130U, 1203U, 1226U, 3118U, 1820U,                       // too many connections, or not from there
      1205U, 1206U, 1207U, 1223U, 1317U, 1969U, 3024U,                       // a lock, a time limit, or a KILL
      1036U, 1290U, 1792U, 1836U, 3100U,                                     // read only, or an option forbids it
      1054U, 1146U, 1217U, 1451U,  // the table was changed or dropped, or is referenced
      1021U, 1026U, 1030U, 1041U, 1114U, 1037U, 1038U, 1135U, 1598U, 1461U,  // no room: disk, table, memory, log
  };
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using ResultSet = std::unique_ptr<MYSQL_RES, FreeResult>;

Error bad_option(const Address& address, const std::string& name, const std::string& value) {
  return Error{ErrorKind::Usage, address.display() + ": " + name + " is \"" + value + "\"", "give 0 or 1"};
}

// Applies the address's options. Clears `arrays` for bulk=0; sets `tls` if TLS is requested.
Status set_options(MYSQL* mysql, const Address& address, bool& arrays, bool& tls) {
  static const std::map<std::string, mysql_option> kFiles = {
      {"ssl_ca", MYSQL_OPT_SSL_CA}, {"ssl_cert", MYSQL_OPT_SSL_CERT}, {"ssl_key", MYSQL_OPT_SSL_KEY}};
  for (const auto& [name, value] : address.options) {
    const bool on = value == "1";
    if (const auto file = kFiles.find(name); file != kFiles.end()) {
      tls = true;
      mysql_options(mysql, file->second, value.c_str());
    } else if (name != "ssl_verify" && name != "bulk" && name != "password_in_clear") {
      return Error{ErrorKind::Usage, address.display() + ": there is no option \"" + name + "\"",
                   "the options are ssl_ca, ssl_cert, ssl_key, ssl_verify, bulk and password_in_clear"};
    } else if (!on && value != "0") {
      return bad_option(address, name, value);
    } else if (name == "bulk") {
      arrays = on;
    } else if (name == "ssl_verify") {
      tls = true;
      const my_bool verify = on ? 1 : 0;
      mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    }
  }
  // If certificates are configured, TLS is mandatory: no silent fallback to plain text.
  const my_bool enforce = 1;
  if (tls) mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  keep_secrets(mysql, address);
  return {};
}

}  // namespace

std::string Address::display() const {
  const std::string who = "mysql://" + user + (user.empty() ? "" : "@");
  if (!socket.empty()) return who + "localhost/" + database + "?socket=" + socket;
  return who + host + ":" + std::to_string(port) + "/" + database;
}

bool Failure::lost() const {
  constexpr std::array<unsigned, 17> kCodes = {CR_CONNECTION_ERROR,
                                               CR_CONN_HOST_ERROR,
                                               CR_IPSOCK_ERROR,
                                               CR_UNKNOWN_HOST,
                                               CR_SERVER_GONE_ERROR,
                                               CR_SERVER_LOST,
                                               CR_SERVER_LOST_EXTENDED,
                                               CR_SSL_CONNECTION_ERROR,
                                               CR_MALFORMED_PACKET,
                                               CR_ERR_NET_READ,
                                               CR_ERR_NET_WRITE,
                                               CR_UNKNOWN_ERROR,  // it asked for a local file
                                               1053,              // the server is shutting down
                                               1152,              // the server dropped the connection
                                               1184,              // the same, before it was established
                                               1927,              // the connection was killed
                                               4031};             // MySQL: disconnected because of inactivity
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

Error Connection::State::fail(unsigned code, const char* text) {
  constexpr std::size_t kLongestText = 1000;  // a server may send plugin names of any length
  failure = {code, std::string(text).substr(0, kLongestText)};
  if (failure.lost()) hold.hang_up();  // the library has closed its descriptor of the socket, or will not use it again
  if (failure.lost() && stop.stop_requested()) return Error{ErrorKind::Interrupted, display + ": interrupted", ""};
  const ErrorKind kind = failure.lost() || refused(code) ? ErrorKind::Unreachable : ErrorKind::Internal;
  return Error{kind, display + ": " + failure.text + " (error " + std::to_string(code) + ")", ""};
}

Status Connection::State::connect(const Address& address, int timeout_s) {
  const unsigned protocol = address.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(mysql.get(), MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(mysql.get(), MYSQL_OPT_READ_TIMEOUT, &kAnswerTimeoutS);
  mysql_options(mysql.get(), MYSQL_OPT_WRITE_TIMEOUT, &kAnswerTimeoutS);
  mysql_options(mysql.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  bool tls = false;
  FRESHET_TRY(set_options(mysql.get(), address, arrays, tls));
  if (!dial(address, timeout_s)) {
    Error error = stop.stop_requested() ? fail(CR_SERVER_LOST, "interrupted") : fail();
    if (error.kind != ErrorKind::Interrupted) error.kind = ErrorKind::Unreachable;
    explain_refusal(failure.code, display, error);
    return error;
  }
  // The client library continues in plain text with a server that has no TLS, whatever its options say.
  if (tls && mysql_get_ssl_cipher(mysql.get()) == nullptr) {
    return Error{ErrorKind::Unreachable, display + ": the server does not support TLS, but its address requires it",
                 ""};
  }
  encrypted = mysql_get_ssl_cipher(mysql.get()) != nullptr;
  FRESHET_TRY(run(kSession, nullptr));
  FRESHET_TRY(run(kIsolation, nullptr));
  const Visit facts = [&](std::span<const std::optional<std::string_view>> row) {
    server.version = row[0].value_or("");
    const std::string_view packet = row[1].value_or("");
    std::from_chars(packet.data(), packet.data() + packet.size(), most_packet);
  };
  FRESHET_TRY(run("SELECT @@version, @@max_allowed_packet", &facts));
  server.mariadb = mariadb_connection(mysql.get()) != 0;
  unsigned long capabilities = 0;
  mariadb_get_infov(mysql.get(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities);
  most_rows = std::numeric_limits<std::size_t>::max();
  arrays = arrays && server.mariadb && (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
  return {};
}

Status Connection::State::run(std::string_view sql, const Visit* visit) {
  affected = 0;
  std::size_t rows = 0;
  if (mysql_real_query(mysql.get(), sql.data(), sql.size()) != 0) return fail();
  for (;;) {
    const ResultSet result(mysql_use_result(mysql.get()));
    if (result) {
      FRESHET_TRY(read(result.get(), visit, rows));
    } else if (mysql_field_count(mysql.get()) != 0) {
      return fail();
    } else {
      affected += static_cast<std::int64_t>(mysql_affected_rows(mysql.get()));
    }
    // A stored procedure may return several results; all must be read before the next statement.
    const int next = mysql_next_result(mysql.get());
    if (next > 0) return fail();
    if (next < 0) return {};
  }
}

Status Connection::State::read(MYSQL_RES* result, const Visit* visit, std::size_t& rows) {
  const unsigned width = mysql_num_fields(result);
  std::vector<std::optional<std::string_view>> values(width);
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    if (++rows > most_rows) {
      // Freeing the result would read the rest of it, which may be endless.
      ::shutdown(mysql_get_socket(mysql.get()), SHUT_RDWR);
      return fail(CR_MALFORMED_PACKET, "the server's answer during session setup does not end");
    }
    if (visit == nullptr) continue;
    const unsigned long* lengths = mysql_fetch_lengths(result);
    for (unsigned i = 0; i < width; ++i) {
      values[i] = row[i] == nullptr ? std::nullopt : std::optional(std::string_view(row[i], lengths[i]));
    }
    (*visit)(values);
  }
  // Only the error code distinguishes the end of the rows from a broken stream.
  if (mysql_errno(mysql.get()) != 0) return fail();
  return {};
}

Result<Connection> Connection::open(const Address& address, int connect_timeout_s) {
  [[maybe_unused]] static const int initialised = mysql_library_init(0, nullptr, nullptr);
  auto state = std::make_unique<State>();
  state->display = address.display();
  state->database = address.database;
  state->stop = address.stop;
  state->mysql.reset(mysql_init(nullptr));
  FRESHET_CHECK(state->mysql != nullptr, "out of memory");
  FRESHET_TRY(state->connect(address, connect_timeout_s));
  return Connection(std::move(state));
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

const ServerInfo& Connection::server() const { return state_->server; }
const Failure& Connection::failure() const { return state_->failure; }
std::stop_token Connection::stop() const { return state_->stop; }
const std::string& Connection::database() const { return state_->database; }
std::int64_t Connection::affected_rows() const { return state_->affected; }

Status Connection::execute(std::string_view sql) { return state_->run(sql, nullptr); }
Status Connection::query(std::string_view sql, const Visit& visit) { return state_->run(sql, &visit); }

Status Connection::execute_many(std::string_view statements, const std::function<void(std::size_t)>& done) {
  MYSQL* mysql = state_->mysql.get();
  int next = mysql_real_query(mysql, statements.data(), statements.size());
  for (std::size_t n = 1; next == 0; ++n) {
    const ResultSet rows(mysql_store_result(mysql));
    done(n);
    next = mysql_next_result(mysql);
  }
  return next > 0 ? Status(state_->fail()) : Status{};
}

Status Connection::allow_many() {
  if (mysql_set_server_option(state_->mysql.get(), MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0) return state_->fail();
  return {};
}

std::size_t Connection::most_packet() const { return state_->most_packet; }
bool Connection::takes_arrays() const { return state_->arrays; }
bool Connection::sends_ahead() const { return state_->arrays; }

Result<std::string> Connection::scalar(std::string_view sql) {
  std::optional<std::string> first;
  FRESHET_TRY(query(sql, [&](std::span<const std::optional<std::string_view>> row) {
    if (!first) first = std::string(row[0].value_or(""));
  }));
  return first.value_or("");
}

std::string Connection::quote(std::string_view text) const {
  std::string quoted(text.size() * 2 + 3, '\0');
  quoted[0] = '\'';
  const unsigned long size = mysql_real_escape_string(state_->mysql.get(), quoted.data() + 1, text.data(), text.size());
  quoted[size + 1] = '\'';
  quoted.resize(size + 2);
  return quoted;
}

}  // namespace freshet::mysql
