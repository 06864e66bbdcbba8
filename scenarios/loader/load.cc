// Load: arrivals in stages, and updates of reference rows.
#include <algorithm>
#include <cmath>

#include "scenarios/loader/context.h"
#include "scenarios/loader/laws.h"
#include "scenarios/loader/units.h"

namespace freshet::loading {
namespace {

class LoadReader {
 public:
  LoadReader(const Json& value, Context& context) : value_(value), context_(context), problems_(context.problems) {
    load_.origin = value.origin;
  }

  void read() {
    const bool updates = value_.find("update") != nullptr;
    load_.kind = updates ? Load::Kind::Updates : Load::Kind::Arrivals;
    const Members members(value_,
                          updates ? Names{"entity", "update", "process", "pick", "set", "for"}
                                  : Names{"entity", "process", "stages", "rate", "for"},
                          problems_);
    if (!members.ok()) return;
    const std::size_t before = problems_.errors();
    const bool entity = read_entity(members);
    read_process(members);
    updates ? read_updates(members) : read_arrivals(members);
    if (entity && problems_.errors() == before) context_.scenario.load.push_back(std::move(load_));
  }

 private:
  bool read_entity(const Members& members) {
    const Json* name = members.require("entity", "the name of an entity");
    if (name == nullptr) return false;
    const auto id = name->is_text() ? context_.scenario.find_entity(name->text) : std::nullopt;
    if (!id) {
      if (!name->is_text()) {
        mismatch(*name, "the name of an entity", problems_);
      } else if (!context_.is_broken(name->text)) {
        unknown_name(*name, "entity", context_.entity_names, problems_);
      }
      return false;
    }
    load_.entity = *id;
    return fits_kind(*name, context_.scenario.entity(*id)) && first_of_its_kind(*name);
  }

  bool fits_kind(const Json& name, const Entity& entity) {
    const bool updates = load_.kind == Load::Kind::Updates;
    if (context_.is_broken(entity.name)) return true;  // its kind may be what is wrong with it
    if (updates && !entity.rows) {
      problems_.error(name.origin, "updates of \"" + entity.name + "\", which has no \"rows\", are not supported yet",
                      "\"life\" in the entity");
      return false;
    }
    if (!updates && (entity.rows || entity.per)) {
      problems_.error(name.origin,
                      "arrivals of \"" + entity.name + "\", which has \"" + (entity.rows ? "rows" : "per") + '"',
                      "an entity with neither");
      return false;
    }
    return true;
  }

  bool first_of_its_kind(const Json& name) {
    for (const Load& other : context_.scenario.load) {
      if (other.entity != load_.entity || other.kind != load_.kind) continue;
      problems_.error(name.origin, "a second load for \"" + name.text + "\" is not supported yet", "one");
      return false;
    }
    return true;
  }

  void read_process(const Members& members) {
    const Json* process = members.find("process");
    if (process == nullptr) return;
    if (process->is_text() && process->text == "constant") {
      load_.process = Load::Process::Constant;
    } else if (!process->is_text() || process->text != "poisson") {
      mismatch(*process, "\"poisson\" or \"constant\"", problems_);
    }
  }

  std::optional<Micros> read_length(const Json& value) {
    const auto micros = read_duration(value, problems_);
    if (!micros) return std::nullopt;
    if (*micros < 1) {
      mismatch(value, "more than 0", problems_);
      return std::nullopt;
    }
    return static_cast<Micros>(std::llround(*micros));
  }

  void add_stage(double from, double to, const Json* length) {
    const auto micros = length != nullptr ? read_length(*length) : std::nullopt;
    load_.stages.push_back({from, to, micros.value_or(1)});
  }

  void read_arrivals(const Members& members) {
    const Json* stages = members.find("stages");
    const Json* rate = members.find("rate");
    if (stages != nullptr) {
      for (const char* name : {"rate", "for"}) {
        const Json* extra = members.find(name);
        if (extra != nullptr)
          problems_.error(extra->origin, '"' + std::string(name) + "\" beside \"stages\"", "one of them");
      }
      read_stages(*stages);
    } else if (rate == nullptr && members.find("for") == nullptr) {
      (void)members.require("stages", "[{\"rate\": \"200/s\", \"for\": \"10s\"}]");
    } else {
      rate = members.require("rate", "\"200/s\"");
      const Json* length = members.require("for", "\"30s\"");
      const auto number = rate != nullptr ? read_rate(*rate, ZeroRate::Refused, problems_) : std::nullopt;
      add_stage(number.value_or(1), number.value_or(1), length);
    }
  }

