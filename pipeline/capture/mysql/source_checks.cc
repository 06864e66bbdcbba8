#include "pipeline/capture/mysql/source_checks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace freshet {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

// Tries the servers' newer name of a statement first.
Status query_either(mysql::Connection& connection, std::string_view newer, std::string_view older,
                    const mysql::Connection::Visit& visit) {
  if (!connection.server().mariadb && connection.query(newer, visit).ok()) return {};
  return connection.query(older, visit);
}

// Checks --binlog-do-db and, if there is none, --binlog-ignore-db.
Status check_filters(mysql::Connection& connection, const std::string& database, bool fold, const SourceWarning& warn) {
  std::string wanted, ignored;
  FRESHET_TRY(query_either(connection, "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS", [&](SqlRow row) {
    wanted = text_at(row, 2);
    ignored = text_at(row, 3);
  }));
  const bool picks = !wanted.empty();
  const std::string setting = picks ? "binlog-do-db=" + wanted : "binlog-ignore-db=" + ignored;
  if (!picks && ignored.empty()) return {};
  const std::vector<std::string> named = split(picks ? wanted : ignored);
  if (named.size() > 1) {
    warn(
        fmt::format("{}: if this was given as one option, the server takes it for one name and {}; give the option "
                    "once per database",
                    setting, picks ? "logs no database" : "excludes no database"));
  }
  const bool found = std::any_of(named.begin(), named.end(),
                                 [&](const std::string& name) { return may_be_same_name(name, database, fold); });
  if (found != picks) {
    return Error{ErrorKind::Usage,
                 fmt::format("the server does not log the changes of database {} ({})", database, setting),
                 "start the server without this setting, or use a database that it logs"};
  }
  warn(
      fmt::format("the server logs no statements of sessions whose database is excluded by {}: Freshet does not see "
                  "what they do to the definition of {}'s tables, or to their rows with binlog_format=STATEMENT",
                  setting, database));
  return {};
}

// Refuses a replica that does not write the changes it applies to its own log.
Status check_replica(mysql::Connection& connection, const SourceWarning& warn) {
  const bool mariadb = connection.server().mariadb;
  std::string setting = "log_replica_updates";
  auto logs = mariadb ? connection.scalar("SELECT @@global.log_slave_updates")
                      : connection.scalar("SELECT @@global.log_replica_updates");
  if (mariadb || !logs.ok()) setting = "log_slave_updates";
  if (!logs.ok()) logs = connection.scalar("SELECT @@global.log_slave_updates");
  FRESHET_TRY(logs);
  if (logs.value() == "1") return {};
  bool replicates = false;
  const auto visit = [&](SqlRow) { replicates = true; };
  const Status asked = mariadb ? connection.query("SHOW ALL SLAVES STATUS", visit)
                               : query_either(connection, "SHOW REPLICA STATUS", "SHOW SLAVE STATUS", visit);
  if (!asked.ok()) {
    warn(
        fmt::format("cannot find out whether the server is a replica ({}); if it is, its log lacks the changes that it "
                    "applies, because {} is OFF",
                    asked.error().message, setting));
    return {};
  }
  if (!replicates) return {};
  return Error{ErrorKind::Usage,
               fmt::format("the server is a replica and does not log the changes that it applies ({} is OFF)", setting),
               fmt::format("set {}=ON on the server, or read its source", setting)};
}

Status check_kind(mysql::Connection& connection, const SqlName& table) {
  bool view = false;
  FRESHET_TRY(connection.query(fmt::format("SELECT table_name, table_type FROM information_schema.tables "
                                           "WHERE table_schema = {} AND table_name = {}",
                                           connection.quote(table.database), connection.quote(table.name)),
                               [&](SqlRow row) {
                                 const bool same = text_at(row, 0) == table.name;
                                 view = view || (same && text_at(row, 1) == "VIEW");
                               }));
  if (!view) return {};
  return Error{ErrorKind::Usage,
               fmt::format("{} is a view: the log holds rows of the tables below it, not of the view", table.text()),
               "name the table"};
}

struct ForeignKey {
  std::string name, referenced, on_delete, on_update;
  std::vector<std::string> columns = {};
  [[nodiscard]] std::string actions() const {
    std::string text = acts(on_delete) ? " ON DELETE " + on_delete : "";
    return text + (acts(on_update) ? " ON UPDATE " + on_update : "");
  }
  static bool acts(const std::string& rule) { return rule != "NO ACTION" && rule != "RESTRICT"; }
};

Result<std::vector<ForeignKey>> foreign_keys_of(mysql::Connection& connection, const SqlName& table, bool fold) {
  const std::string database = connection.quote(table.database);
  std::vector<ForeignKey> keys;
  FRESHET_TRY(connection.query(
      "SELECT table_name, constraint_name, unique_constraint_schema, referenced_table_name, "
      "delete_rule, update_rule FROM information_schema.referential_constraints "
      "WHERE constraint_schema = " +
          database,
      [&](SqlRow row) {
        if (!may_be_same_name(text_at(row, 0), table.name, fold)) return;
        keys.push_back({text_at(row, 1), text_at(row, 2) + "." + text_at(row, 3), text_at(row, 4), text_at(row, 5)});
      }));
  if (keys.empty()) return keys;
  FRESHET_TRY(
      connection.query("SELECT table_name, constraint_name, column_name FROM "
                       "information_schema.key_column_usage WHERE table_schema = " +
                           database,
                       [&](SqlRow row) {
                         if (!may_be_same_name(text_at(row, 0), table.name, fold)) return;
                         for (ForeignKey& key : keys) {
                           if (key.name == text_at(row, 1)) key.columns.push_back(text_at(row, 2));
                         }
                       }));
  return keys;
}

