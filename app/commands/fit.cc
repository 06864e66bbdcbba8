// `freshet fit`: compares the generated rows with the declared distributions.
#include "fit/fit.h"

#include <cstdio>
#include <filesystem>

#include "app/commands/commands.h"
#include "app/terminal/complaints.h"
#include "base/exit_code.h"
#include "base/messages/printable.h"
#include "fit/report/fit_pages.h"
#include "generator/model/model.h"
#include "metrics/report/report.h"

namespace freshet {

namespace {

constexpr unsigned kForAll = 0644;  // the report is about a scenario and its rows, and names no server

Status write_pages(const FitReport& report, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{ErrorKind::Unreachable, "cannot create " + folder + ": " + error.message(), ""};
  FRESHET_TRY(write_whole_file(folder + "/fit.json", fit_json(report), kForAll));
  return write_whole_file(folder + "/fit.html", fit_html(report), kForAll);
}

}  // namespace

int fit_declared(const FitOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  const RunIdentity identity{scenario->seed, 0, kDataEpoch};
  const Scenario enlarged = enlarged_for_fit(*scenario, options.rows);
  const auto rows = make_model(*scenario, identity);
  const auto more = make_model(enlarged, identity);
  const auto order = [&](EntityId entity) { return popularity_order(*scenario, scenario->seed, entity); };
  const FitReport report =
      fit_scenario({{*scenario, *rows, kDataEpoch}, {enlarged, *more, kDataEpoch}, order, options.rows});
  std::fputs((options.json ? fit_json(report) : fit_text(report)).c_str(), stdout);
  if (!options.out.empty()) {
    if (const Status written = write_pages(report, options.out); !written) return complain(written.error());
    std::fprintf(stderr, "%s/fit.html, %s/fit.json\n", printable(options.out).c_str(), printable(options.out).c_str());
  }
  constexpr int kDiffers = 3;
  return report.fits() ? 0 : kDiffers;
}

}  // namespace freshet
