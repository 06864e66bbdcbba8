// What is asked of a scenario that has been read.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// What only the whole can show: a connection of two kinds, a table written twice, an entity that nobody writes.
void check_whole(Context& context);
/// What tables and topics could not hold (holdings.cc).
void check_holdings(Context& context);
/// Loads that would need more memory than there is (memory.cc).
void check_memory(Context& context);

}  // namespace freshet::loading
