// fork and exec, with what a child of a harness needs in between.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace freshet {

struct Launch {
  std::string program;                             ///< absolute path
  std::vector<std::string> arguments;              ///< with argv[0]
  std::map<std::string, std::string> environment;  ///< added to ours
  int output = -1;                                 ///< becomes its stdout and stderr
  std::vector<int> inherited;                      ///< descriptors that it keeps; all others are closed
  /// Not only the program but what it starts, too, ends with us or with a SIGTERM: for scripts. The pid is that of a
  /// guard, which ends as the program does.
  bool guarded = false;
};

/// The pid of the new process, after its exec has succeeded, or errno negated. The process dies with the calling
/// *thread* (PR_SET_PDEATHSIG), leads its own process group and starts with default signals.
[[nodiscard]] int spawn(const Launch& launch);

}  // namespace freshet
