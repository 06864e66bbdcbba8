// The machine of a real run: this one.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "app/run/run_parts.h"
#include "app/setup/options.h"

namespace freshet {

class RealHost final : public RunHost {
 public:
  /// All must outlive it. `asked` ends what takes long.
  RealHost(const Scenario& scenario, const RunOptions& options, const Clock& clock, std::stop_token asked)
      : scenario_(scenario), options_(options), clock_(clock), asked_(std::move(asked)) {}

  std::uint64_t random() override;
  [[nodiscard]] std::map<std::string, std::string> describe() override;
  [[nodiscard]] ProcessCost cost() override;
  [[nodiscard]] double generator_limit(const Rows& rows, const RunIdentity& identity, int lanes) override;
  Status make_folder(WallTime wall, std::string& directory) override;
  Status write_reports(const RunRecord& record, const std::string& directory) override;

 private:
  const Scenario& scenario_;
  const RunOptions& options_;
  const Clock& clock_;
  const std::stop_token asked_;
};

}  // namespace freshet
