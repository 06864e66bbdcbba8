// Load: arrivals in stages, and background updates, deletes and upserts of entities with rows.
#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "scenarios/loader/json/units.h"
#include "scenarios/loader/read/readers.h"
#include "scenarios/loader/read/stages.h"
#include "scenarios/loader/values/distributions.h"

namespace freshet::loading {
namespace {

class LoadReader {
 public:
  LoadReader(const Json& value, Context& context) : value_(value), context_(context), problems_(context.problems) {
    load_.origin = value.origin;
  }

  void read() {
    load_.changes = changes_of(value_);
    const ObjectReader members(value_, known(), problems_);
    if (!members.ok()) return;
    const std::size_t before = problems_.errors();
    const bool entity = read_entity(members);
    read_process(members);
    in_background() ? read_background(members) : read_arrivals(members);
    if (!entity || problems_.errors() != before || merged()) return;
    context_.scenario.load.push_back(std::move(load_));
  }

 private:
  static decltype(Load::changes) changes_of(const Json& value) {
    if (value.find("update") != nullptr) return loads::Updates{};
    if (value.find("delete") != nullptr) return loads::Deletes{};
    if (value.find("put") != nullptr) return loads::Upserts{};
    return loads::Arrivals{};
  }

  [[nodiscard]] bool in_background() const { return !load_.is<loads::Arrivals>(); }

  [[nodiscard]] Names known() const {
    return std::visit(
        Overloaded{
            [](const loads::Arrivals&) -> Names { return {"entity", "process", "stages", "rate", "for", "backfill"}; },
            [](const loads::Updates&) -> Names { return {"entity", "update", "process", "pick", "set", "for"}; },
            [](const loads::Deletes&) -> Names { return {"entity", "delete", "process", "pick", "reinsert", "for"}; },
            [](const loads::Upserts&) -> Names { return {"entity", "put", "process", "pick", "set", "for"}; }},
        load_.changes);
  }

  /// Further arrivals of an entity add up: sums of Poisson processes are Poisson.
  bool merged() {
    if (in_background()) return false;
    for (Load& other : context_.scenario.load) {
      if (other.entity != load_.entity || !other.is<loads::Arrivals>()) continue;
      if (load_.backfill() > Micros{}) {
        problems_.error(load_.origin, "\"backfill\" in a further load of one entity", "\"backfill\" in the first load");
      }
      if (other.process == Load::Process::Poisson && load_.process == Load::Process::Poisson) {
        other.stages = add_curves(other.stages, load_.stages);
      } else {
        problems_.error(load_.origin, "a second load of \"constant\" arrivals for one entity", "\"poisson\" for both");
      }
      return true;
    }
    return false;
  }

  bool read_entity(const ObjectReader& members) {
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
    return fits_kind(*name, context_.scenario.entity(*id));
  }

