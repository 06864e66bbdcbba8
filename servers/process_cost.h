// What a running process costs, from the kernel's own accounting.
#pragma once

#include <optional>
#include <string>

#include "base/seams.h"

namespace freshet {

/// CPU (user and system, in steps of 10 ms) and highest resident size so far of a process, its threads included and
/// its children not (proc(5): stat fields 14 and 15, status VmHWM). Empty when there is no such process, or when
/// it has ended and only waits to be reaped. Safe from any thread.
[[nodiscard]] std::optional<ProcessCost> cost_of(int pid);

/// Absolute path of a program on $PATH or in the system's sbin folders, which an ordinary user's $PATH may lack; a name
/// with a slash is taken as it is. Empty when there is none that we may execute.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace freshet
