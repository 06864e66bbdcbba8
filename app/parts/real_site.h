// The servers of a real run: those of its connections, or private ones.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/run/run_parts.h"
#include "app/setup/environment.h"
#include "app/setup/leases.h"
#include "app/setup/options.h"
#include "app/terminal/signals.h"
#include "generator/write/targets.h"

namespace freshet {

class RealSite final : public RunSite {
 public:
  /// All must outlive it.
  RealSite(const Scenario& scenario, const RunOptions& options, const Clock& clock, StopRequests& stops)
      : scenario_(scenario), options_(options), clock_(clock), stops_(stops) {}

  Status prepare(const std::string& run_id) override;
  Status start_pipeline(const std::string& run_id, const std::string& directory,
                        std::unique_ptr<Pipeline>& pipeline) override;
  [[nodiscard]] const Addresses& addresses() const override { return environment_.addresses; }
  Status await_sinks(Nanos patience, const std::function<std::optional<Error>()>& trouble) override;
  Status refuse_sinks(const Rows& rows) override;
  Result<std::unique_ptr<Observer>> observe(const Observe& observe) override;
  [[nodiscard]] std::string died() override;
  [[nodiscard]] std::string lost() override { return leases_.trouble(); }
  void look() override { leases_.look(); }
  [[nodiscard]] ServerReading read(const WriterPool& writers) override;
  [[nodiscard]] std::map<std::string, ProcessCost> cost() override;
  Left take_down(const std::string& run_id, const std::string& directory, bool views) override;

  /// The socket of the private database server; "" without one.
  [[nodiscard]] std::string embedded_socket() const;

 private:
  const Scenario& scenario_;
  const RunOptions& options_;
  const Clock& clock_;
  StopRequests& stops_;
  RunEnvironment environment_;
  RunLeases leases_;
  CreatedTargets created_;
};

}  // namespace freshet
