// The reader beside the writer of result.json.
#pragma once

#include <string_view>

#include "base/result.h"
#include "metrics/record/run_record.h"

namespace freshet {

/// The record of which result_json() is `text`, but for the seconds, which are in another file: written again, it is
/// the same bytes. Results of earlier versions lack keys that were added later; what these would say is then unknown.
/// The error (Usage) names each member, by its JSON pointer, that is missing or not what it must be.
[[nodiscard]] Result<RunRecord> read_result(std::string_view text);

}  // namespace freshet
