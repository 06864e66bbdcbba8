#include "generator/write/sqlite/sqlite_database.h"

#include <utility>
#include <vector>

namespace freshet::sqlite {

namespace {

/// The library's own waits end for no stop.
constexpr Nanos kBetweenTries = 2 * kNanosPerMilli;
/// A double holds decimals of up to 15 digits exactly.
constexpr std::int64_t kExactInDouble = 1'000'000'000'000'000;

Failure failure_of(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return {};
  constexpr int kPrimary = 0xFF;
  return {code & kPrimary, sqlite3_errmsg(database)};
}

double as_number(std::int64_t units, int scale) {
  double power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  return static_cast<double>(units) / power;
}

}  // namespace

bool Failure::fatal() const {
  switch (code) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

void Statement::bind(int parameter, std::string_view text) {
  // An empty view may have no address, which would be a null.
  sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::bind(int parameter, const Row& row, const Cell& cell, const ColumnType& type) {
  const auto bind_copy = [&](auto append) {
    std::string text;
    append(text);
    sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  };
  switch (cell.kind) {
    case Kind::Null:
      sqlite3_bind_null(statement_.get(), parameter);
      return;
    case Kind::Boolean:
    case Kind::Integer:
      sqlite3_bind_int64(statement_.get(), parameter, cell.number);
      return;
    case Kind::Decimal:
      // A number as far as it is exact, else its digits.
      if (cell.number > -kExactInDouble && cell.number < kExactInDouble) {
        sqlite3_bind_double(statement_.get(), parameter, as_number(cell.number, type.scale));
      } else {
        bind_copy([&](std::string& text) { append_decimal(cell.number, type.scale, text); });
      }
      return;
    case Kind::Double:
      sqlite3_bind_double(statement_.get(), parameter, as_double(cell));
      return;
    case Kind::Time:
      bind_copy([&](std::string& text) { append_sql_time(cell.number, text); });
      return;
    case Kind::Text:
      return bind(parameter, row.text_of(cell));
    case Kind::List:
      bind_copy([&](std::string& text) { append_json(row, cell, type, text); });
      return;
  }
}

Failure Statement::run() {
  return query([](auto) {});
}

Failure Statement::query(const Visit& visit) {
  sqlite3_stmt* const statement = statement_.get();
  std::vector<std::optional<std::string_view>> values(static_cast<std::size_t>(sqlite3_column_count(statement)));
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int column = static_cast<int>(i);
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      values[i] = std::nullopt;
      if (text != nullptr) {
        values[i] = std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      }
    }
    visit(values);
  }
  Failure failure = failure_of(sqlite3_db_handle(statement), code);
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return failure;
}

Result<Database> Database::open(const Address& address, Missing missing) {
  sqlite3* handle = nullptr;
  const int create = missing == Missing::Create ? SQLITE_OPEN_CREATE : 0;
  const int code = sqlite3_open_v2(address.path.c_str(), &handle, SQLITE_OPEN_READWRITE | create, nullptr);
  Database database(address, handle);
  if (code != SQLITE_OK) return database.error(failure_of(handle, code));
  sqlite3_extended_result_codes(handle, 0);
  // Whether it is a database is only seen when it is read.
  const Failure read = database.wait_for("SELECT COUNT(*) FROM sqlite_master", SystemClock(), kPatience);
  if (!read.none()) return database.error(read);
  if (sqlite3_db_readonly(handle, "main") != 0) {
    return database.error({SQLITE_READONLY, "attempt to write a readonly database"});
  }
  return database;
}

std::string Database::name() const { return address_.path.substr(address_.path.rfind('/') + 1); }

Failure Database::execute(const std::string& sql) {
  return failure_of(database_.get(), sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::optional<Statement> Database::prepare(const std::string& sql, Failure& failure) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  failure = failure_of(database_.get(), code);
  if (!failure.none()) return std::nullopt;
  return Statement(statement);
}

Failure Database::wait_for(const char* sql, const Clock& clock, Nanos patience) {
  const Instant deadline = clock.now() + patience;
  Failure failure = execute(sql);
  while (failure.busy() && clock.now() < deadline && !address_.stop.stop_requested()) {
    clock.sleep_until(clock.now() + kBetweenTries, address_.stop);
    failure = execute(sql);
  }
  return failure;
}

Status Database::transact(const std::function<Status()>& body) {
  const SystemClock clock;
  const Failure begun = wait_for("BEGIN IMMEDIATE", clock, kPatience);
  if (!begun.none()) return error(begun);
  Status done = body();
  if (done.ok()) {
    const Failure committed = wait_for("COMMIT", clock, kPatience);
    if (!committed.none()) done = error(committed);
  }
  roll_back();
  return done;
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(database_.get()) != 0) return;
  // When it fails, the next who opens the file takes back what was not committed.
  [[maybe_unused]] const Failure failure = execute("ROLLBACK");
}

Error Database::error(const Failure& failure) const {
  return {ErrorKind::Unreachable, address_.path + ": " + failure.text, ""};
}

std::string identifier(std::string_view name) {
  std::string out = "\"";
  for (const char letter : name) out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return out + '"';
}

}  // namespace freshet::sqlite
