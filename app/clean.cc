// `freshet clean`: drops the tables that earlier runs left in the databases of a scenario's connections, and only
// those.
#include <cstdio>
#include <set>

#include "app/commands.h"
#include "app/environment.h"
#include "generator/write/leftovers.h"

namespace freshet {

int clean_servers(const CleanOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return 2;
  const auto addresses = resolve_addresses(*scenario);
  if (!addresses.ok()) return complain(addresses.error());
  std::set<std::string> visited;  // connections may share a database
  int dropped = 0;
  for (std::size_t i = 0; i < scenario->connections.size(); ++i) {
    if (scenario->connections[i].kind != Connection::Kind::Mysql) continue;
    const std::string place = addresses->mysql[i].display();
    if (!visited.insert(place).second) continue;
    auto connection = mysql::Connection::open(addresses->mysql[i]);
    if (!connection.ok())
      return complain(connection.error().in("connection \"" + scenario->connections[i].name + "\""));
    auto found = find_leftovers(*connection);
    if (!found.ok()) return complain(found.error().in(place));
    for (const Leftover& leftover : *found) {
      if (!options.dry_run) {
        if (const Status status = drop_leftover(*connection, leftover.table); !status.ok()) {
          return complain(status.error().in(place));
        }
      }
      ++dropped;
      std::printf("%s %s: %s (%s)\n", options.dry_run ? "would drop" : "dropped", place.c_str(), leftover.table.c_str(),
                  leftover.comment.c_str());
    }
  }
  if (dropped == 0) std::printf("nothing was left behind\n");
  return 0;
}

}  // namespace freshet
