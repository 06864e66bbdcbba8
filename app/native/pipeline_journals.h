// What a native pipeline writes when it ends: the size of its state and, in a drill, the errors that it planted.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "metrics/freshness/freshness.h"
#include "metrics/record/run_record.h"
#include "pipeline/drill/drill.h"

namespace freshet {

/// Compares planted with reported errors: the journal of a drill, class by class, with the record of the view.
/// `record.views` must be complete. The audit never reads the journal.
[[nodiscard]] Result<DrillRecord> compare_drill(const std::string& journal, const Drill& drill, const RunRecord& record,
                                                std::int64_t seen_delayed, Nanos max_undelayed);

/// Returns nullopt if the pipeline could not write the file. `predicted` stays empty.
[[nodiscard]] std::optional<StateRecord> read_state(const std::string& file);

}  // namespace freshet
