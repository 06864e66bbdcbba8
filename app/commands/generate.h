// Declarations shared by the parts of `freshet generate`.
#pragma once

#include <string>

#include "app/setup/options.h"
#include "base/clock.h"
#include "generator/model/model.h"
#include "generator/schedule/change_source.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The checked options of one `freshet generate`.
struct Generation {
  const Scenario& scenario;
  const GenerateOptions& options;
  ChangeSelection selection;
  RunIdentity identity;
};

/// Writes to standard output, to the files of a folder, or to nowhere.
Status generate_to_files(Generation& generation);
/// Writes to the tables or topics of the scenario through the writers of a run, as fast as they can.
Status generate_to_servers(Generation& generation);

/// Shows progress on standard error: on a terminal a line that redraws itself, otherwise one line at the end.
class GenerateProgress {
 public:
  /// `length` of the schedule. Unless `alone`, rows go to standard output; if that is the same terminal, no line is
  /// shown.
  GenerateProgress(Micros length, bool alone);
  /// Shows what has been written so far; `bytes` 0 = not counted. Returns false if the user asked to stop.
  bool show(std::int64_t changes, std::int64_t bytes, Micros reached);
  void end() const;
  [[nodiscard]] Micros reached() const { return reached_; }

 private:
  [[nodiscard]] std::string line() const;

  SystemClock clock_;
  Instant began_;
  Instant shown_;
  Micros length_;
  bool on_terminal_;
  std::int64_t changes_ = 0;
  std::int64_t bytes_ = 0;
  Micros reached_{};
};

}  // namespace freshet
