#include "pipeline/capture/mysql/source_inventory.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "scenarios/tables/sql_names.h"

namespace freshet {
namespace {

constexpr const char* kNotTheServers = " NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')";

SqlDialect dialect_of(const mysql::Connection& connection, std::string_view sql_mode) {
  SqlDialect dialect;  // information_schema uses UTF-8
  dialect.mysql = !connection.server().mariadb;
  apply_sql_mode(sql_mode, dialect);
  return dialect;
}

struct Inventory {
  SourcePrograms programs;
  std::vector<std::string> hidden = {};  ///< programs whose text this user may not see

  void add(SqlProgram program, const char* kind) {
    if (program.body_unknown) hidden.push_back(kind + program.name.text());
    programs.add(std::move(program));
  }
};

Status read_triggers(mysql::Connection& connection, Inventory& inventory) {
  return connection.query(
      std::string("SELECT trigger_schema, trigger_name, event_manipulation, event_object_schema, event_object_table, "
                  "action_statement, sql_mode FROM information_schema.triggers WHERE trigger_schema") +
          kNotTheServers,
      [&](SqlRow row) {
        const std::string events = text_at(row, 2);
        const auto on = [&](const char* event, RowOperations operation) {
          return events.find(event) == std::string::npos ? RowOperations{0} : operation;
        };
        SqlProgram trigger{
            SqlProgram::Kind::Trigger, {text_at(row, 0), text_at(row, 1)}, {text_at(row, 3), text_at(row, 4)}};
        trigger.operations = on("INSERT", kInserts) | on("UPDATE", kUpdates) | on("DELETE", kDeletes);
        trigger.body_unknown = !row[5].has_value();
        read_program_body(text_at(row, 5), trigger.on.database, dialect_of(connection, text_at(row, 6)), trigger);
        inventory.add(std::move(trigger), "trigger ");
      });
}

Status read_routines(mysql::Connection& connection, Inventory& inventory) {
  return connection.query(
      std::string("SELECT routine_schema, routine_name, routine_definition, routine_body, sql_mode FROM "
                  "information_schema.routines WHERE routine_schema") +
          kNotTheServers,
      [&](SqlRow row) {
        SqlProgram routine{SqlProgram::Kind::Routine, {text_at(row, 0), text_at(row, 1)}};
        routine.body_unknown = !row[2].has_value() || text_at(row, 3) != "SQL";
        read_program_body(text_at(row, 2), routine.name.database, dialect_of(connection, text_at(row, 4)), routine);
        inventory.add(std::move(routine), "routine ");
      });
}

Status read_views(mysql::Connection& connection, Inventory& inventory) {
  return connection.query(
      std::string("SELECT table_schema, table_name, view_definition FROM information_schema.views WHERE table_schema") +
          kNotTheServers,
      [&](SqlRow row) {
        SqlProgram view{SqlProgram::Kind::View, {text_at(row, 0), text_at(row, 1)}};
        view.body_unknown = text_at(row, 2).empty();
        read_program_body(text_at(row, 2), view.name.database, dialect_of(connection, ""), view);
        inventory.add(std::move(view), "view ");
      });
}

Status read_cascades(mysql::Connection& connection, Inventory& inventory) {
  return connection.query(
      "SELECT constraint_schema, constraint_name, table_name, unique_constraint_schema, referenced_table_name, "
      "delete_rule, update_rule FROM information_schema.referential_constraints",
      [&](SqlRow row) {
        const auto add = [&](RowOperations operation, const std::string& rule) {
          if (rule == "NO ACTION" || rule == "RESTRICT") return;
          SqlProgram cascade{
              SqlProgram::Kind::Cascade, {text_at(row, 0), text_at(row, 1)}, {text_at(row, 3), text_at(row, 4)}};
          cascade.operations = operation;
          const bool erases = operation == kDeletes && rule == "CASCADE";
          cascade.writes = {{{text_at(row, 0), text_at(row, 2)}, erases ? kDeletes : kUpdates, {}}};
          inventory.programs.add(std::move(cascade));
        };
        add(kDeletes, text_at(row, 5));
        add(kUpdates, text_at(row, 6));
      });
}

Result<std::vector<WatchedTable>> read_watched(mysql::Connection& connection,
                                               const std::vector<std::pair<std::string, std::string>>& tables) {
  std::vector<WatchedTable> ours;
  for (const auto& [database, name] : tables) {
    WatchedTable& table = ours.emplace_back(WatchedTable{{database, name}});
    FRESHET_TRY(connection.query(fmt::format("SELECT table_name, column_name FROM information_schema.columns "
                                             "WHERE table_schema = {} AND table_name = {}",
                                             connection.quote(database), connection.quote(name)),
                                 [&](SqlRow row) {
                                   if (text_at(row, 0) == table.name.name) table.columns.push_back(text_at(row, 1));
                                 }));
  }
  return ours;
}

Result<bool> any_is_myisam(mysql::Connection& connection, const SourcePrograms& programs) {
  bool found = false;
  for (const WatchedTable& table : programs.ours()) {
    const auto engine =
        connection.scalar(fmt::format("SELECT COALESCE(MAX(UPPER(engine)), '') FROM information_schema.tables WHERE "
                                      "table_schema = {} AND table_name = {}",
                                      connection.quote(table.name.database), connection.quote(table.name.name)));
    FRESHET_TRY(engine);
    found = found || engine.value() == "MYISAM";
  }
  return found;
}

// A MERGE table consists of MyISAM tables, and the log names it instead of them. Only its definition says which.
Status refuse_merges(mysql::Connection& connection, const SourcePrograms& programs) {
  const auto possible = any_is_myisam(connection, programs);
  FRESHET_TRY(possible);
  if (!possible.value()) return {};
  std::vector<SqlName> merges;
  FRESHET_TRY(connection.query(
      "SELECT table_schema, table_name FROM information_schema.tables WHERE UPPER(engine) = 'MRG_MYISAM'",
      [&](SqlRow row) {
        merges.push_back({text_at(row, 0), text_at(row, 1)});
      }));
  for (const SqlName& merge : merges) {
    std::string text;
    FRESHET_TRY(
        connection.query("SHOW CREATE TABLE " + mysql::identifier(merge.database) + "." + mysql::identifier(merge.name),
                         [&](SqlRow row) { text = text_at(row, 1); }));
    for (const DefinitionChange& change : read_statement(text, merge.database, dialect_of(connection, "")).changes) {
      if (change.kind != DefinitionChange::Kind::Merge) continue;
      const auto table = programs.ours_named(change.other);
      if (table) return refusal_of_merge(merge.text(), programs.ours()[*table].name.text());
    }
  }
  return {};
}

// True if one of the privileges is granted for all databases, or for the named scope.
bool is_granted(const std::vector<std::string>& grants, std::string_view scope,
                std::initializer_list<std::string_view> privileges) {
  return std::any_of(grants.begin(), grants.end(), [&](const std::string& grant) {
    const std::size_t everywhere = grant.find(" ON *.* ");
    const std::size_t named = scope.empty() ? std::string::npos : grant.find(scope);
    const std::size_t end = std::min(everywhere, named);
    if (end == std::string::npos || !grant.starts_with("GRANT ")) return false;
    // MariaDB and MySQL put ", " between privileges; between MySQL's dynamic ones there is only ",".
    std::string list = "," + grant.substr(6, end - 6) + ",";
    for (std::size_t at = 0; (at = list.find(", ", at)) != std::string::npos;) list.erase(at + 1, 1);
    return std::any_of(privileges.begin(), privileges.end(), [&](std::string_view privilege) {
      return list.find(fmt::format(",{},", privilege)) != std::string::npos;
    });
  });
}

// Warns about what this user may not see, by missing privilege; `hidden` contains what it sees in part.
Status note_hidden(mysql::Connection& connection, Inventory& inventory, const SourceWarning& warn) {
  std::vector<std::string> grants;
  FRESHET_TRY(connection.query("SHOW GRANTS", [&](SqlRow row) { grants.push_back(text_at(row, 0)); }));
  std::string lacks;
  const auto note = [&](bool granted, const char* privilege) {
    if (!granted) lacks += (lacks.empty() ? "" : ", ") + std::string(privilege);
  };
  note(is_granted(grants, "", {"ALL PRIVILEGES", "TRIGGER"}), "TRIGGER");
  note(is_granted(grants, "", {"ALL PRIVILEGES", "SHOW VIEW"}), "SHOW VIEW");
  bool routines = is_granted(grants, "", {"ALL PRIVILEGES", "SELECT", "SHOW_ROUTINE", "SHOW CREATE ROUTINE"});
  if (connection.server().mariadb) {
    routines = routines || is_granted(grants, " ON `mysql`.* ", {"ALL PRIVILEGES", "SELECT"}) ||
               is_granted(grants, " ON `mysql`.`proc` ", {"ALL PRIVILEGES", "SELECT"});
  }
  note(routines, connection.server().mariadb ? "SELECT on mysql.proc" : "SHOW_ROUTINE");
  if (!routines) inventory.programs.hide_routines();
  if (lacks.empty() && inventory.hidden.empty()) return {};
  constexpr std::size_t kMostNames = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(kMostNames, inventory.hidden.size()); ++i) names += ", " + inventory.hidden[i];
  if (inventory.hidden.size() > kMostNames) names += fmt::format(" and {} more", inventory.hidden.size() - kMostNames);
  warn(fmt::format(
      "not all triggers, routines and views can be seen: the user lacks {} on the whole server{}{}. Where a "
      "session has another binlog_format than ROW, changes that it makes through them would be missed or "
      "refused",
      lacks.empty() ? "a privilege" : lacks, names.empty() ? "" : "; not readable are ",
      names.empty() ? "" : names.substr(2)));
  return {};
}

}  // namespace

Result<StatementJudge> read_judge(mysql::Connection& connection,
                                  const std::vector<std::pair<std::string, std::string>>& tables,
                                  const SourceWarning& warn) {
  const auto fold = folds_names(connection);
  FRESHET_TRY(fold);
  const auto logged = logs_cascades(connection);
  FRESHET_TRY(logged);
  auto ours = read_watched(connection, tables);
  FRESHET_TRY(ours);
  Inventory inventory{SourcePrograms(std::move(ours).value(), fold.value())};
  FRESHET_TRY(refuse_merges(connection, inventory.programs));
  FRESHET_TRY(read_triggers(connection, inventory));
  FRESHET_TRY(read_routines(connection, inventory));
  FRESHET_TRY(read_views(connection, inventory));
  if (logged.value()) FRESHET_TRY(read_cascades(connection, inventory));
  FRESHET_TRY(note_hidden(connection, inventory, warn));
  return StatementJudge(std::move(inventory.programs), !connection.server().mariadb, logged.value());
}

}  // namespace freshet
