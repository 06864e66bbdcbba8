#include "generator/write/sqlite/sqlite_marks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace freshet::sqlite {

namespace {

/// SQLite locks bytes from 2^30.
off_t byte_of(const std::string& run_id) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a: the same in every process
  for (const char letter : run_id) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
  constexpr std::uint64_t kBehind = std::uint64_t{1} << 61;
  return static_cast<off_t>(kBehind + hash % kBehind);
}

struct flock lock_on(const std::string& run_id) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte_of(run_id);
  lock.l_len = 1;
  return lock;
}

Error failed(const Address& address, const char* what) {
  return {ErrorKind::Unreachable, address.path + ": " + what + ": " + std::strerror(errno), ""};
}

}  // namespace

std::optional<std::string> owner_of(std::string_view file, std::string_view table, std::string_view sql) {
  // A name in front of it cannot hold the bracket: it is that of a table of ours, or the rest does not fit.
  const std::string before = "(/* " + mark_of(file, table, "");
  const std::size_t begin = sql.find('(');
  if (begin == std::string_view::npos || sql.substr(begin, before.size()) != before) return std::nullopt;
  sql.remove_prefix(begin + before.size());
  const std::string_view run_id = sql.substr(0, sql.find(" */"));
  return is_run_id(run_id) ? std::optional(std::string(run_id)) : std::nullopt;
}

Result<std::optional<std::string>> definition_of(Database& database, const std::string& table) {
  Failure failure;
  auto statement = database.prepare("SELECT sql FROM sqlite_master WHERE name = ? COLLATE NOCASE", failure);
  if (!statement) return database.error(failure);
  statement->bind(1, table);
  std::optional<std::string> sql;
  failure = statement->query([&](auto values) { sql = std::string(values[0].value_or("")); });
  if (!failure.none()) return database.error(failure);
  return sql;
}

Result<Dropped> drop_defined(Database& database, const std::string& table, const std::string& sql) {
  FRESHET_ASSIGN(const auto now, definition_of(database, table));
  if (!now) return Dropped::Absent;
  if (*now != sql) return Dropped::NotOurs;
  const Failure failure = database.execute("DROP TABLE " + identifier(table));
  if (!failure.none()) return database.error(failure);
  return Dropped::Yes;
}

Result<Dropped> drop_table(Database& database, const std::string& table, const std::string& sql) {
  Dropped dropped = Dropped::Absent;
  FRESHET_TRY(database.transact([&]() -> Status {
    FRESHET_ASSIGN(dropped, drop_defined(database, table, sql));
    return {};
  }));
  return dropped;
}

Result<std::unique_ptr<RunLease>> FileLease::take(const Address& address, const std::string& run_id) {
  constexpr mode_t kEverybodyReads = 0644;
  const int descriptor = ::open(address.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kEverybodyReads);
  if (descriptor < 0) return failed(address, "unable to open database file");
  std::unique_ptr<RunLease> lease(new FileLease(address, run_id, descriptor));
  struct flock lock = lock_on(run_id);
  if (::fcntl(descriptor, F_OFD_SETLK, &lock) == 0) return lease;
  if (errno != EAGAIN && errno != EACCES) return failed(address, "it cannot be locked");
  return Error{ErrorKind::Usage, address.path + ": run " + run_id + " is already running", "every run has its own id"};
}

FileLease::~FileLease() { ::close(descriptor_); }

void FileLease::guard(const std::string& table) {
  const std::scoped_lock lock(mutex_);
  tables_.push_back(table);
}

Status FileLease::look() {
  FRESHET_ASSIGN(Database database, Database::open(address_, Database::Missing::Refuse));
  const std::scoped_lock lock(mutex_);
  for (const std::string& table : tables_) {
    FRESHET_ASSIGN(const auto sql, definition_of(database, table));
    // A table that is gone is reported by whoever needs it.
    if (!sql || owner_of(database.name(), table, *sql) == run_id_ || !trouble_.empty()) continue;
    trouble_ = address_.path + ": another table has replaced table " + table + " of this run";
  }
  return {};
}

std::string FileLease::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

Result<bool> lives(const Address& address, const std::string& run_id) {
  const int descriptor = ::open(address.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(address, "unable to open database file");
  struct flock lock = lock_on(run_id);
  const bool asked = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  const Error error = failed(address, "its locks cannot be read");
  ::close(descriptor);
  if (!asked) return error;
  return lock.l_type != F_UNLCK;
}

}  // namespace freshet::sqlite
