// "extends": a scenario that is based on another.
#pragma once

#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/json.h"

namespace freshet::loading {

/// Replaces `root` by the file that its "extends" names, with the contents of `root` merged over it: objects are merged
/// member by member, anything else is replaced, and a null removes a member. One level only: the base extends nothing.
/// Every value keeps its position in the file that it comes from. Returns false after a problem.
[[nodiscard]] bool apply_extends(Json& root, FileBudget& budget, Problems& problems);

}  // namespace freshet::loading
