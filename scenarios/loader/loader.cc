// The loader: text → JSON with positions → overrides → Scenario, and back to the resolved text.
#include "scenarios/loader/loader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "scenarios/loader/check/checks.h"
#include "scenarios/loader/json/extends.h"
#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/overrides.h"
#include "scenarios/loader/json/units.h"
#include "scenarios/loader/read/readers.h"

namespace freshet {
namespace {

using loading::Context;
using loading::FileBudget;
using loading::Json;
using loading::ObjectReader;
using loading::Problems;

constexpr Micros kPatienceMargin = 30 * kMicrosPerSecond;
constexpr double kTimeScaleAdvised = 20;

const Names kKeys{"freshet", "name",   "description", "seed",    "time_scale", "warm_up",
                  "drain",   "canary", "closed_loop", "stamp",   "entities",   "load",
                  "write",   "views",  "pipeline",    "observe", "slo",        "connections"};
const Names kPlannedKeys{"faults"};

std::optional<std::uint64_t> read_seed(const Json& value, Problems& problems) {
  std::uint64_t seed = 0;
  const char* end = value.text.data() + value.text.size();
  if (value.is_number()) {
    const auto [stop, error] = std::from_chars(value.text.data(), end, seed);
    if (error == std::errc{} && stop == end) return seed;
  }
  loading::mismatch(value, "a whole number from 0 to 18446744073709551615", problems);
  return std::nullopt;
}

bool is_scenario_name(const std::string& text) {
  return !text.empty() && text.size() <= loading::kMaxNameLength &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string::npos;
}

void read_identity(const ObjectReader& members, Context& context) {
  const Json* version = members.require("freshet", "1");
  if (version != nullptr && (!version->is_number() || version->text != "1")) {
    loading::mismatch(*version, "1, the version of the language", context.problems);
  }
  const Json* name = members.require("name", "the scenario's name");
  if (name != nullptr && name->is_text() && is_scenario_name(name->text)) {
    context.scenario.name = name->text;
  } else if (name != nullptr) {
    loading::mismatch(*name, "a name of letters, digits, _ and -", context.problems);
  }
  if (const Json* description = members.find("description")) {
    if (description->is_text()) {
      context.scenario.description = description->text;
    } else {
      loading::mismatch(*description, "a text", context.problems);
    }
  }
}

std::optional<Micros> read_micros(const Json& value, Problems& problems) {
  const auto micros = loading::read_duration(value, problems);
  return micros ? std::optional(static_cast<Micros>(std::llround(*micros))) : std::nullopt;
}

void read_scalars(const ObjectReader& members, Context& context) {
  Scenario& scenario = context.scenario;
  if (const Json* seed = members.find("seed")) scenario.seed = read_seed(*seed, context.problems).value_or(0);
  if (const Json* warm_up = members.find("warm_up")) {
    scenario.warm_up = read_micros(*warm_up, context.problems).value_or(scenario.warm_up);
  }
  if (const Json* drain = members.find("drain")) scenario.drain = read_micros(*drain, context.problems);
  if (const Json* canary = members.find("canary")) {
    scenario.canary = read_micros(*canary, context.problems);
    if (scenario.canary == Micros{0}) {
      context.problems.error(canary->origin, "the first rows are never visible at once",
                             "a duration that is longer than 0");
    }
  }
  if (const Json* closed = members.find("closed_loop")) {
    const ObjectReader loop(*closed, {"in_flight"}, context.problems);
    const Json* in_flight = loop.require("in_flight", "64");
    constexpr std::int64_t kMost = 100'000;
    if (in_flight != nullptr) {
      scenario.in_flight = static_cast<int>(loading::read_integer(*in_flight, 1, kMost, context.problems).value_or(1));
    }
  }
  if (const Json* stamp = members.find("stamp")) {
    scenario.stamp = loading::read_boolean(*stamp, context.problems).value_or(true);
  }
  const Json* scale = members.find("time_scale");
  if (scale == nullptr) return;
  const auto read = loading::read_number(
      *scale, [](double number) { return number > 0 && number <= 1e6; }, "a number more than 0", context.problems);
  scenario.time_scale = read.value_or(1);
  if (scenario.time_scale > kTimeScaleAdvised) {
    context.problems.warning(
        scale->origin, "a time_scale of " + scale->text + " brings dwells near the time of a commit", "at most 20");
  }
}

/// The largest latency bound of the gates, and 30 s: for drain and canary, where the file says nothing.
Micros default_patience(const Scenario& scenario) {
  double largest_s = 0;
  for (const Gate& gate : scenario.slo) {
    if (gate.unit == "s") largest_s = std::max(largest_s, gate.bound);
    largest_s = std::max(largest_s, gate.within_s.value_or(0));
  }
  return static_cast<Micros>(std::llround(largest_s * 1e6)) + kPatienceMargin;
}

Json scalar(Json::Kind kind, std::string text) {
  Json out;
  out.kind = kind;
  out.boolean = text == "true";
  out.text = std::move(text);
  return out;
}

/// The effective file: with the defaults of the top-level scalars, without the values of connections (secrets).
std::string resolve(Json root, const Scenario& scenario) {
  const auto fill = [&](const char* name, Json value) {
    if (root.find(name) != nullptr) return;
    root.names.push_back({name, {}});
    root.items.push_back(std::move(value));
  };
  fill("seed", scalar(Json::Kind::Number, std::to_string(scenario.seed)));
  fill("time_scale", scalar(Json::Kind::Number, "1"));
  fill("warm_up", scalar(Json::Kind::String, std::to_string(scenario.warm_up.count()) + "us"));
  fill("stamp", scalar(Json::Kind::Boolean, "true"));
  fill("drain", scalar(Json::Kind::String, std::to_string(scenario.drain->count()) + "us"));
  fill("canary", scalar(Json::Kind::String, std::to_string(scenario.canary->count()) + "us"));
  if (Json* connections = root.find("connections")) {
    for (Json& url : connections->items) url = Json{};
  }
  return loading::to_text(root);
}

/// Replaces the paths of the files that the scenario names, data and locales, by the names used in the resolved text:
/// with copies of them beside it, it is complete, wherever it is.
void name_files(Json& root, const Context& context, Scenario& scenario) {
  std::map<std::string, std::string> names;  // by path
  for (const auto& [text, path] : context.named_files) names.emplace(path, "");
  std::set<std::string> taken;
  for (auto& [path, name] : names) {
    const std::string base = path.substr(path.rfind('/') + 1);
    name = "data/" + base;
    for (int i = 2; !taken.insert(name).second; ++i) name = "data/" + std::to_string(i) + '-' + base;
    scenario.files.push_back({path, name});
  }
  const std::function<void(Json&)> rename = [&](Json& value) {
    if (const auto named = context.named_files.find(&value); named != context.named_files.end()) {
      value.text = names[named->second];
    }
    for (Json& item : value.items) rename(item);
  };
  rename(root);
  for (const auto& [locale, path] : context.locale_files) {
    scenario.files.push_back({path, "locales/" + locale + ".json"});
  }
}

void interpret(const Json& root, Context& context) {
  const ObjectReader members(root, kKeys, context.problems, kPlannedKeys);
  if (!members.ok()) return;
  read_identity(members, context);
  read_scalars(members, context);
  (void)members.require("entities", "{\"name\": {…}}");
  (void)members.require("load", "[{\"entity\": …, \"rate\": \"100/s\", \"for\": \"30s\"}]");
  (void)members.require("write", "{\"entity\": {\"mysql\": {\"table\": …}}}");
  loading::read_entities(root, context);
  loading::read_load(root, context);
  loading::read_connections(root, context);
  loading::read_write(root, context);
  loading::read_views(root, context);
  loading::read_observe(root, context);
  loading::read_pipeline(root, context);
  loading::read_slo(root, context);
  loading::cross_check(context);
  loading::append_stamps(context.scenario);
  if (!context.problems.has_errors()) loading::check_holdings(context);
  if (!context.scenario.drain) context.scenario.drain = default_patience(context.scenario);
  if (!context.scenario.canary) context.scenario.canary = default_patience(context.scenario);
}

}  // namespace

namespace {

Loaded parse(std::string_view text, const std::string& file, const Overrides& overrides, const TargetForms& forms,
             FileBudget budget) {
  Problems problems;
  Scenario scenario;
  scenario.file = file;
  auto root = loading::parse_json(text, file, problems, budget.values);
  if (root) {
    // Without its base, most of the scenario would seem to be missing.
    if (loading::apply_extends(*root, budget, problems)) {
      loading::apply_overrides(overrides, *root, problems);
      Context context{problems, scenario, {}, {}, {}, {}, {}, {}, {}, {}};
      context.files = budget;
      context.forms = &forms;
      interpret(*root, context);
      if (!problems.has_errors()) name_files(*root, context, scenario);
    }
  }
  Loaded out;
  if (!problems.has_errors()) {
    scenario.resolved_json = resolve(std::move(*root), scenario);
    out.scenario = std::move(scenario);
  }
  out.unlisted = problems.unlisted();
  out.problems = problems.take();
  return out;
}

}  // namespace

Loaded parse_scenario(std::string_view text, const std::string& file, const Overrides& overrides,
                      const TargetForms& forms) {
  return parse(text, file, overrides, forms, {});
}

Loaded load_scenario(const std::string& path, const Overrides& overrides, const TargetForms& forms) {
  const auto unreadable = [&](const std::string& why) {
    Problems problems;
    Origin origin;
    origin.file = path;
    problems.error(origin, why, "a scenario file");
    Loaded out;
    out.problems = problems.take();
    return out;
  };
  std::string why;
  FileBudget budget;
  const auto text = loading::read_whole_file(path, budget, why);
  if (!text) return unreadable(why);
  return parse(*text, path, overrides, forms, budget);
}

}  // namespace freshet
