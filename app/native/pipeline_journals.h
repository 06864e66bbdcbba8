// What a native pipeline wrote when it ended: how large its state was, and in a drill what it did wrong.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "metrics/freshness/freshness.h"
#include "metrics/record/run_record.h"
#include "pipeline/drill/drill.h"

namespace freshet {

/// Planted against reported: compares the journal of a drill, class by class, with the view's record.
/// `record.views` must be complete; the audit has never seen the journal.
[[nodiscard]] Result<DrillRecord> compare_drill(const std::string& journal, const Drill& drill, const RunRecord& record,
                                                std::int64_t seen_delayed, Nanos max_undelayed);

/// Nothing when the pipeline could not write it. `predicted` is left empty.
[[nodiscard]] std::optional<StateRecord> read_state(const std::string& file);

}  // namespace freshet
