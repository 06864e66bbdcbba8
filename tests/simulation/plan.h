// What one seed decides: how fast and how badly everything behaves.
#pragma once

#include <string>

#include "base/clock.h"
#include "fakes/fake_pipeline.h"
#include "fakes/fake_source.h"

namespace freshet::simulation {

using fakes::Fault;
using fakes::kFaults;

struct Plan : fakes::PipelineTemper {
  // The run.
  int lanes = 1;
  int batch_max = 50;
  Micros horizon{};
  std::uint64_t salt = 0;
  std::string rate;
  std::string duration;
  std::string time_scale;
  // The sources.
  fakes::Temper database;
  fakes::Temper topic;
  // The pipeline, beside its temper.
  bool keeps_source_order = true;  ///< what the scenario declares. False: only that of each key
  // The judge and its eyes.
  Nanos report = 2 * kNanosPerMilli;           ///< mean from an outcome to the judge
  Nanos look_interval = 100 * kNanosPerMilli;  ///< least time between two looks for one key
  Nanos look = 5 * kNanosPerMilli;             ///< longest look
  double blind = 0;                            ///< share of looks that fail

  [[nodiscard]] bool pipeline_errs() const;
  [[nodiscard]] bool sources_fail() const { return database.refused + database.silent + topic.refused > 0; }
  [[nodiscard]] std::string text() const;
};

/// A quarter of the seeds each: all is well, the sources fail, the pipeline errs, both.
[[nodiscard]] Plan plan_of(std::uint64_t seed);

}  // namespace freshet::simulation
