// Servers that script/stack fetched, and waiting for servers that tests start.
#pragma once

#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "clients/mysql/mysql.h"
#include "servers/child_process.h"

namespace freshet::fixture {

/// The tree that script/test stack names in `variable`; empty outside of it.
inline std::string fetched_tree(const char* variable) {
  const char* tree = std::getenv(variable);
  return tree == nullptr ? "" : tree;
}

/// Returns when the server answers; one that dies ends the test with the end of its log.
inline void await_answer(ChildProcess& server, const mysql::Address& address, const std::string& log_file) {
  const SystemClock clock;
  while (!mysql::Connection::open(address, 1).ok()) {
    FRESHET_CHECK(server.died().empty(), tail_of(log_file, 20).c_str());
    clock.sleep_until(clock.now() + 20 * kNanosPerMilli, {});
  }
}

}  // namespace freshet::fixture
