// Ctrl-C and SIGTERM, as a flag that the run's loop reads.
#pragma once

namespace freshet {

/// From now on SIGINT and SIGTERM only set the flag (a second SIGINT ends the process at once), and SIGPIPE is ignored.
void catch_stop_signals();
/// 0, or the number of the signal that asked us to stop.
[[nodiscard]] int stop_signal();

}  // namespace freshet
