// `freshet run`: prepares, measures, concludes. The summary goes to stdout, progress to stderr, and the verdict is the
// exit code.
#include <cstdio>

#include "app/commands/commands.h"
#include "app/parts/real_parts.h"
#include "app/run/run.h"
#include "app/setup/runnable.h"
#include "app/terminal/complaints.h"
#include "app/terminal/output.h"
#include "app/terminal/progress.h"
#include "app/terminal/signals.h"
#include "base/exit_code.h"
#include "base/messages/printable.h"
#include "metrics/report/report.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

namespace {

/// Concludes and reports the result; returns the exit code.
int tell(Run& run, const RunOptions& options, bool measured) {
  run.conclude();
  const RunRecord& record = run.record();
  if (options.json) {
    std::fputs(result_json(record).c_str(), stdout);
  } else if (!measured) {
    return complain(*record.ended_by);
  } else {
    std::fputs(summary_text(record).c_str(), stdout);
    if (run.results_written()) {
      std::printf("\nResults: %s (report.html, result.json, junit.xml, summary.md, seconds.ndjson)\n",
                  printable(run.directory()).c_str());
    }
  }
  return with_output_written(exit_code_of(record.verdict));
}

int run_to_the_end(const Scenario& scenario, const RunOptions& options) {
  const std::unique_ptr<Reporter> progress = make_progress();
  RealParts parts(scenario, options, *progress);
  Run run(scenario, options, parts.parts());
  const Status prepared = run.prepare();
  int exit_code = 0;
  if (prepared.ok()) {
    run.measure();
    exit_code = tell(run, options, true);
  } else {
    run.abandon(prepared.error());
    // A run that was refused has nothing to report, and without a folder there is no place for a report.
    const bool refused = run.record().ended_by->kind == ErrorKind::Usage || run.directory().empty();
    exit_code = refused ? complain(prepared.error()) : tell(run, options, false);
  }
  run.take_down();
  return exit_code;
}

}  // namespace

int run_scenario(const RunOptions& options) {
  std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  const std::vector<Problem> obstacles =
      options.null_target ? std::vector<Problem>() : obstacles_to_run(*scenario, options.data_only);
  for (const Problem& obstacle : obstacles) std::fprintf(stderr, "%s\n", obstacle.text().c_str());
  if (!obstacles.empty()) return exit_code::kUsage;
  if (options.data_only) {
    if (!options.drill.empty()) {
      return complain({ErrorKind::Usage, "--drill cannot be used with --data-only, which starts no pipeline", ""});
    }
    leave_data_only(*scenario);
  }
  if (options.null_target) {
    if (!options.drill.empty()) {
      return complain({ErrorKind::Usage, "--drill cannot be used with --null-target, which starts no pipeline", ""});
    }
    scenario->observe.clear();  // nothing is written, so there is nothing to observe
  }
  catch_stop_signals();
  const int exit_code = run_to_the_end(*scenario, options);
  // The printed summary is true; only the exit code says that the run was interrupted.
  return stop_signal() == 0 ? exit_code : exit_code_of(Verdict::Interrupted);
}

}  // namespace freshet
