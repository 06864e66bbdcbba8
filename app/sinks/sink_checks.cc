#include "app/sinks/sink_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/messages/nearest.h"
#include "base/text/lower_case.h"
#include "clients/mysql/tables/mysql_tables.h"
#include "metrics/oracle/view_model.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr Nanos kBetweenLooks = 100 * kNanosPerMilli;

/// The observed tables of one connection that do not exist.
Result<std::vector<const Observe*>> missing_tables(const Scenario& scenario, const Addresses& addresses) {
  std::vector<const Observe*> missing;
  for (const Observe& observe : scenario.observe) {
    auto connection = mysql::Connection::open(address_at<mysql::Address>(addresses, observe.connection));
    if (!connection.ok()) return connection.error().in(name_sink(scenario, observe));
    const auto comment = mysql::table_comment(*connection, observe.table);
    if (!comment.ok()) return comment.error().in(name_sink(scenario, observe));
    if (!comment.value()) missing.push_back(&observe);
  }
  return missing;
}

/// The columns that the observer of a view will select.
std::vector<std::string> columns_of(const Scenario& scenario, const View& view) {
  std::vector<std::string> names;
  for (const ViewColumn& column : view.columns) names.push_back(mysql::column_name(column.name));
  if (!scenario.stamp || view.tumble) return names;
  for (const EntityId entity : view.versions_of) names.push_back(scenario.entity(entity).name + "_version");
  return names;
}

}  // namespace

std::string name_sink(const Scenario& scenario, const Observe& observe) {
  return fmt::format("view {} (table {}, connection \"{}\")", scenario.view(observe.view).name, observe.table,
                     scenario.connections[observe.connection].name);
}

Result<FoundBefore> find_before(const Scenario& scenario, const Rows& rows, ViewId id, Observer& observer) {
  const View& view = scenario.view(id);
  const ViewModel model(scenario, rows, id);
  const EntityId family = scenario.family_of(view.versions_of[0]);
  const Ordinal count = rows.count(family);
  const std::vector<Ordinal> canaries = rows.canaries(family);
  FoundBefore found;
  const Status scanned = observer.scan([&](const Row& row, std::span<const Version>) {
    Ordinal root = 0;
    std::uint32_t line = 0;
    const bool ours =
        view.tumble || (model.locate(row, root, line) &&
                        (root < count || std::find(canaries.begin(), canaries.end(), root) != canaries.end()));
    ++(ours ? found.ours : found.foreign);
  });
  if (!scanned.ok()) return scanned.error();
  return found;
}

Status refuse_old_rows(const Scenario& scenario, const Observe& observe, const FoundBefore& found, std::uint64_t salt) {
  if (found.ours == 0) return {};
  const std::string sink = name_sink(scenario, observe);
  if (scenario.view(observe.view).tumble) {
    return Error{ErrorKind::Usage,
                 fmt::format("{} holds {} rows before the load: groups carry no salt, so they could be taken for rows "
                             "of this run",
                             sink, found.ours),
                 "empty the table before the run"};
  }
  return Error{ErrorKind::Usage,
               fmt::format("{} holds {} rows with keys of this run (salt {}) before the load: they would satisfy it "
                           "without any pipeline",
                           sink, found.ours, salt),
               "empty the table, or run with another --salt (without the flag a fresh one is drawn)"};
}

Status await_sink_tables(const Scenario& scenario, const Addresses& addresses, Nanos patience, const Clock& clock,
                         const std::function<std::optional<Error>()>& trouble) {
  const Instant deadline = clock.now() + patience;
  while (true) {
    auto missing = missing_tables(scenario, addresses);
    if (!missing.ok()) return missing.error();
    if (missing->empty()) return {};
    if (std::optional<Error> problem = trouble()) return *problem;
    if (clock.now() > deadline) {
      std::string names;
      for (const Observe* observe : missing.value()) {
        names += (names.empty() ? "" : ", ") + name_sink(scenario, *observe);
      }
      return Error{
          ErrorKind::Unreachable,
          fmt::format("no table to observe within {:.3g} s: {}", static_cast<double>(patience.count()) / 1e9, names),
          "an external pipeline creates the tables of its views; use --canary to wait longer"};
    }
    clock.sleep_until(clock.now() + kBetweenLooks, {});
  }
}

Status refuse_missing_columns(const Scenario& scenario, const Addresses& addresses) {
  std::string lacking;
  for (const Observe& observe : scenario.observe) {
    auto connection = mysql::Connection::open(address_at<mysql::Address>(addresses, observe.connection));
    if (!connection.ok()) return connection.error().in(name_sink(scenario, observe));
    std::vector<std::string> there;
    const Status asked = connection->query(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = " +
            connection->quote(observe.table),
        [&](auto row) { there.push_back(lower_case(row[0].value_or(""))); });
    if (!asked.ok()) return asked.error().in(name_sink(scenario, observe));
    std::string names;
    for (const std::string& name : columns_of(scenario, scenario.view(observe.view))) {
      if (std::ranges::find(there, lower_case(name)) != there.end()) continue;
      names += (names.empty() ? "" : ", ") + name + did_you_mean(nearest(lower_case(name), there));
    }
    if (names.empty()) continue;
    lacking += (lacking.empty() ? "" : "; ") + name_sink(scenario, observe) + " lacks " + names;
  }
  if (lacking.empty()) return {};
  return Error{ErrorKind::Usage, lacking,
               "an external pipeline must store the columns of its views, and an ENTITY_version for each input row "
               "(docs/EXTERNAL.md)"};
}

}  // namespace freshet
