#include "writers_scenario.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "scenarios/loader/loader.h"

namespace freshet::bench {

namespace {

// A field of every kind that shops have.
constexpr const char* kOrder = R"("order": {"key": {"id": "uuid"}, "fields": {
  "customer": {"integer": [1, 1000000]}, "store": {"integer": [1, 500]},
  "channel": {"choice": {"web": 5, "app": 3, "shop": 2}}, "status": {"choice": {"new": 9, "held": 1}},
  "currency": {"constant": "EUR"}, "placed_at": {"time": "created"},
  "goods": {"lognormal": {"median": "40.00", "sigma": 0.9}}, "shipping": {"uniform": ["0.00", "9.99"]},
  "items": {"integer": [1, 10]}, "note": {"choice": {"leave at the door": 1, "ring twice": 1, "": 8}}}})";

Bench made(const std::string& text) {
  Loaded loaded = parse_scenario(text, "bench");
  for (const Problem& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.text());
  FRESHET_CHECK(loaded.scenario.has_value(), "a benchmark's own scenario must load");
  // The rows need a scenario at a fixed place.
  const auto home = std::make_shared<const Scenario>(std::move(*loaded.scenario));
  Bench bench{*home, {home->seed, 0, WallTime{Micros{1'767'225'600'000'000}}}, nullptr};
  std::shared_ptr<const Rows> rows = make_model(*home, bench.identity);
  bench.rows = std::shared_ptr<const Rows>(rows.get(), [home, rows](const Rows*) {});
  return bench;
}

std::string table(const std::string& entity, const std::string& name, const std::string& commit) {
  return fmt::format(R"("{}": {{"mysql": {{"table": "{}"{}}}}})", entity, name,
                     commit.empty() ? "" : ", \"commit\": " + commit);
}

std::string scenario_text(const std::string& entities, const std::string& write, int rows, int rate,
                          const std::string& more = "") {
  return fmt::format(
      R"({{"freshet": 1, "name": "bench", "seed": 7, "warm_up": "0s", "entities": {{{}}},
          "load": [{{"entity": "order", "process": "constant", "stages": [{{"rate": "{}/s", "for": "{}ms"}}]}}],
          "write": {{{}}}, "connections": {{"mysql": "unused"}}{}}})",
      entities, rate, static_cast<std::int64_t>(rows) * 1000 / rate, write, more);
}

}  // namespace

Bench orders(int rows, const std::string& commit, int rate) {
  return made(scenario_text(kOrder, table("order", kTable, commit), rows, rate));
}

Bench observed_orders(int rows, const std::string& commit) {
  constexpr const char* kView = R"(, "views": {"seen": {"from": "order", "key": ["id"]}},
                                    "observe": {"seen": {"mysql": {"table": "seen"}}})";
  return made(scenario_text(kOrder, table("order", kTable, commit), rows, 10'000, kView));
}

Bench events(int orders) {
  constexpr const char* kCommit = R"({"events": 1})";
  std::string entities = kOrder;
  std::string write = table("order", kTable, kCommit);
  for (const char* line : {"line_1", "line_2", "line_3"}) {
    entities += fmt::format(R"(, "{}": {{"per": "order", "fields": {{"product": {{"integer": [1, 100000]}},
      "quantity": {{"integer": [1, 5]}}, "price": {{"lognormal": {{"median": "12.00", "sigma": 0.9}}}}}}}})",
                            line);
    write += ", " + table(line, line, "");
  }
  entities += R"(, "payment": {"per": "order", "fields": {"method": {"choice": {"card": 3, "cash": 1}},
    "amount": {"lognormal": {"median": "40.00", "sigma": 0.9}}}})";
  write += ", " + table("payment", "payments", "");
  return made(scenario_text(entities, write, orders, 2'000));
}

Bench baskets(const std::string& file, int rows) {
  constexpr int kRate = 10'000;
  Overrides overrides;
  overrides.rate = fmt::format("{}/s", kRate);
  overrides.duration = fmt::format("{}ms", static_cast<std::int64_t>(rows) * 1000 / kRate);
  overrides.set = {{"/warm_up", "0s"}};
  Loaded loaded = load_scenario(file, overrides);
  FRESHET_CHECK(loaded.scenario.has_value(), "the scenario must load");
  Scenario scenario = std::move(*loaded.scenario);
  // The schedule continues; what is not written is settled at once.
  std::erase_if(scenario.write, [](const WriteTarget& write) { return write.topic() == nullptr; });
  for (WriteTarget& write : scenario.write) {
    auto& topic = std::get<KafkaTarget>(write.target);
    topic.headers = true;
    topic.connection = 0;
  }
  const std::optional<EntityId> basket = scenario.find_entity("basket");
  FRESHET_CHECK(basket.has_value(), "the scenario has baskets");
  std::erase_if(scenario.load, [&](const Load& load) { return load.entity != *basket; });
  for (Entity& entity : scenario.entities) {
    if (entity.per == basket) entity.share = 0;
  }
  const auto home = std::make_shared<const Scenario>(std::move(scenario));
  Bench bench{*home, {home->seed, 0, WallTime{Micros{1'767'225'600'000'000}}}, nullptr};
  std::shared_ptr<const Rows> made_rows = make_model(*home, bench.identity);
  bench.rows = std::shared_ptr<const Rows>(made_rows.get(), [home, made_rows](const Rows*) {});
  return bench;
}

}  // namespace freshet::bench
