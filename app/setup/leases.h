// The leases of one process on all database servers of its scenario.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "clients/mysql/tables/mysql_lease.h"
#include "generator/write/targets.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class RunLeases {
 public:
  /// On every server of a MySQL connection that has an address. Usage when this run lives already. The leases of other
  /// runs may be taken besides.
  Status take(const Addresses& addresses, mysql::Holder holder, const std::string& run_id);
  /// Looks after a table that this run made, from now on.
  void watch(std::size_t connection, const std::string& table);
  /// Looks after the tables of the observed views.
  void watch_views(const Scenario& scenario);
  /// Looks at all of them now, as far as the servers answer.
  void look();
  /// See mysql::Lease::trouble(). Any thread, once all are taken.
  [[nodiscard]] std::string trouble() const;

 private:
  /// By connection; in the order in which they were taken, of which the first watches.
  std::multimap<std::size_t, std::unique_ptr<mysql::Lease>> leases_;
};

}  // namespace freshet
