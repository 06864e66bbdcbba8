// What the readers of one file share while the Scenario is being built.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/messages/nearest.h"
#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/members.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/target_form.h"

namespace freshet::loading {

/// Maximum number of values, computed or constant, in the fields of a scenario.
inline constexpr std::size_t kMostExpressions = 50'000;

/// One per file. Readers fill `scenario` from the bottom up (entities, load, connections, write, views, observe), in an
/// order in which every name can be resolved at once.
struct Context {
  Problems& problems;
  Scenario& scenario;
  /// Every entity and view that the file declares, in its order, readable or not.
  Names entity_names;
  Names view_names;
  /// Names of definitions that have a problem: what depends on them is not reported, so that one mistake is reported
  /// once. "basket", "basket.total", "payment.status"…
  std::set<std::string> broken;
  /// The `set` of each update in "load", read together with its entity (it may widen columns). Keyed by the load's
  /// node.
  std::map<const Json*, std::vector<Field>> update_sets;
  /// The backend that each connection (by index) has been used for.
  std::map<std::size_t, std::string> backends;
  /// (connection, table) → entity or view that uses it.
  std::map<std::pair<std::size_t, std::string>, std::string> tables;

  /// Files that were read, by path, and locales, by name; null after a problem.
  std::map<std::string, std::shared_ptr<const DataTable>> data_files = {};
  std::map<std::string, std::shared_ptr<const Locale>> locales = {};
  /// The texts in the file that name a data file, and the path of that file.
  std::map<const Json*, std::string> named_files = {};
  /// Paths of the locales that are files.
  std::map<std::string, std::string> locale_files = {};

  std::size_t view_columns = 0;                ///< in all views
  std::size_t pieces = kMostPieces;            ///< pieces of load that are still allowed
  std::size_t expressions = kMostExpressions;  ///< still allowed
  FileBudget files = {};
  const TargetForms* forms = nullptr;  ///< of the backends beside MySQL and Kafka; null: there are none

  /// Takes `count` of the allowed expressions. Reports if there are too many.
  [[nodiscard]] bool few_expressions(const Origin& origin, std::size_t count = 1);

  [[nodiscard]] bool is_broken(const std::string& name) const { return broken.count(name) > 0; }
};

}  // namespace freshet::loading
