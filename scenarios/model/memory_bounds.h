// What the generator remembers: the bounds by which a scenario is refused, and which its data structures keep.
#pragma once

#include <cstddef>

namespace freshet {

/// Bytes for an instance that lives and waits for its next change (generator/schedule/pending.h).
inline constexpr std::size_t kMostBytesPerInstance = 40;
/// Bytes for a background update (generator/time/update_index.h).
inline constexpr std::size_t kMostBytesPerBackgroundUpdate = 16;

}  // namespace freshet
