// The cost of a running process, as the kernel accounts it.
#pragma once

#include <optional>
#include <string>

#include "base/seams.h"

namespace freshet {

/// CPU time (user and system, in steps of 10 ms) and peak resident size of a process, including its threads but not its
/// children (proc(5): stat fields 14 and 15, status VmHWM). Returns nullopt if there is no such process, or if it has
/// ended and only waits to be reaped. Thread-safe.
[[nodiscard]] std::optional<ProcessCost> cost_of(int pid);

/// Absolute path of a program on $PATH or in the system's sbin folders, which an ordinary user's $PATH may lack. A name
/// with a slash is taken as it is. Empty if there is no such program that we may execute.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace freshet
