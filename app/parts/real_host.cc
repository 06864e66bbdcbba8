#include "app/parts/real_host.h"

#include <unistd.h>

#include "app/parts/headroom.h"
#include "app/setup/run_files.h"
#include "metrics/report/report.h"
#include "servers/process_cost.h"

namespace freshet {

namespace {

/// How long the generator runs alone before each run.
constexpr Nanos kHeadroomBudget = 2 * kNanosPerSecond;

}  // namespace

std::uint64_t RealHost::random() { return random_u64(); }

std::map<std::string, std::string> RealHost::describe() { return describe_host(); }

ProcessCost RealHost::cost() { return cost_of(::getpid()).value_or(ProcessCost{}); }

double RealHost::generator_limit(const Rows& rows, const RunIdentity& identity, int lanes) {
  return freshet::generator_limit(scenario_, rows, identity, lanes, kHeadroomBudget, clock_, asked_);
}

Status RealHost::make_folder(WallTime wall, std::string& directory) {
  FRESHET_ASSIGN(directory, make_out_directory(options_.out, scenario_.name, wall));
  FRESHET_TRY(write_whole_file(directory + "/scenario.resolved.json", scenario_.resolved_json));
  return copy_named_files(scenario_, directory);
}

Status RealHost::write_reports(const RunRecord& record, const std::string& directory) {
  return freshet::write_reports(record, directory);
}

}  // namespace freshet
