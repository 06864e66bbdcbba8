// How punctual the send side is.
#pragma once

namespace freshet::bench {

/// Releases 50,000 changes a second to a target that costs nothing, and prints how far from its intended instant each
/// was; and the same of threads that do nothing but wait for these instants, which is what the machine allows.
void print_schedule_error(int lanes, int seconds);

}  // namespace freshet::bench
