// How audits write down what is not right.
#pragma once

#include "metrics/audit.h"

namespace freshet {

/// One more of `errors`, which is a count of `report`; the first AuditReport::kExamples are kept with their rows. Null:
/// no row.
void note_error(AuditReport& report, const View& view, std::int64_t& errors, const char* kind, const Row* expected,
                const Row* found);

}  // namespace freshet
