// Standard output as a result that somebody waits for.
#pragma once

namespace freshet {

/// First of all. A standard stream that was closed would be the number of the next file or socket, and get our words:
/// what is written to such a stream fails from now on, as it should. And a stream whose reader does not read keeps us
/// waiting only until a signal has asked us to stop.
void prepare_standard_streams();

/// A result that nobody got is no success, unless its reader had enough of it. Writes what is to be written, says once
/// why that failed, and returns `code`, or the exit code of the failure when that was 0.
[[nodiscard]] int with_output_written(int code);

}  // namespace freshet
