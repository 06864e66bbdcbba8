#include "clients/mysql/tables/mysql_ownership.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/text/lower_case.h"
#include "clients/mysql/tables/mysql_lease.h"
#include "clients/mysql/tables/mysql_tables.h"
#include "scenarios/tables/sql_names.h"

namespace freshet::mysql {

namespace {

constexpr unsigned kNoSuchTable = 1146;
constexpr unsigned kTableExists = 1050;

/// A server with lower_case_table_names stores names in lower case. Any other difference in case means that the table
/// was renamed.
bool is_name_of(std::string_view table, std::string_view made_as) {
  return table == made_as || table == lower_case(made_as);
}

Error in_use(const std::string& table, const std::string& run_id) {
  return Error{ErrorKind::Usage, "table " + table + " belongs to run " + run_id + ", which is running",
               "let it end first, or use other tables or another database"};
}

/// Releases the session's locks when it goes out of scope.
class TableLock {
 public:
  explicit TableLock(Connection& connection) : connection_(connection) {}
  Status take(const std::string& table) { return connection_.execute("LOCK TABLES " + identifier(table) + " WRITE"); }
  ~TableLock() {
    // If this fails, the session is gone, and its locks with it.
    [[maybe_unused]] const Status unlocked = connection_.execute("UNLOCK TABLES");
  }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  Connection& connection_;
};

/// Dropped means here that the table may be dropped.
Result<DropResult> decide(Connection& connection, const std::string& table, const MayGo& may_go) {
  FRESHET_ASSIGN(const auto comment, table_comment(connection, table));
  if (!comment) return DropResult::Absent;
  FRESHET_ASSIGN(const auto goes, may_go(*comment));
  return goes ? DropResult::Dropped : DropResult::NotOurs;
}

}  // namespace

std::optional<std::string> owner_of(std::string_view database, std::string_view table, std::string_view comment) {
  const auto follows = [&](std::string_view text, bool is_name) {
    const std::string_view next = comment.substr(0, text.size());
    if (is_name ? !is_name_of(text, next) : text != next) return false;
    comment.remove_prefix(text.size());
    return true;
  };
  const bool ours = follows(kMadeByFreshet, false) && follows(database, true) && follows(".", false) &&
                    follows(table, true) && follows(kOfRun, false);
  return ours && is_run_id(comment) ? std::optional(std::string(comment)) : std::nullopt;
}

Result<DropResult> drop_if(Connection& connection, const std::string& table, const MayGo& may_go) {
  Result<DropResult> before = decide(connection, table, may_go);
  if (!before.ok() || before.value() != DropResult::Dropped) return before;
  TableLock lock(connection);
  if (const Status locked = lock.take(table); !locked.ok()) {
    if (connection.failure().code == kNoSuchTable) return DropResult::Absent;
    return on_table(table, locked).error();
  }
  Result<DropResult> now = decide(connection, table, may_go);
  if (!now.ok() || now.value() != DropResult::Dropped) return now;
  FRESHET_TRY(on_table(table, connection.execute("DROP TABLE " + identifier(table))));
  return DropResult::Dropped;
}

Result<DropResult> drop_own(Connection& connection, const std::string& table, const std::string& run_id) {
  return drop_if(connection, table, [&](const std::string& comment) -> Result<bool> {
    return owner_of(connection.database(), table, comment) == run_id &&
           comment == mark_of(connection.database(), table, run_id);
  });
}

Result<std::string> server_of(Connection& connection) {
  return connection.scalar("SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir)");
}

Status LiveRuns::look(Connection& connection, const std::set<std::string>& run_ids) {
  FRESHET_ASSIGN(const auto server, server_of(connection));
  std::set<std::string> free;
  for (const std::string& run_id : run_ids) {
    if (dead_.contains({server, run_id})) continue;
    FRESHET_ASSIGN(const auto held, is_leased(connection, run_id));
    if (!held) free.insert(run_id);
  }
  if (free.empty()) return {};
  const SystemClock clock;
  clock.sleep_until(clock.now() + Lease::kGrace, connection.stop());
  if (connection.stop().stop_requested()) return Error{ErrorKind::Interrupted, "interrupted", ""};
  for (const std::string& run_id : free) {
    FRESHET_ASSIGN(const auto held, is_leased(connection, run_id));
    if (!held) dead_.insert({server, run_id});
  }
  return {};
}

Result<bool> LiveRuns::lives(Connection& connection, const std::string& run_id) {
  FRESHET_TRY(look(connection, {run_id}));
  FRESHET_ASSIGN(const auto server, server_of(connection));
  return !dead_.contains({server, run_id});
}

MayGo LiveRuns::of_the_dead(Connection& connection, const std::string& table, const std::string& run_id) {
  return [this, &connection, table, run_id](const std::string& comment) -> Result<bool> {
    const std::optional<std::string> owner = owner_of(connection.database(), table, comment);
    if (!owner) return false;
    if (!run_id.empty() && *owner == run_id) return true;
    FRESHET_ASSIGN(const auto living, lives(connection, *owner));
    return !living;
  };
}

Status check_room(Connection& connection, LiveRuns& leases, const std::string& table, const std::string& run_id,
                  bool drop_existing, const std::string& foreign_hint) {
  FRESHET_ASSIGN(const auto comment, table_comment(connection, table));
  if (!comment) return {};
  const std::optional<std::string> owner = owner_of(connection.database(), table, *comment);
  if (!owner) {
    return Error{ErrorKind::Usage, "table " + table + " exists and was not created by Freshet; it was left unchanged",
                 foreign_hint};
  }
  if (!drop_existing) {
    return Error{ErrorKind::Usage, "table " + table + " exists (" + *comment + ")",
                 "--drop-existing drops tables left by earlier runs of Freshet"};
  }
  if (*owner == run_id) return {};
  FRESHET_ASSIGN(const auto living, leases.lives(connection, *owner));
  if (living) return in_use(table, *owner);
  return {};
}

Status make_room(Connection& connection, LiveRuns& leases, const std::string& table, const std::string& run_id) {
  FRESHET_ASSIGN(const auto result, drop_if(connection, table, leases.of_the_dead(connection, table, run_id)));
  if (result != DropResult::NotOurs) return {};
  return Error{ErrorKind::Usage, "table " + table + " was created by another program meanwhile; it was left unchanged",
               ""};
}

Status make_table(Connection& connection, const std::string& table, const std::string& sql) {
  const Status made = connection.execute(sql);
  if (made.ok() || connection.failure().code != kTableExists) return on_table(table, made);
  return Error{ErrorKind::Usage, "table " + table + " was created by another program meanwhile; it was left unchanged",
               ""};
}

}  // namespace freshet::mysql
