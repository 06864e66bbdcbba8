// The leases of one process at all addresses of its scenario that have some.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "generator/write/backend/backend.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class RunLeases {
 public:
  /// At every address whose backend has leases. Usage when this run lives already. The leases of other
  /// runs may be taken besides.
  Status take(const Scenario& scenario, const Addresses& addresses, LeaseHolder holder, const std::string& run_id);
  /// Watches a table of this run from now on.
  void watch(std::size_t connection, const std::string& table);
  /// Watches the tables of the observed views.
  void watch_views(const Scenario& scenario);
  /// Checks all of them now, as far as the servers answer.
  void look();
  /// See RunLease::trouble(). Any thread, once all are taken.
  [[nodiscard]] std::string trouble() const;

 private:
  /// By connection, in the order in which they were taken; the first one watches tables.
  std::multimap<std::size_t, std::unique_ptr<RunLease>> leases_;
};

}  // namespace freshet
