// The reader for result.json; result_json() is the writer.
#pragma once

#include <string_view>

#include "base/result.h"
#include "metrics/record/run_record.h"

namespace freshet {

/// Returns the record for which result_json() returns `text`, except for the seconds, which are in another file.
/// Writing it again gives the same bytes. Results of earlier versions lack keys that were added later; their values are
/// then unknown. The error (Usage) names, by JSON pointer, each member that is missing or invalid.
[[nodiscard]] Result<RunRecord> read_result(std::string_view text);

}  // namespace freshet
