// Views with "tumble": one row per group and window of event time.
#pragma once

#include <functional>
#include <optional>

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Finds a column of the view's input by name; none after a problem.
using FindColumn = std::function<std::optional<ColumnIndex>(const Json& name)>;

/// True if the view has a key that makes it one with windows.
[[nodiscard]] bool reads_windows(const Json& view);
/// Reports a "retention" in a view without windows: such a view holds only rows of entities.
void refuse_retention(const Json& view, Problems& problems);

/// Reads "group", "tumble", "measures" and "retention" into columns, record, key and `tumble` of a view with one input,
/// whose record is `input`. Reports what it does not accept.
void read_windows(const Json& value, const Members& members, const RecordType& input, const FindColumn& find,
                  View& view, Context& context);

}  // namespace freshet::loading
