// What the parts of `freshet generate` share.
#pragma once

#include <string>

#include "app/setup/options.h"
#include "base/clock.h"
#include "generator/model/model.h"
#include "generator/schedule/change_source.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One `freshet generate`, read and checked.
struct Generation {
  const Scenario& scenario;
  const GenerateOptions& options;
  ChangeSelection selection;
  RunIdentity identity;
};

/// To standard output, to the files of a folder, or to nowhere.
Status generate_to_files(Generation& generation);
/// To the tables or topics that the scenario writes, through the writers of a run, unpaced.
Status generate_to_servers(Generation& generation);

/// Says on standard error how far it is: on a terminal a line that is drawn again, and one at the end.
class GenerateProgress {
 public:
  /// `length` of the schedule. Unless `alone`, rows go to standard output; on one terminal with them there is no line.
  GenerateProgress(Micros length, bool alone);
  /// What has left so far; `bytes` 0 = not counted. False when the user wants it to stop.
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
