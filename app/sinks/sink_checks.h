// What must hold of the sinks before the first row is written, or the run would judge what is not its own.
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

/// What a sink held before the run.
struct FoundBefore {
  std::int64_t ours = 0;     ///< rows that would pass for rows of this run
  std::int64_t foreign = 0;  ///< other rows: phantoms to the audit
};
/// Reads the whole view, by whatever kind of sink it is seen. Of a view with windows every row counts as ours: groups
/// carry no salt.
[[nodiscard]] Result<FoundBefore> find_before(const Scenario& scenario, const Rows& rows, ViewId view,
                                              Observer& observer);
/// Refuses (Usage, with the cure) a sink that holds rows that would satisfy the run without any pipeline.
[[nodiscard]] Status refuse_old_rows(const Scenario& scenario, const Observe& observe, const FoundBefore& found,
                                     std::uint64_t salt);

/// Waits, for at most `patience`, until somebody has made every table that is observed. `trouble`: a reason to end now.
[[nodiscard]] Status await_sink_tables(const Scenario& scenario, const Addresses& addresses, Nanos patience,
                                       const Clock& clock, const std::function<std::optional<Error>()>& trouble);

/// Refuses (Usage) tables of an external pipeline that lack columns of their views, with all of these columns.
[[nodiscard]] Status refuse_missing_columns(const Scenario& scenario, const Addresses& addresses);

}  // namespace freshet
