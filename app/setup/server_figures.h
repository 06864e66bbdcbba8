// Figures about the servers of a run, so that two runs can be compared fairly.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "generator/write/backend/backend.h"
#include "metrics/record/run_record.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One reading of every server, by connection. `load` of the records holds the raw counters: for a database those of
/// the whole server, whoever caused them; for a broker those of our own producers.
struct ServerReading {
  std::map<std::string, ServerRecord> servers;
  /// By connection: when the server started, µs since the Unix epoch, to the second.
  std::map<std::string, WallTime> started;
  std::map<std::string, std::string> oldest_log;  ///< by connection: its first binary log file
  std::vector<std::string> warnings;              ///< what could not be read, and why
};

/// `clients` as WriterPool::figures gives it. Opens a session on each database; one that does not answer, or a
/// privilege that is missing, is a warning.
[[nodiscard]] ServerReading read_servers(const Scenario& scenario, const Addresses& addresses,
                                         const std::map<std::size_t, ServerFigures>& clients, const Clock& clock);

/// The servers as in `before`; `load` is the increase of their counters since. If a server was restarted meanwhile, its
/// counters began at zero: then nothing is known, and `warnings` says so.
[[nodiscard]] std::map<std::string, ServerRecord> risen(const ServerReading& before, const ServerReading& after,
                                                        std::vector<std::string>& warnings);

}  // namespace freshet
