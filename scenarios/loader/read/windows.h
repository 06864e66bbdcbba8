// Views with "tumble": one row per group and window of event time.
#pragma once

#include <functional>
#include <optional>

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Finds a column of the view's input by name; none after a problem.
using FindColumn = std::function<std::optional<ColumnIndex>(const Json& name)>;

/// The keys that make a view one of windows.
[[nodiscard]] bool reads_windows(const Json& view);
/// Reports a "retention", in a view without windows: what it holds are rows of entities.
void refuse_retention(const Json& view, Problems& problems);

/// Reads "group", "tumble", "measures" and "retention" into columns, record, key and `tumble` of a view that has its
/// one input. `input` is the record of that. What it does not accept it reports.
void read_windows(const Json& value, const Members& members, const RecordType& input, const FindColumn& find,
                  View& view, Context& context);

}  // namespace freshet::loading
