// Planted against reported: what the pipeline's journal says it did, what audit and freshness found.
#pragma once

#include <string>

#include "base/result.h"
#include "metrics/freshness.h"
#include "metrics/run_record.h"
#include "pipeline/native/drill.h"

namespace freshet {

/// Reads the journal that the pipeline wrote when it ended and compares it, class by class, with the view's record.
/// `record.views` must be complete; the audit has never seen the journal.
[[nodiscard]] Result<DrillRecord> compare_drill(const std::string& journal, const Drill& drill, const RunRecord& record,
                                                std::int64_t seen_delayed, Nanos max_undelayed);

}  // namespace freshet
