// Checks of a scenario that has been read.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Checks that need the whole scenario: a connection of two kinds, a table written twice, an entity that is not
/// written.
void cross_check(Context& context);
/// Values that tables and topics cannot hold (holdings.cc).
void check_holdings(Context& context);
/// Loads that would need more memory than is allowed (memory_bound.cc).
void check_memory(Context& context);

}  // namespace freshet::loading
