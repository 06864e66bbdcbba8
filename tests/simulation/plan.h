// What one seed decides: how fast and how badly everything behaves.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "fakes/fake_source.h"

namespace freshet::simulation {

/// What the pipeline does to a key of a view, in all its writes.
enum class Fault : std::uint8_t { None, Lose, Stale, Resurrect, Alter, Duplicate, Delay };
inline constexpr std::size_t kFaults = 7;

struct Plan {
  std::uint64_t seed = 1;
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
  // The pipeline.
  Nanos read = 20 * kNanosPerMilli;      ///< mean from source to pipeline
  Nanos linger = 50 * kNanosPerMilli;    ///< longest that a sink gathers
  Nanos stalls_every{};                  ///< mean time between stalls of one source; 0 = none
  Nanos stall = 3 * kNanosPerSecond;     ///< mean length of one
  std::array<double, kFaults> shares{};  ///< of the keys, by Fault
  Nanos delay = 2 * kNanosPerSecond;     ///< of Fault::Delay
  Nanos freeze_at{};                     ///< after the schedule's zero; 0: it never freezes
  Nanos freeze{};                        ///< for so long it reads nothing and writes nothing
  bool keeps_source_order = true;        ///< what the scenario declares. False: only that of each key
  int phantoms = 0;
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
