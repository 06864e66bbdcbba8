// Predicts the size of the native pipeline's state at the end of a run.
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/rows.h"
#include "generator/model/model.h"
#include "metrics/record/run_record.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The memory of a pipeline's process without any state; its buffers grow with the rate.
inline constexpr std::int64_t kPipelineProcessBytes = 32 << 20;

/// The size of the state once the last change of the schedule has been read. The pipeline's own operators process the
/// first changes (some 200,000), as if each committed at its intended time. For a longer schedule, rows are counted
/// (those that are alive and younger than their retention), and bytes and groups are extrapolated from the beginning.
/// Takes about a second. After a stop it describes what was processed by then.
[[nodiscard]] StateRecord::Size forecast_state(const Scenario& scenario, const Rows& model, const RunIdentity& identity,
                                               const std::stop_token& stop = {});

}  // namespace freshet
