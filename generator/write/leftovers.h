// What earlier runs left on a server: tables that carry Freshet's mark in their comment, and topics that carry it in
// their configuration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "clients/mysql/tables/mysql_ownership.h"

namespace freshet {

struct Leftover {
  std::string table;
  std::string comment;
  std::string run_id;  ///< of its mark
  bool lives = false;  ///< that run
};

/// Those of the address's database, by name. Unreachable when the server is.
[[nodiscard]] Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection, mysql::Leases& leases);

/// The topics of a broker that carry a mark, and which. Null when it does not say how its topics are configured: then
/// none is known.
[[nodiscard]] Result<std::optional<std::map<std::string, std::uint64_t>>> find_leftover_topics(
    const kafka::Address& address);
/// Looks again, and deletes the topic only if it still carries that mark.
[[nodiscard]] Result<bool> drop_leftover_topic(const kafka::Address& address, const std::string& topic,
                                               std::uint64_t mark);

}  // namespace freshet
