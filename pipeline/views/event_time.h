// Instants in the forms in which rows contain them, and the window of an instant.
#pragma once

#include <optional>

#include "base/row.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The time of an instant in that form; nothing for null and for what does not have that form.
[[nodiscard]] std::optional<WallTime> event_time(const Row& row, const Cell& cell, constructs::Time::Form form);

/// Start of the window that holds `time`: the multiple of `size` since the Unix epoch that is not above it.
[[nodiscard]] WallTime window_start(WallTime time, Micros size);

}  // namespace freshet