  bool fits_kind(const Json& name, const Entity& entity) {
    const bool updates = in_background();
    if (context_.is_broken(entity.name)) return true;  // its kind may be the problem
    if (updates && !entity.rows) {
      problems_.error(name.origin, "updates of \"" + entity.name + "\", which has neither \"rows\" nor \"keys\"",
                      "\"life\" in the entity, or \"churn\"");
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

  void read_process(const ObjectReader& members) {
    const Json* process = members.find("process");
    if (process == nullptr) return;
    if (process->is_text() && process->text == "constant") {
      load_.process = Load::Process::Constant;
    } else if (!process->is_text() || process->text != "poisson") {
      mismatch(*process, "\"poisson\" or \"constant\"", problems_);
    }
  }

  void add_stage(double from, double to, const Json* length) {
    const auto micros = length != nullptr ? read_length(*length, problems_) : std::nullopt;
    load_.stages.push_back({from, to, micros.value_or(Micros{1})});
  }

  void read_arrivals(const ObjectReader& members) {
    const Json* stages = members.find("stages");
    const Json* rate = members.find("rate");
    if (stages != nullptr) {
      for (const char* name : {"rate", "for"}) {
        const Json* extra = members.find(name);
        if (extra != nullptr)
          problems_.error(extra->origin, '"' + std::string(name) + "\" beside \"stages\"", "one of them");
      }
      load_.stages = read_stages(*stages, problems_, context_.pieces);
    } else if (rate == nullptr && members.find("for") == nullptr) {
      (void)members.require("stages", "[{\"rate\": \"200/s\", \"for\": \"10s\"}]");
    } else {
      rate = members.require("rate", "\"200/s\"");
      const Json* length = members.require("for", "\"30s\"");
      const auto number = rate != nullptr ? read_rate(*rate, ZeroRate::Refused, problems_) : std::nullopt;
      add_stage(number.value_or(1), number.value_or(1), length);
    }
    if (const Json* backfill = members.find("backfill")) read_backfill(*backfill);
  }

  void read_backfill(const Json& backfill) {
    constexpr double kMostRows = 1e9;
    const ObjectReader members(backfill, {"rate", "for"}, problems_);
    const Json* rate = members.require("rate", "\"200/m\"");
    const Json* length = members.require("for", "\"24h\"");
    const auto number = rate != nullptr ? read_rate(*rate, ZeroRate::Refused, problems_) : std::nullopt;
    const auto micros = length != nullptr ? read_length(*length, problems_) : std::nullopt;
    load_.changes = loads::Arrivals{number.value_or(0), micros.value_or(Micros{})};
    if (load_.expected_backfill() > kMostRows) {
      problems_.error(backfill.origin, "a history of more than 1,000,000,000 arrivals",
                      "a lower rate or a shorter time");
    }
  }

  void read_background(const ObjectReader& members) {
    const char* verb = std::visit(
        Overloaded{[](const loads::Updates&) { return "update"; }, [](const loads::Deletes&) { return "delete"; },
                   [](const OneOf<loads::Upserts, loads::Arrivals> auto&) { return "put"; }},
        load_.changes);
    const auto rate = read_rate(*members.find(verb), ZeroRate::Refused, problems_);
    Pick pick;
    if (const Json* given = members.find("pick")) pick = read_pick(*given, problems_).value_or(Pick{});
    std::visit(Overloaded{[](loads::Arrivals&) {},
                          [&](loads::Updates& updates) {
                            (void)members.require("set", "{field: new value}");
                            updates = {std::move(pick), take_set()};
                          },
                          [&](loads::Upserts& upserts) {
                            upserts = {std::move(pick), take_set()};
                          },
                          [&](loads::Deletes& deletes) {
                            deletes = {std::move(pick), read_reinsert(members)};
                          }},
               load_.changes);
    const Json* length = members.find("for");
    load_.stages.push_back({rate.value_or(1), rate.value_or(1), Micros{}});
    if (length != nullptr) load_.stages[0].duration = read_length(*length, problems_).value_or(Micros{1});
  }

  /// Read with the entity's fields, before.
  [[nodiscard]] std::vector<Field> take_set() {
    const auto set = context_.update_sets.find(&value_);
    return set != context_.update_sets.end() ? std::move(set->second) : std::vector<Field>{};
  }

  [[nodiscard]] std::optional<Distribution> read_reinsert(const ObjectReader& members) {
    const Json* reinsert = members.find("reinsert");
    if (reinsert == nullptr) return std::nullopt;
    const auto distribution = read_distribution(*reinsert, DistributionUse::Duration, problems_);
    return distribution ? std::optional(distribution->distribution) : std::nullopt;
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
    if (each.stages.empty() || each.stages[0].duration != Micros{}) continue;  // without stages: already reported
    each.stages[0].duration = longest;
    if (longest > Micros{} || context.problems.has_errors()) continue;
    context.problems.error(each.origin, "updates without arrivals, and without \"for\"", "\"for\": \"30s\"");
  }
  if (load.items.empty()) mismatch(load, "at least one load", context.problems);
}

/// The rows of a key space are created only by upserts.
void require_puts(Context& context) {
  for (std::size_t i = 0; i < context.scenario.entities.size(); ++i) {
    const Entity& entity = context.scenario.entities[i];
    if (entity.preloaded || context.is_broken(entity.name) || context.is_broken("load")) continue;
    const bool put = std::any_of(context.scenario.load.begin(), context.scenario.load.end(), [&](const Load& load) {
      return load.is<loads::Upserts>() && index_of(load.entity) == i;
    });
    if (put) continue;
    context.problems.error(
        entity.origin, "no row of \"" + entity.name + "\" can exist: nothing in \"load\" puts one",
        "{\"entity\": \"" + entity.name + "\", \"put\": \"100/s\"}, or \"rows\" in place of \"keys\"");
  }
}

/// Entities that are neither reference rows nor children are created only by arrivals.
void require_arrivals(Context& context) {
  for (std::size_t i = 0; i < context.scenario.entities.size(); ++i) {
    const Entity& entity = context.scenario.entities[i];
    if (entity.rows || entity.per || context.is_broken(entity.name)) continue;
    const bool arrives = std::any_of(context.scenario.load.begin(), context.scenario.load.end(), [&](const Load& load) {
      return load.is<loads::Arrivals>() && index_of(load.entity) == i;
    });
    if (arrives || context.is_broken("load")) continue;
    context.problems.error(entity.origin,
                           "\"" + entity.name + "\" has no \"rows\", no \"per\" and no arrivals in \"load\"",
                           "one of them");
  }
}

}  // namespace

void read_load(const Json& root, Context& context) {
  const Json* load = find_section(root, "load", Json::Kind::Array, "a list of loads", "loads", context.problems);
  if (load == nullptr) {
    if (root.find("load") != nullptr) context.broken.insert("load");
    return;
  }
  const std::size_t before = context.problems.errors();
  for (const Json& entry : load->items) LoadReader(entry, context).read();
  settle_updates(*load, context);
  if (context.problems.errors() > before) context.broken.insert("load");
  require_arrivals(context);
  require_puts(context);
}

}  // namespace freshet::loading
