// Standard output, treated as a result that must arrive.
#pragma once

namespace freshet {

/// Call this first. If a standard stream is closed, its number would go to the next file or socket, and that would
/// receive our output; from now on, writing to such a stream fails. And if the reader of a stream stops reading, we
/// wait only until a signal asks us to stop.
void prepare_standard_streams();

/// Flushes standard output. Returns `code`, or the exit code of the failure if flushing failed and `code` was 0; the
/// reason is printed once. A reader that has closed the pipe is not a failure.
[[nodiscard]] int with_output_written(int code);

}  // namespace freshet