// All actions except the deletion of a row change only the columns of the key.
bool reaches(const ForeignKey& key, const SourceTable& table) {
  if (key.actions().empty()) return false;
  if (key.on_delete == "CASCADE" || table.columns.empty() || key.columns.empty()) return true;
  return std::any_of(key.columns.begin(), key.columns.end(), [&](const std::string& column) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [&](const std::string& read) { return may_be_same_name(read, column, true); });
  });
}

Status check_cascades(mysql::Connection& connection, const SourceTable& table, bool fold) {
  const auto keys = foreign_keys_of(connection, table.name, fold);
  FRESHET_TRY(keys);
  for (const ForeignKey& key : keys.value()) {
    if (!reaches(key, table)) continue;
    return Error{ErrorKind::Usage,
                 fmt::format("foreign key {} of {} has{}, and the server does not log what a change of {} does to {}",
                             key.name, table.name.text(), key.actions(), key.referenced, table.name.text()),
                 "define the foreign key without it and let the application change these rows; MySQL 9.6 and later log "
                 "them"};
  }
  return {};
}

// Warns if rows are not unique by the entity's key, which is the first column: the state knows rows only by that.
Status check_unique(mysql::Connection& connection, const SourceTable& table, const SourceWarning& warn) {
  if (table.columns.empty()) return {};
  const std::string where = fmt::format(" WHERE table_schema = {} AND table_name = {}",
                                        connection.quote(table.name.database), connection.quote(table.name.name));
  const auto there = connection.scalar("SELECT COUNT(*) FROM information_schema.tables" + where);
  FRESHET_TRY(there);
  if (there.value() == "0") return {};
  std::map<std::string, std::vector<std::string>> unique;  // columns of each index
  FRESHET_TRY(connection.query(
      "SELECT index_name, column_name FROM information_schema.statistics" + where + " AND non_unique = 0",
      [&](SqlRow row) { unique[text_at(row, 0)].push_back(text_at(row, 1)); }));
  const bool told_apart = std::any_of(unique.begin(), unique.end(), [&](const auto& index) {
    return index.second.size() == 1 && may_be_same_name(index.second[0], table.columns[0], true);
  });
  if (told_apart) return {};
  warn(
      fmt::format("no unique index covers the key {} of {}: rows that share it would count as one, and deleting one of "
                  "them would delete all",
                  table.columns[0], table.name.text()));
  return {};
}

}  // namespace

std::string text_at(SqlRow row, std::size_t column) {
  return column < row.size() ? std::string(row[column].value_or("")) : "";
}

Result<bool> folds_names(mysql::Connection& connection) {
  auto setting = connection.scalar("SELECT @@global.lower_case_table_names");
  if (!setting.ok()) return setting.error();
  return setting.value() != "0";
}

Result<std::string> name_in_log(mysql::Connection& connection, const std::string& name) {
  const auto fold = folds_names(connection);
  FRESHET_TRY(fold);
  if (!fold.value()) return name;
  return connection.scalar("SELECT LOWER(" + connection.quote(name) + ")");
}

Result<bool> logs_cascades(mysql::Connection& connection) {
  constexpr int kFirst = 906;  // 9.6
  if (connection.server().mariadb) return false;
  const std::string& version = connection.server().version;
  int major = 0, minor = 0;
  const char* end = version.data() + version.size();
  const auto [point, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc{} || point == end) return false;
  std::from_chars(point + 1, end, minor);
  if (major * 100 + minor < kFirst) return false;
  const auto native = connection.scalar("SELECT @@global.innodb_native_foreign_keys");
  return !native.ok() || native.value() == "0";  // a server without this variable always logs them
}

Status check_source(mysql::Connection& connection, const std::vector<SourceTable>& tables, const SourceWarning& warn) {
  const auto fold = folds_names(connection);
  FRESHET_TRY(fold);
  const auto logged = logs_cascades(connection);
  FRESHET_TRY(logged);
  FRESHET_TRY(check_replica(connection, warn));
  std::vector<std::string> checked;
  for (const SourceTable& table : tables) {
    const std::string& database = table.name.database;
    if (std::find(checked.begin(), checked.end(), database) == checked.end()) {
      FRESHET_TRY(check_filters(connection, database, fold.value(), warn));
      checked.push_back(database);
    }
    FRESHET_TRY(check_kind(connection, table.name));
    FRESHET_TRY(check_unique(connection, table, warn));
    if (!logged.value()) FRESHET_TRY(check_cascades(connection, table, fold.value()));
  }
  return {};
}

}  // namespace freshet
