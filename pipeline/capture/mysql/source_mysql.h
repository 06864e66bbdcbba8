// The source of a MySQL or MariaDB server: its binlog.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/source.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One server's binlog: every row change of the tables, from its beginning or from its end as it is now. Usage, by
/// name, when a column can never become its field; from next(), when a value cannot, or an image lacks what no other
/// tells.
struct MysqlSourceOptions {
  mysql::Address address;
  std::vector<std::pair<std::string, const Entity*>> tables;
  std::vector<EntityId> entities;  ///< of the tables
  PipelineLog log;
  bool from_beginning = false;
  std::string database_in_log = {};  ///< set when opened: what the log calls the address's database
  int away_limit_ms = 60'000;        ///< how long a lost server is waited for
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_mysql_source(const MysqlSourceOptions& options);

}  // namespace freshet
