// `freshet run`: prepare, measure, conclude; the summary on stdout, progress on stderr, the verdict as exit code.
#include <cstdio>

#include "app/commands.h"
#include "app/progress.h"
#include "app/run.h"
#include "app/runnable.h"
#include "app/signals.h"
#include "metrics/report/report.h"
#include "metrics/verdict.h"

namespace freshet {

int run_scenario(const RunOptions& options) {
  std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return 2;
  const std::vector<Problem> obstacles =
      options.null_target ? std::vector<Problem>() : obstacles_to_run(*scenario, options.data_only);
  for (const Problem& obstacle : obstacles) std::fprintf(stderr, "%s\n", obstacle.text().c_str());
  if (!obstacles.empty()) return 2;
  if (options.data_only) {
    if (!options.drill.empty()) {
      return complain({ErrorKind::Usage, "--drill needs a pipeline that errs, and --data-only has none", ""});
    }
    leave_data_only(*scenario);
  }
  if (options.null_target) {
    if (!options.drill.empty()) {
      return complain({ErrorKind::Usage, "--drill needs a pipeline that errs, and --null-target has none", ""});
    }
    scenario->observe.clear();  // there is nothing to see
  }
  catch_stop_signals();
  const std::unique_ptr<Reporter> progress = make_progress();
  Run run(*scenario, options, *progress);
  const Status prepared = run.prepare();
  if (prepared.ok()) {
    run.measure();
  } else {
    run.abandon(prepared.error());
    // What was refused left nothing to report.
    if (prepared.error().kind == ErrorKind::Usage) {
      run.take_down();
      return complain(prepared.error());
    }
  }
  const Status written = run.conclude();
  if (!prepared.ok() && !options.json) return complain(prepared.error());
  if (options.json) {
    std::fputs(result_json(run.record()).c_str(), stdout);
  } else {
    std::fputs(summary_text(run.record()).c_str(), stdout);
    std::printf("\nResults: %s (report.html, result.json, junit.xml, summary.md, seconds.ndjson)\n",
                run.directory().c_str());
  }
  std::fflush(stdout);
  if (!written.ok()) return complain(written.error());
  return exit_code_of(run.record().verdict);
}

}  // namespace freshet
