// What the pipeline says of itself when it ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/capture/source.h"
#include "pipeline/native/operator_thread.h"
#include "pipeline/sink/view_sink.h"
#include "pipeline/state/state.h"

namespace freshet {

/// The parts of a pipeline whose threads have ended.
struct EndedPipeline {
  const Scenario& scenario;
  const std::vector<std::unique_ptr<Source>>& sources;
  const SourceQueue& queue;
  const State& state;
  const OperatorThread& operators;
  const std::vector<std::unique_ptr<ViewSink>>& sinks;  ///< like Scenario::views
};

/// For a person who looks at the log of a run: a line per part.
[[nodiscard]] std::vector<std::string> summary_of(const EndedPipeline& ended);

/// state_json() and, beside its members:
/// "committed": {SOURCE: POSITION…}, of the last commit; empty when there was none;
/// "queues": {NAME: {"capacity": …, "high_water": …, "waits": …}…}, in batches: "sources", and the views.
[[nodiscard]] std::string state_report(const EndedPipeline& ended);

}  // namespace freshet
