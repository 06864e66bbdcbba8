#include "app/view_tables.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "base/io/mysql_tables.h"
#include "pipeline/native/sink_tables.h"

namespace freshet {

namespace {

Result<bool> is_of_run(mysql::Connection& connection, const std::string& table, const std::string& run_id) {
  const auto comment = mysql::table_comment(connection, table);
  if (!comment.ok()) return comment.error();
  const std::string text = comment.value().value_or("");
  return mysql::is_made_by_freshet(text) && text.ends_with("run " + run_id);
}

Status drop_table(mysql::Connection& connection, const std::string& table, const std::string& run_id) {
  const auto ours = is_of_run(connection, table, run_id);
  FRESHET_TRY(ours);
  if (!ours.value()) return {};
  return connection.execute("DROP TABLE " + mysql::identifier(table));
}

/// Pipelines that serve other scenarios share the marker table.
Status drop_marker(mysql::Connection& connection, const std::string& run_id) {
  const auto comment = mysql::table_comment(connection, kMarkerTable);
  FRESHET_TRY(comment);
  if (!mysql::is_made_by_freshet(comment.value().value_or(""))) return {};
  FRESHET_TRY(
      connection.execute(fmt::format("DELETE FROM {} WHERE run_id = {}", kMarkerTable, connection.quote(run_id))));
  const Result<std::string> others = connection.scalar(fmt::format("SELECT COUNT(*) FROM {}", kMarkerTable));
  FRESHET_TRY(others);
  // Whoever made it: it is Freshet's, and says nothing more.
  return others.value() == "0" ? connection.execute(std::string("DROP TABLE ") + kMarkerTable) : Status();
}

Status drop_all(const mysql::Address& address, const std::vector<std::string>& tables, const std::string& run_id) {
  auto connection = mysql::Connection::open(address);
  if (!connection.ok()) return connection.error();
  Status first;
  for (const std::string& table : tables) {
    if (const Status dropped = drop_table(*connection, table, run_id); first.ok()) first = dropped;
  }
  if (const Status dropped = drop_marker(*connection, run_id); first.ok()) first = dropped;
  return first;
}

}  // namespace

Status drop_view_tables(const Scenario& scenario, const Addresses& addresses, const std::string& run_id) {
  std::map<std::size_t, std::vector<std::string>> tables;
  for (const Observe& observe : scenario.observe) tables[observe.connection].push_back(observe.table);
  Status first;
  for (const auto& [connection, names] : tables) {
    if (const Status dropped = drop_all(addresses.mysql[connection], names, run_id); first.ok()) first = dropped;
  }
  return first;
}

}  // namespace freshet
