// fork and exec, and what a child of a harness needs in between.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace freshet {

struct Launch {
  std::string program;                             ///< absolute path
  std::vector<std::string> arguments;              ///< with argv[0]
  std::map<std::string, std::string> environment;  ///< added to ours
  int output = -1;                                 ///< its stdout and stderr
  std::vector<int> inherited;                      ///< descriptors that it inherits; all others are closed
  /// Everything that the program starts also ends with us or with a SIGTERM: for scripts. The pid is that of a guard
  /// process, which ends as the program does.
  bool guarded = false;
};

/// Returns the pid of the new process once its exec has succeeded, or a negative errno. The process dies with the
/// calling *thread* (PR_SET_PDEATHSIG), leads its own process group, and starts with default signals.
[[nodiscard]] int spawn(const Launch& launch);

}  // namespace freshet
