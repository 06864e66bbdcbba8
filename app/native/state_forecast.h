// What the native pipeline's state will take at the end of a run.
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/rows.h"
#include "generator/model/model.h"
#include "metrics/record/run_record.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// What a pipeline's process takes before it holds anything; its buffers grow with the rate.
inline constexpr std::int64_t kPipelineProcessBytes = 32 << 20;

/// What is held when the last change of the schedule has been read, by the pipeline's own operators, which get the
/// first changes of it (some 200,000) as if each committed when it is intended. Of a longer schedule rows are counted
/// (those that live and are younger than their retention), and bytes and groups are those of the beginning, drawn out.
/// Takes about a second. After a stop it is of what was done by then.
[[nodiscard]] StateRecord::Size forecast_state(const Scenario& scenario, const Rows& model, const RunIdentity& identity,
                                               const std::stop_token& stop = {});

}  // namespace freshet
