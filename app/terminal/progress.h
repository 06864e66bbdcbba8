// Live progress: a block that redraws itself on a terminal, one plain line per second otherwise.
#pragma once

#include <memory>

#include "base/seams.h"

namespace freshet {

/// Writes to stderr, so that stdout stays machine-readable. Chosen by whether stderr is a terminal.
[[nodiscard]] std::unique_ptr<Reporter> make_progress();

}  // namespace freshet
