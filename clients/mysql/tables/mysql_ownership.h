// Whose a table is, and dropping what is ours.
//
// A table that Freshet makes says in its comment under which name and for which run it was made. That is looked at
// again under the lock under which the table is dropped, so that nobody can put another one in its place in between.
// The run holds a lease (mysql_lease.h) for as long as it lives: what a living run made is nobody else's to drop.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// The comment of a table that is made in this database under this name for this run.
[[nodiscard]] std::string mark_of(std::string_view database, std::string_view table, std::string_view run_id);
/// The run that the mark of a table of this name speaks of. Nothing when there is no mark, or it is one for another
/// name or database: RENAME TABLE, CREATE TABLE … LIKE and a dump that is loaded elsewhere take a comment along.
[[nodiscard]] std::optional<std::string> owner_of(std::string_view database, std::string_view table,
                                                  std::string_view comment);

enum class Fate {
  Dropped,
  Absent,  ///< there is no such table
  NotOurs  ///< what is there stays
};
/// Whether a table with this comment may go. Asked twice: before the lock is taken, so that what is plainly not ours is
/// not even locked, and under it.
using MayGo = std::function<Result<bool>(const std::string& comment)>;
/// Drops the table if it may go. Needs the privileges LOCK TABLES, SELECT and DROP.
[[nodiscard]] Result<Fate> drop_if(Connection& connection, const std::string& table, const MayGo& may_go);
/// Drops a table that this run made.
[[nodiscard]] Result<Fate> drop_own(Connection& connection, const std::string& table, const std::string& run_id);

/// What tells one server from another, whatever address led to it.
[[nodiscard]] Result<std::string> server_of(Connection& connection);

/// Which runs live, as their leases say. A lease that is free is looked at again a while later: a run whose session was
/// lost takes it anew meanwhile. What is known to be dead is not asked for again.
class Leases {
 public:
  /// Learns which of these runs live on the connection's server; one wait for all of them.
  Status look(Connection& connection, const std::set<std::string>& run_ids);
  [[nodiscard]] Result<bool> lives(Connection& connection, const std::string& run_id);
  /// May go: a table of this name that carries a mark, of this run or of one that no longer lives.
  [[nodiscard]] MayGo of_the_dead(Connection& connection, const std::string& table, const std::string& run_id = "");

 private:
  std::set<std::pair<std::string, std::string>> dead_;  ///< server and run
};

/// Refuses (Usage) to make a table where there is one: always one that is not ours (`foreign_hint` says what to do) or
/// a living run's; any other unless `drop_existing`. Changes nothing.
Status check_room(Connection& connection, Leases& leases, const std::string& table, const std::string& run_id,
                  bool drop_existing, const std::string& foreign_hint);
/// Drops what check_room() has allowed, if that is still so.
Status make_room(Connection& connection, Leases& leases, const std::string& table, const std::string& run_id);
/// CREATE TABLE; Usage when somebody has made one of this name meanwhile.
Status make_table(Connection& connection, const std::string& table, const std::string& sql);

}  // namespace freshet::mysql
