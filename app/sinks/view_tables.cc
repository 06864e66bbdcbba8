#include "app/sinks/view_tables.h"

#include <map>

#include "clients/mysql/tables/mysql_ownership.h"
#include "pipeline/sink/sink_marker.h"

namespace freshet {

namespace {

Status drop_all(const mysql::Address& address, const std::vector<std::string>& tables, const std::string& run_id,
                std::vector<std::string>& not_ours) {
  auto connection = mysql::Connection::open(address);
  if (!connection.ok()) return connection.error();
  Status first;
  for (const std::string& table : tables) {
    const auto result = mysql::drop_own(*connection, table, run_id);
    if (!result.ok() && first.ok()) first = result.error();
    if (result.ok() && result.value() == mysql::DropResult::NotOurs) not_ours.push_back("table " + table);
  }
  const auto marker = drop_marker(*connection, run_id);
  if (!marker.ok() && first.ok()) first = marker.error();
  if (marker.ok() && marker.value() == mysql::DropResult::NotOurs)
    not_ours.push_back(std::string("table ") + kMarkerTable);
  return first;
}

}  // namespace

Status drop_view_tables(const Scenario& scenario, const Addresses& addresses, const std::string& run_id,
                        std::vector<std::string>& not_ours) {
  std::map<std::size_t, std::vector<std::string>> tables;
  for (const Observe& observe : scenario.observe) tables[observe.connection].push_back(observe.table);
  Status first;
  for (const auto& [connection, names] : tables) {
    const Status dropped = drop_all(address_at<mysql::Address>(addresses, connection), names, run_id, not_ours);
    if (first.ok()) first = dropped;
  }
  return first;
}

}  // namespace freshet
