// The tables and topics of a run: all are checked first, then created, and dropped in the end.
#include "generator/write/targets.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "generator/write/backends.h"

namespace freshet {

namespace {

/// The targets of a scenario, with a maker for each backend.
class Targets {
 public:
  Targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options)
      : scenario_(scenario), addresses_(addresses), options_(options), living_([this] { return living_runs(); }) {}

  /// Refuses what must not be touched. Changes nothing.
  Status check() {
    for (const WriteTarget& write : scenario_.write) {
      for (const auto& [backend, connection] : write.ways()) {
        FRESHET_TRY(in(connection, maker(backend).check(write)));
      }
    }
    return {};
  }

  /// Makes them, and notes in `made` what is there because of us.
  Status make(std::vector<Made>& made) {
    for (const WriteTarget& write : scenario_.write) {
      for (const auto& [backend, connection] : write.ways()) {
        FRESHET_TRY(in(connection, maker(backend).make(write, made)));
      }
    }
    return {};
  }

 private:
  [[nodiscard]] Status in(std::size_t connection, const Status& status) const {
    if (status.ok()) return status;
    return status.error().in(named(scenario_, connection));
  }

  TargetMaker& maker(const std::string& backend) {
    std::unique_ptr<TargetMaker>& maker = makers_[backend];
    if (!maker) maker = backend_named(backend).maker(scenario_, addresses_, options_, living_);
    return *maker;
  }

  [[nodiscard]] Result<std::set<std::string>> living_runs() const {
    std::set<std::string> living;
    for (std::size_t i = 0; i < addresses_.servers.size(); ++i) {
      if (!addresses_.servers[i].has_value()) continue;
      const Backend& backend = backend_named(scenario_.connections[i].backend);
      if (!backend.knows_living_runs()) continue;
      FRESHET_ASSIGN(const Leftovers::Found found, backend.leftovers(addresses_.servers[i])->find({}));
      for (const Leftover& leftover : found.all) {
        if (leftover.lives) living.insert(leftover.run_id);
      }
    }
    return living;
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const TargetOptions& options_;
  const LivingRuns living_;
  std::map<std::string, std::unique_ptr<TargetMaker>> makers_;
};

}  // namespace

Status prepare_targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options,
                       Created& created) {
  Targets targets(scenario, addresses, options);
  FRESHET_TRY(targets.check());
  Created made{options.run_id, {}};
  Status status = targets.make(made.made);
  created.run_id = options.run_id;
  if (!status.ok()) {
    // The first error is reported. What could not be dropped either stays in `made`.
    std::vector<std::string> not_ours;
    [[maybe_unused]] const Status dropped = drop_targets(addresses, made, not_ours);
  }
  created.made.insert(created.made.end(), made.made.begin(), made.made.end());
  return status;
}

Status drop_targets(const Addresses& addresses, Created& created, std::vector<std::string>& not_ours) {
  Status first;
  for (const Backend* backend : backends()) {
    std::erase_if(created.made, [&](const Made& made) {
      if (made.backend != backend->name()) return false;
      const auto dropped = backend->drop(addresses.servers.at(made.connection), made, created.run_id);
      if (!dropped.ok() && first.ok()) first = dropped.error();
      if (!dropped.ok()) return false;
      if (dropped.value() == Dropped::NotOurs) not_ours.push_back(made.kind + ' ' + made.name);
      return true;
    });
  }
  return first;
}

std::string describe(const Created& created) {
  std::string names;
  for (const Backend* backend : backends()) {
    for (const Made& made : created.made) {
      if (made.backend == backend->name()) names += (names.empty() ? "" : ", ") + made.kind + ' ' + made.name;
    }
  }
  return names;
}

}  // namespace freshet