  void read_stages(const Json& stages) {
    if (!stages.is_array() || stages.items.empty()) {
      mismatch(stages, "a list of stages, [{\"rate\": \"200/s\", \"for\": \"10s\"}]", problems_);
      return;
    }
    std::optional<double> rate;
    for (const Json& stage : stages.items) read_stage(stage, rate);
    const bool empty = std::all_of(load_.stages.begin(), load_.stages.end(),
                                   [](const Stage& stage) { return stage.from_rate + stage.to_rate <= 0; });
    if (empty && !load_.stages.empty()) problems_.error(stages.origin, "no arrivals at all", "a rate above 0");
    Micros total = 0;
    for (const Stage& stage : load_.stages) total = std::min(kMaxDuration + 1, total + stage.duration);
    if (total > kMaxDuration) problems_.error(stages.origin, "stages of more than 366 days", "less");
  }

  /// `rate` is that at the end of the stage before.
  void read_stage(const Json& stage, std::optional<double>& rate) {
    if (stage.is_object() && stage.find("rate") == nullptr && stage.find("ramp") == nullptr &&
        stage.find("hold") == nullptr) {
      const std::size_t before = problems_.errors();
      const Members none(stage, {"rate", "ramp", "hold", "for"}, problems_);
      if (problems_.errors() == before) mismatch(stage, "\"rate\", \"ramp\" or \"hold\" in it", problems_);
      return;
    }
    const char* kind = stage.find("ramp") != nullptr ? "ramp" : stage.find("hold") != nullptr ? "hold" : "rate";
    const bool hold = std::string_view(kind) == "hold";
    const Members members(stage, hold ? Names{kind} : Names{kind, "for"}, problems_);
    if (!members.ok()) return;
    if (hold) {
      if (!rate)
        problems_.error(stage.origin, "\"hold\" without a rate before it", "{\"rate\": \"200/s\", \"for\": \"10s\"}");
      add_stage(rate.value_or(1), rate.value_or(1), members.find(kind));
      rate = rate.value_or(1);
      return;
    }
    const bool ramp = std::string_view(kind) == "ramp";
    const Json* value = members.require(kind, "\"200/s\"");
    const Json* length = members.require("for", "\"10s\"");
    const auto to =
        value != nullptr ? read_rate(*value, ramp ? ZeroRate::Allowed : ZeroRate::Refused, problems_) : std::nullopt;
    const double from = ramp ? rate.value_or(0) : to.value_or(1);
    add_stage(from, to.value_or(1), length);
    rate = to.value_or(1);
  }

  void read_updates(const Members& members) {
    const auto rate = read_rate(*members.find("update"), ZeroRate::Refused, problems_);
    if (const Json* pick = members.find("pick")) load_.pick = read_pick(*pick, problems_).value_or(Pick{});
    if (members.require("set", "{field: new value}") != nullptr) {
      const auto set = context_.update_sets.find(&value_);
      if (set != context_.update_sets.end()) load_.set = std::move(set->second);
    }
    const Json* length = members.find("for");
    load_.stages.push_back({rate.value_or(1), rate.value_or(1), 0});
    if (length != nullptr) load_.stages[0].duration = read_length(*length).value_or(1);
  }

  const Json& value_;
  Context& context_;
  Problems& problems_;
  Load load_;
};

/// Updates without "for" last as long as the arrivals.
void settle_updates(const Json& load, Context& context) {
  const Micros longest = context.scenario.measured();
  for (Load& each : context.scenario.load) {
    if (each.stages.empty() || each.stages[0].duration != 0) continue;  // without stages: told already
    each.stages[0].duration = longest;
    if (longest > 0 || context.problems.has_errors()) continue;
    context.problems.error(each.origin, "updates without arrivals, and without \"for\"", "\"for\": \"30s\"");
  }
  if (load.items.empty()) mismatch(load, "at least one load", context.problems);
}

/// Entities that are neither reference rows nor children come to life by arrivals only.
void require_arrivals(Context& context) {
  for (std::size_t i = 0; i < context.scenario.entities.size(); ++i) {
    const Entity& entity = context.scenario.entities[i];
    if (entity.rows || entity.per || context.is_broken(entity.name)) continue;
    const bool arrives = std::any_of(context.scenario.load.begin(), context.scenario.load.end(), [&](const Load& load) {
      return load.kind == Load::Kind::Arrivals && index_of(load.entity) == i;
    });
    if (arrives || context.is_broken("load")) continue;
    context.problems.error(entity.origin,
                           "\"" + entity.name + "\" has no \"rows\", no \"per\" and no arrivals in \"load\"",
                           "one of them");
  }
}

}  // namespace

void read_load(const Json& root, Context& context) {
  const Json* load = root.find("load");
  if (load == nullptr) return;
  if (!load->is_array()) {
    mismatch(*load, "a list of loads", context.problems);
    return;
  }
  const std::size_t before = context.problems.errors();
  for (const Json& entry : load->items) LoadReader(entry, context).read();
  settle_updates(*load, context);
  if (context.problems.errors() > before) context.broken.insert("load");
  require_arrivals(context);
}

}  // namespace freshet::loading
