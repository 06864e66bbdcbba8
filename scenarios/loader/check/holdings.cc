// What tables and topics can hold, checked before any is created: rows and keys of InnoDB, sums of whole numbers,
// deletes identified by the key of a message.
#include <algorithm>

#include "scenarios/loader/check/checks.h"
#include "scenarios/loader/check/ranges.h"
#include "scenarios/tables/tables.h"

namespace freshet::loading {
namespace {

/// Where a column of an entity was declared; the entity itself for its key and its stamps.
const Origin& origin_of(const Entity& entity, const std::string& column) {
  for (const Field& field : entity.fields) {
    if (field.name == column || column.rfind(field.name + '.', 0) == 0) return field.origin;
  }
  return entity.origin;
}

const Origin& origin_of(const View& view, std::size_t column) {
  return column < view.columns.size() ? view.columns[column].origin : view.origin;
}

void report(const DeclaredTable& table, const std::string& whose, const Origin& origin, Context& context) {
  const mysql::Misfit& misfit = *table.layout.misfit;
  context.problems.error(origin,
                         "the table of \"" + whose + "\" cannot have the column \"" +
                             table.columns[misfit.column].name + "\": " + misfit.problem,
                         misfit.expected);
}

void check_rows(Context& context) {
  const Scenario& scenario = context.scenario;
  for (const WriteTarget& write : scenario.write) {
    if (!std::holds_alternative<MysqlTarget>(write.target)) continue;
    const Entity& entity = scenario.entity(write.entity);
    const DeclaredTable table = declare_table(entity);
    if (!table.layout.misfit) continue;
    report(table, entity.name, origin_of(entity, table.columns[table.layout.misfit->column].name), context);
  }
  // The tables of an external pipeline are its own.
  if (scenario.pipeline.kind != PipelineSpec::Kind::Native) return;
  for (const Observe& observe : scenario.observe) {
    const View& view = scenario.view(observe.view);
    const DeclaredTable table = declare_table(scenario, view);
    if (!table.layout.misfit) continue;
    report(table, view.name, origin_of(view, table.layout.misfit->column), context);
  }
}

bool may_be_deleted(const Scenario& scenario, EntityId id) {
  const Entity& entity = scenario.entity(id);
  const auto dies = [](const LifeState& state) {
    return std::find(state.to.begin(), state.to.end(), std::nullopt) != state.to.end();
  };
  return std::any_of(entity.life.begin(), entity.life.end(), dies) ||
         std::any_of(scenario.load.begin(), scenario.load.end(),
                     [&](const Load& load) { return load.is<loads::Deletes>() && load.entity == id; });
}

/// A delete is a message without a value, so its reader knows the row only by the message's key. Envelopes contain the
/// deleted row.
void check_tombstones(Context& context) {
  const Scenario& scenario = context.scenario;
  for (const WriteTarget& write : scenario.write) {
    const KafkaTarget* topic = write.topic();
    if (topic == nullptr || topic->key_column == ColumnIndex{0} || topic->format == KafkaTarget::Format::Debezium)
      continue;
    if (!may_be_deleted(scenario, write.entity)) continue;
    const Entity& entity = scenario.entity(write.entity);
    context.problems.error(write.origin,
                           "rows of \"" + entity.name + "\" are deleted, and with the message key \"" + topic->key +
                               "\" the message of a delete does not identify its row",
                           "\"key\": \"" + entity.key_field + R"(", or "format": "debezium")");
  }
}

/// Sums, and numbers that expressions yield, are whole numbers of 64 bits; decimals of a source have 18 digits.
void check_numbers(Context& context) {
  constexpr double kDecimal = 1e18;
  constexpr double kCell = 9.2e18;
  const Scenario& scenario = context.scenario;
  Ranges ranges(scenario);
  for (const WriteTarget& write : scenario.write) {
    if (!std::holds_alternative<MysqlTarget>(write.target)) continue;
    const Entity& entity = scenario.entity(write.entity);
    for (std::size_t i = 0; i < entity.record.width(); ++i) {
      const Column& column = entity.record.columns[i];
      const bool decimal = column.type.kind == Kind::Decimal;
      if (!decimal || ranges.greatest(write.entity, ColumnIndex{i}) < kDecimal) continue;
      context.problems.error(origin_of(entity, column.name),
                             "\"" + column.name + "\" of \"" + entity.name +
                                 "\" can have more digits than the 18 of its column in a table",
                             "smaller numbers, or a smaller \"scale\"");
    }
  }
  for (const View& view : scenario.views) {
    for (const ViewColumn& column : view.columns) {
      const bool sum = column.source == ViewColumn::Source::Measure && column.measure == ViewColumn::Measure::Sum;
      if (!sum || ranges.greatest_sum(view, column) < kCell) continue;
      context.problems.error(
          column.origin,
          "the sum \"" + column.name + "\" of \"" + view.name + "\" can exceed the 19 digits of its column",
          "smaller numbers, fewer rows, or a smaller \"scale\"");
    }
  }
}

/// All arrivals are counted before the first one is generated.
void check_arrivals(Context& context) {
  constexpr double kMost = 1e9;
  double arrivals = 0;
  for (const Load& load : context.scenario.load) {
    arrivals += load.expected_backfill();
    for (const Stage& stage : load.stages) {
      arrivals += (stage.from_rate + stage.to_rate) / 2 * static_cast<double>(stage.duration.count()) / 1e6;
    }
    if (arrivals <= kMost) continue;
    return context.problems.error(load.origin, "more than 1,000,000,000 arrivals in all loads",
                                  "a lower rate, or a shorter load");
  }
}

}  // namespace

void check_holdings(Context& context) {
  check_rows(context);
  check_tombstones(context);
  check_numbers(context);
  check_arrivals(context);
}

}  // namespace freshet::loading
