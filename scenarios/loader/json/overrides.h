// Changes made on the command line, applied to the JSON before it is interpreted. What they put in carries the option
// ("--set") in place of the file's name.
#pragma once

#include "scenarios/loader/json/json.h"

namespace freshet::loading {

void apply_overrides(const Overrides& overrides, Json& root, Problems& problems);

}  // namespace freshet::loading
