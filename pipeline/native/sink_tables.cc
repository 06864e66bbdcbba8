#include "pipeline/native/sink_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/io/mysql_tables.h"
#include "pipeline/native/pipeline.h"
#include "pipeline/native/view_operator.h"

namespace freshet {

namespace {

// Longest VARCHAR worth declaring: four bytes a character, and a row of a table has 65,535 bytes for all of them.
constexpr int kMostVarchar = 4000;
constexpr int kDefaultVarchar = 255;

std::string literal(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "'";
}

std::string sql_type(const ColumnType& type) {
  switch (type.kind) {
    case Kind::Boolean:
      return "TINYINT(1)";
    case Kind::Integer:
      return "BIGINT";
    case Kind::Decimal:
      return fmt::format("DECIMAL(18,{})", type.scale);
    case Kind::Double:
      return "DOUBLE";
    case Kind::Time:
      return "DATETIME(6)";
    case Kind::List:
      return "LONGTEXT";
    case Kind::Null:
    case Kind::Text:
      break;
  }
  if (type.max_length > kMostVarchar) return "LONGTEXT";
  return fmt::format("VARCHAR({})", type.max_length > 0 ? type.max_length : kDefaultVarchar);
}

std::string comment_of(const std::string& run_id) { return fmt::format("{}, run {}", mysql::kMadeByFreshet, run_id); }

Status check_table(mysql::Connection& connection, const std::string& table, bool drop_existing) {
  const auto comment = mysql::table_comment(connection, table);
  FRESHET_TRY(comment);
  if (!comment.value()) return {};
  if (!mysql::is_made_by_freshet(*comment.value())) {
    return Error{ErrorKind::Usage, fmt::format("table {} exists and was not made by Freshet", table),
                 "name another table under \"observe\", or remove it yourself"};
  }
  if (drop_existing) return {};
  return Error{ErrorKind::Usage, fmt::format("table {} exists ({})", table, *comment.value()),
               "--drop-existing drops what earlier runs of Freshet left"};
}

Status check_marker(const Scenario& scenario, mysql::Connection& connection, bool drop_existing) {
  const auto comment = mysql::table_comment(connection, kMarkerTable);
  FRESHET_TRY(comment);
  if (!comment.value()) return {};
  if (!mysql::is_made_by_freshet(*comment.value())) {
    return Error{ErrorKind::Usage, fmt::format("table {} exists and was not made by Freshet", kMarkerTable), ""};
  }
  if (drop_existing) return {};
  std::string found;
  FRESHET_TRY(connection.query(fmt::format("SELECT run_id, started_at FROM {} WHERE scenario = {}", kMarkerTable,
                                           connection.quote(scenario.name)),
                               [&](std::span<const std::optional<std::string_view>> row) {
                                 found = fmt::format("run {}, started at {} UTC", row[0].value_or("?"),
                                                     row[1].value_or("?"));
                               }));
  if (found.empty()) return {};
  return Error{ErrorKind::Usage,
               fmt::format("a pipeline of scenario {} ran before ({}): its state was held in memory and is gone",
                           scenario.name, found),
               "--drop-existing starts over from the beginning"};
}

Status drop(const Scenario& scenario, const SinkTables& sink) {
  for (const Observe* observe : sink.views) {
    FRESHET_TRY(sink.connection->execute("DROP TABLE IF EXISTS " + mysql::identifier(observe->table)));
  }
  const auto marker = mysql::table_comment(*sink.connection, kMarkerTable);
  FRESHET_TRY(marker);
  if (!marker.value()) return {};
  return sink.connection->execute(
      fmt::format("DELETE FROM {} WHERE scenario = {}", kMarkerTable, sink.connection->quote(scenario.name)));
}

Status create(const Scenario& scenario, const SinkTables& sink, const std::string& run_id) {
  mysql::Connection& connection = *sink.connection;
  for (const Observe* observe : sink.views) {
    FRESHET_TRY(connection.execute(create_view_sql(scenario, scenario.view(observe->view), observe->table, run_id)));
  }
  FRESHET_TRY(connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (scenario VARCHAR(190) NOT NULL PRIMARY KEY, run_id VARCHAR(190) NOT NULL,"
      " started_at DATETIME(6) NOT NULL, state VARCHAR(60) NOT NULL)"
      " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT={}",
      kMarkerTable, literal(comment_of(run_id)))));
  return connection.execute(fmt::format("REPLACE INTO {} VALUES ({}, {}, UTC_TIMESTAMP(6), 'in memory')", kMarkerTable,
                                        connection.quote(scenario.name), connection.quote(run_id)));
}

}  // namespace

std::string create_view_sql(const Scenario& scenario, const View& view, const std::string& table,
                            const std::string& run_id) {
  const RecordType stored = stored_record(scenario, view);
  std::string sql = "CREATE TABLE " + mysql::identifier(table) + " (";
  for (std::size_t i = 0; i < stored.width(); ++i) {
    const bool in_key = std::find(view.key.begin(), view.key.end(), static_cast<int>(i)) != view.key.end();
    const bool version = i >= view.record.width();
    sql += mysql::column_identifier(stored.columns[i].name) + " " +
           (version ? (view.tumble ? "BIGINT UNSIGNED" : "INT UNSIGNED") : sql_type(stored.columns[i].type)) +
           (in_key || version ? " NOT NULL, " : ", ");
  }
  sql += "PRIMARY KEY (";
  for (const int column : view.key) {
    if (column != view.key.front()) sql += ", ";
    sql += mysql::column_identifier(view.columns[static_cast<std::size_t>(column)].name);
  }
  // Keys compare as bytes, not as a language sorts them.
  return sql + ")) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT=" + literal(comment_of(run_id));
}

Status prepare_sinks(const Scenario& scenario, const std::vector<SinkTables>& sinks, const SinkRun& run) {
  // The marker first: it says more than a table that is in the way.
  for (const SinkTables& sink : sinks) {
    FRESHET_TRY(check_marker(scenario, *sink.connection, run.drop_existing));
    for (const Observe* observe : sink.views) {
      FRESHET_TRY(check_table(*sink.connection, observe->table, run.drop_existing));
    }
  }
  for (const SinkTables& sink : sinks) {
    if (run.drop_existing) FRESHET_TRY(drop(scenario, sink));
  }
  for (const SinkTables& sink : sinks) FRESHET_TRY(create(scenario, sink, run.run_id));
  return {};
}

}  // namespace freshet
