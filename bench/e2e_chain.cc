#include "e2e_chain.h"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet::bench {

namespace {

constexpr int kLongestRunMs = 3'600'000;

double seconds_or_never(const nlohmann::json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity();
}

ChainRun read_result(const nlohmann::json& result) {
  ChainRun run;
  run.verdict = result.at("verdict").get<std::string>();
  run.offered_per_s = result.at("load").at("offered_per_s").get<double>();
  run.achieved_per_s = result.at("load").at("achieved_per_s").get<double>();
  for (const auto& operations : result.at("load").at("changes")) {
    for (const auto& outcomes : operations) run.changes += outcomes.at("committed").get<std::int64_t>();
  }
  for (const auto& view : result.at("freshness")) {
    const auto& all = view.at("all");
    run.p50_s = std::max(run.p50_s, seconds_or_never(all.at("p50_s")));
    run.p99_s = std::max(run.p99_s, seconds_or_never(all.at("p99_s")));
    run.view_rows += all.at("count").get<std::int64_t>();
  }
  for (const auto& view : result.at("audit")) {
    for (const char* name : {"missing", "stale", "duplicate", "phantom", "resurrected", "wrong"}) {
      run.audit_errors += view.at(name).get<std::int64_t>();
    }
  }
  for (const auto& [name, cost] : result.at("cost").items()) {
    run.cost[name] = {cost.at("cpu_us_per_change").get<double>(), cost.at("rss_max_bytes").get<std::int64_t>()};
  }
  for (const auto& server : result.at("servers")) {
    for (const auto& [variable, value] : server.at("durability").items()) {
      const std::string setting = variable + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
      if (run.durability.find(setting) == std::string::npos) {
        run.durability += (run.durability.empty() ? "" : ", ") + setting;
      }
    }
  }
  return run;
}

}  // namespace

double ChainRun::cpu_us_per_change() const {
  double sum = 0;
  for (const auto& [name, part] : cost) sum += part.cpu_us_per_change;
  return sum;
}

Result<ChainRun> run_chain(const ChainOptions& options) {
  auto directory = PrivateDirectory::create();
  if (!directory.ok()) return directory.error();
  const std::string& path = (*directory)->path();
  const std::string out = path + "/out";
  const std::string log = path + "/run.log";

  ChildProcess::Options child;
  child.command = {options.program, "run", options.scenario, "--embedded", "--out", out};
  child.command.insert(child.command.end(), options.arguments.begin(), options.arguments.end());
  child.output_file = log;
  ChildProcess process;
  FRESHET_TRY(process.start(child));
  if (!process.wait(kLongestRunMs)) return Error{ErrorKind::Unreachable, "the run does not end", ""};

  std::ifstream file(out + "/result.json");
  const nlohmann::json result = nlohmann::json::parse(file, nullptr, false);
  if (result.is_discarded()) {
    return Error{ErrorKind::Unreachable, "the run left no result.json; it said:\n" + tail_of(log, 12), ""};
  }
  try {
    return read_result(result);
  } catch (const nlohmann::json::exception& problem) {
    return Error{ErrorKind::Internal, std::string("result.json is not as expected: ") + problem.what(), ""};
  }
}

}  // namespace freshet::bench
