// The parts of a real run, made and owned together.
#pragma once

#include "app/parts/real_host.h"
#include "app/parts/real_site.h"
#include "app/run/run_parts.h"
#include "app/setup/options.h"
#include "app/terminal/signals.h"
#include "base/clock.h"
#include "base/threads.h"

namespace freshet {

/// Outlives the run that is made of it.
class RealParts {
 public:
  /// All must outlive it.
  RealParts(const Scenario& scenario, const RunOptions& options, Reporter& reporter);

  [[nodiscard]] RunParts parts();

 private:
  /// The user's command; returns when it has ended, or when a signal asks the run to end.
  [[nodiscard]] std::string run_before_audit() const;

  const RunOptions& options_;
  Reporter& reporter_;
  SystemClock clock_;
  SystemThreads threads_;
  StopRequests stops_;
  RealHost host_;
  RealSite site_;
};

}  // namespace freshet
