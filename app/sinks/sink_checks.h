// Checks of the sinks before the first row is written, so that a run does not judge rows of other programs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/rows.h"
#include "base/seams.h"
#include "generator/write/backend/addresses.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// "view v (table t, connection "sink")".
[[nodiscard]] std::string name_sink(const Scenario& scenario, const Observe& observe);

/// The rows that a sink held before the run.
struct FoundBefore {
  std::int64_t ours = 0;     ///< rows that could be mistaken for rows of this run
  std::int64_t foreign = 0;  ///< other rows, which the audit would report as phantoms
};
/// Reads the whole view from its sink, of whatever kind. In a view with windows every row counts as ours, because
/// groups carry no salt.
[[nodiscard]] Result<FoundBefore> find_before(const Scenario& scenario, const Rows& rows, ViewId view,
                                              Observer& observer);
/// Refuses (Usage, with a hint) a sink whose rows would satisfy the run without any pipeline.
[[nodiscard]] Status refuse_old_rows(const Scenario& scenario, const Observe& observe, const FoundBefore& found,
                                     std::uint64_t salt);

/// Waits at most `patience` until every observed table exists. `trouble`: a reason to give up now.
[[nodiscard]] Status await_sink_tables(const Scenario& scenario, const Addresses& addresses, Nanos patience,
                                       const Clock& clock, const std::function<std::optional<Error>()>& trouble);

/// Refuses (Usage) tables of an external pipeline that lack columns of their views; the error lists all of them.
[[nodiscard]] Status refuse_missing_columns(const Scenario& scenario, const Addresses& addresses);

}  // namespace freshet
