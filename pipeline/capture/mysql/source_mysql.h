// The source for a MySQL or MariaDB server: its binlog.
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

/// One server's binlog: every row change of the tables, from its beginning or from its current end. Usage error, by
/// name, if a column can never be converted to its field; from next(), if a value cannot, or if an image lacks columns
/// that are not known from elsewhere.
struct MysqlSourceOptions {
  mysql::Address address;
  std::vector<std::pair<std::string, const Entity*>> tables;
  std::vector<EntityId> entities;  ///< of the tables
  PipelineLog log;
  bool from_beginning = false;
  std::string database_in_log = {};  ///< set when opened: the name of the address's database in the log
  int away_limit_ms = 60'000;        ///< maximum wait for a lost server
};
[[nodiscard]] Result<std::unique_ptr<Source>> open_mysql_source(const MysqlSourceOptions& options);

}  // namespace freshet
