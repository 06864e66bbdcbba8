// Writes fit.json. Keys are only ever added; a change of meaning raises schema_version.
#include <nlohmann/json.hpp>

#include "base/messages/printable.h"
#include "fit/report/fit_pages.h"

namespace freshet {
namespace {

using FitJson = nlohmann::ordered_json;

FitJson number_or_null(const std::optional<double>& number) { return number ? FitJson(*number) : FitJson(nullptr); }

FitJson check_json(const FitCheck& check) {
  FitJson json = FitJson::object();
  json["name"] = check.name();
  json["entity"] = check.entity;
  json["subject"] = check.subject;
  json["aspect"] = check.aspect;
  json["verdict"] = name_of(check.verdict);
  json["declared"] = check.declared;
  json["samples"] = check.samples;
  json["unit"] = check.unit;
  json["mean"] = {{"declared", number_or_null(check.declared_mean)}, {"achieved", number_or_null(check.achieved_mean)}};
  json["quantiles"] = FitJson::array();
  for (const FitCheck::Quantile& quantile : check.quantiles) {
    json["quantiles"].push_back({{"p", quantile.p}, {"declared", quantile.declared}, {"achieved", quantile.achieved}});
  }
  json["test"] = name_of(check.test);
  json["statistic"] = check.statistic;
  json["degrees_of_freedom"] = check.freedom;
  json["p_value"] = number_or_null(check.p);
  json["note"] = check.note;
  json["bars"] = FitJson::array();
  for (const FitCheck::Bar& bar : check.bars) {
    FitJson one = FitJson::object();
    if (!bar.label.empty()) one["value"] = bar.label;
    if (bar.label.empty() && bar.to > bar.from) one["from"] = bar.from, one["to"] = bar.to;
    one["declared"] = bar.declared;
    one["achieved"] = bar.achieved;
    json["bars"].push_back(std::move(one));
  }
  return json;
}

}  // namespace

std::string fit_json(const FitReport& report) {
  FitJson json = FitJson::object();
  json["schema_version"] = 1;
  json["scenario"] = {{"name", report.scenario}, {"file", report.file}, {"seed", report.seed}};
  json["fits"] = report.fits();
  json["family_wise_level"] = report.family_level;
  json["correction"] = "holm";
  json["instances_at_most"] = report.sampled;
  json["counts"] = {{"fits", report.count(FitCheck::Verdict::Fits)},
                    {"differs", report.count(FitCheck::Verdict::Differs)},
                    {"not_judged", report.count(FitCheck::Verdict::NotJudged)}};
  json["checks"] = FitJson::array();
  for (const FitCheck& check : report.checks) json["checks"].push_back(check_json(check));
  return printable_json(json.dump(2, ' ', false, FitJson::error_handler_t::replace) + "\n");
}

}  // namespace freshet
