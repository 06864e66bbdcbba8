// The shop's tables on the shared server, and what writers to them need.
#pragma once

#include <map>
#include <memory>

#include "generator/write/fixture.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/mysql/mysql_writer.h"
#include "servers/shared_server.h"

namespace freshet::fixture {

/// Empty tables of `entities`.
class ShopTables : public ServerTest {
 protected:
  explicit ShopTables(const std::vector<EntityId>& entities, MariadbServer& server = shared_server())
      : ServerTest(server) {
    for (const EntityId entity : entities) {
      const Entity& declared = scenario_.entity(entity);
      execute(create_table_sql(declared, declared.name, "test"));
      tables_[entity] = table_statements(declared, declared.name);
    }
  }

  const Scenario scenario_ = shop();
  const ShopRows rows_;
  const SystemClock clock_;
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<LaneOutcomes> lane_ = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
  std::map<EntityId, TableStatements> tables_;
};

}  // namespace freshet::fixture
