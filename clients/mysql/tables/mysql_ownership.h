// Who owns a table, and dropping our own.
//
// The comment of a table that Freshet creates records its name and the run that created it. The comment is checked
// again under the lock under which the table is dropped, so that the table cannot be replaced in between. A run holds a
// lease (mysql_lease.h) while it is alive, and nothing else may drop the tables of a live run.
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
#include "scenarios/tables/table_mark.h"

namespace freshet::mysql {

/// The run named in the mark (scenarios/tables/table_mark.h) of a table with this name. Returns nullopt if there is no
/// mark, or if the mark is for another name or database: RENAME TABLE, CREATE TABLE … LIKE and loading a dump elsewhere
/// copy the comment.
[[nodiscard]] std::optional<std::string> owner_of(std::string_view database, std::string_view table,
                                                  std::string_view comment);

enum class DropResult {
  Dropped,
  Absent,  ///< there is no such table
  NotOurs  ///< the existing table stays
};
/// True if a table with this comment may be dropped. Asked twice: before the lock is taken, so that foreign tables are
/// not even locked, and again under the lock.
using MayGo = std::function<Result<bool>(const std::string& comment)>;
/// Drops the table if allowed. Needs the privileges LOCK TABLES, SELECT and DROP.
[[nodiscard]] Result<DropResult> drop_if(Connection& connection, const std::string& table, const MayGo& may_go);
/// Drops a table that this run made.
[[nodiscard]] Result<DropResult> drop_own(Connection& connection, const std::string& table, const std::string& run_id);

/// An identifier of the server, whatever address led to it.
[[nodiscard]] Result<std::string> server_of(Connection& connection);

/// Which runs are alive, according to their leases. A free lease is checked again a while later, because a run whose
/// session was lost takes its lease again. Runs known to be dead are not checked again.
class LiveRuns {
 public:
  /// Finds out which of these runs are alive on the connection's server; waits once for all of them.
  Status look(Connection& connection, const std::set<std::string>& run_ids);
  [[nodiscard]] Result<bool> lives(Connection& connection, const std::string& run_id);
  /// Allows dropping a table of this name that carries the mark of this run, or of a run that is no longer alive.
  [[nodiscard]] MayGo of_the_dead(Connection& connection, const std::string& table, const std::string& run_id = "");

 private:
  std::set<std::pair<std::string, std::string>> dead_;  ///< server and run
};

/// Refuses (Usage) to create a table where one exists: always if it is not ours (`foreign_hint` says what to do) or
/// belongs to a live run; otherwise unless `drop_existing`. Changes nothing.
Status check_room(Connection& connection, LiveRuns& leases, const std::string& table, const std::string& run_id,
                  bool drop_existing, const std::string& foreign_hint);
/// Drops the table that check_room() allowed to drop, if that is still allowed.
Status make_room(Connection& connection, LiveRuns& leases, const std::string& table, const std::string& run_id);
/// CREATE TABLE; Usage if a table of this name has been created meanwhile.
Status make_table(Connection& connection, const std::string& table, const std::string& sql);

}  // namespace freshet::mysql
