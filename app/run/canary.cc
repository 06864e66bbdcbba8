#include "app/run/canary.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/sinks/sink_checks.h"
#include "generator/write/backends.h"

namespace freshet {

namespace {

std::string place_of(const Scenario& scenario, const Addresses& addresses, const WriteTarget& write) {
  const std::size_t connection = write.ways().front().connection;
  return fmt::format("{} ({}, {})", write.place(), named(scenario, connection),
                     display(scenario, addresses, connection));
}

/// "order 1b9d… to table orders (connection "mysql", …)", one of each entity.
std::string describe_sent(const Scenario& scenario, const Rows& rows, const Addresses& addresses,
                          const std::vector<Change>& changes) {
  std::string text;
  for (const WriteTarget& write : scenario.write) {
    const auto sent = std::find_if(changes.begin(), changes.end(),
                                   [&](const Change& change) { return change.entity == write.entity; });
    if (sent == changes.end()) continue;
    Row row;
    rows.row(sent->entity, sent->ordinal, sent->version, row);
    std::string key;
    append_text(row, row.cells[0], rows.type_of(sent->entity).columns[0].type, key);
    text += fmt::format("{}{} {} to {}", text.empty() ? "" : ", ", scenario.entity(write.entity).name, key,
                        place_of(scenario, addresses, write));
  }
  return text.empty() ? "nothing but reference rows" : text;
}

/// "number=1b9d…, line=1" of a canonical key.
std::string name_key(const View& view, std::string_view key) {
  std::string text;
  for (const ColumnIndex column : view.key) {
    const std::size_t end = std::min(key.find(kKeySeparator), key.size());
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", view.columns[index_of(column)].name, key.substr(0, end));
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return text;
}

std::string describe_sought(const Scenario& scenario, const Addresses& addresses, const UnseenView& unseen) {
  const View& view = scenario.view(unseen.view);
  const auto observe = std::find_if(scenario.observe.begin(), scenario.observe.end(),
                                    [&](const Observe& each) { return each.view == unseen.view; });
  std::string text = fmt::format("in {} at {} {} rows", name_sink(scenario, *observe),
                                 display(scenario, addresses, observe->connection), unseen.pending);
  for (std::size_t i = 0; i < unseen.keys.size(); ++i) {
    text += (i == 0 ? ", such as " : " and ") + name_key(view, unseen.keys[i]);
  }
  if (!scenario.stamp || view.tumble) return text;
  text += ", with";
  for (const EntityId entity : view.versions_of) {
    text += fmt::format("{}{}_version of 1 or more", entity == view.versions_of.front() ? " " : " and ",
                        scenario.entity(entity).name);
  }
  return text;
}

}  // namespace

std::string describe_unseen_canary(const Scenario& scenario, const Rows& rows, const Addresses& addresses,
                                   const std::vector<Change>& changes, const std::vector<UnseenView>& unseen,
                                   Nanos waited) {
  std::string sought;
  for (const UnseenView& view : unseen) {
    sought += (sought.empty() ? "" : "; ") + describe_sought(scenario, addresses, view);
  }
  return fmt::format(
      "the first rows were not seen in every view within {:.3g} s: the pipeline does not reach its sinks; sent: {}; "
      "not found: {}",
      static_cast<double>(waited.count()) / 1e9, describe_sent(scenario, rows, addresses, changes), sought);
}

}  // namespace freshet
