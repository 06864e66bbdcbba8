// "extends": one scenario made from another.
#pragma once

#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/json.h"

namespace freshet::loading {

/// Replaces `root` by the file that its "extends" names, with what `root` says put over it: objects are merged member
/// by member, anything else is replaced, and a null takes a member away. One level: the base extends nothing. Every
/// value keeps the position of the file that it comes from. False after a problem.
[[nodiscard]] bool apply_extends(Json& root, FileBudget& budget, Problems& problems);

}  // namespace freshet::loading
