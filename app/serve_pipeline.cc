// `freshet pipeline`: the native pipeline until a signal or its own end.
#include <cstdio>
#include <thread>

#include "app/commands.h"
#include "app/environment.h"
#include "app/native_process.h"
#include "app/signals.h"
#include "base/clock.h"
#include "base/printable.h"
#include "pipeline/native/pipeline.h"

namespace freshet {

int serve_pipeline(const PipelineOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return 2;
  NativeOptions native;
  auto addresses = resolve_addresses(*scenario);
  if (!addresses.ok()) return complain(addresses.error());
  native.mysql = std::move(addresses->mysql);
  native.kafka = std::move(addresses->kafka);
  if (!options.drill.empty()) {
    auto drill = parse_drill(options.drill);
    if (!drill.ok()) return complain(drill.error());
    native.drill = *drill;
  }
  native.drop_existing = options.drop_existing;
  native.from_beginning = options.from_beginning;
  native.run_id = options.run_id;
  native.drill_journal = options.drill_journal;
  native.log = [](const std::string& line) { std::fprintf(stderr, "freshet pipeline: %s\n", printable(line).c_str()); };

  catch_stop_signals();
  std::stop_source stop;
  // A signal handler can do no more than set a flag; somebody has to carry it to the stop token.
  std::jthread watch([&stop](const std::stop_token& ended) {
    const SystemClock clock;
    while (!ended.stop_requested() && stop_signal() == 0) {
      clock.sleep_until(clock.now() + 20 * kNanosPerMilli, ended);
    }
    stop.request_stop();
  });
  const Status ended = run_native_pipeline(
      *scenario, native,
      [] {
        std::printf("%s\n", kPipelineReady);
        std::fflush(stdout);
      },
      stop.get_token());
  watch.request_stop();
  return ended.ok() ? 0 : complain(ended.error());
}

}  // namespace freshet
