// What earlier runs left on a server: tables that carry Freshet's mark in their comment, and topics that carry it in
// their configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/io/kafka.h"
#include "base/io/mysql.h"
#include "base/result.h"

namespace freshet {

struct Leftover {
  std::string table;
  std::string comment;
};

/// Those of the address's database, by name. Unreachable when the server is.
[[nodiscard]] Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection);
/// Looks again, and drops the table only if it still carries the mark.
Status drop_leftover(mysql::Connection& connection, const std::string& table);

/// The topics of a broker, by name. Null when it does not say how its topics are configured: then none is known.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> find_leftover_topics(const kafka::Address& address);
/// As drop_leftover().
Status drop_leftover_topic(const kafka::Address& address, const std::string& topic);

}  // namespace freshet
