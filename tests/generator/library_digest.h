// What library_goldens.txt holds of a scenario: one digest of all that it means.
#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "generator/sha256.h"

namespace freshet {

/// All changes of a schedule in `lanes` parts, merged.
inline std::vector<Change> changes_of(const Scenario& scenario, const Rows& model, const RunIdentity& identity,
                                      int lanes) {
  std::vector<Change> out;
  for (int lane = 0; lane < lanes; ++lane) {
    const auto schedule = make_schedule(scenario, model, identity, lane, lanes);
    for (Change change; schedule->next(change);) out.push_back(change);
  }
  std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) {
    if (a.intended != b.intended) return a.intended < b.intended;
    return std::tie(a.entity, a.ordinal, a.version) < std::tie(b.entity, b.ordinal, b.version);
  });
  return out;
}

/// Reference rows, then every change with its row, as JSON lines.
inline std::string digest(const Scenario& scenario, const Rows& model, std::vector<Change> changes) {
  constexpr std::size_t kMostRows = 30'000;
  std::vector<Change> reference;
  reference_changes(scenario, model, reference);
  changes.insert(changes.begin(), reference.begin(), reference.end());
  Sha256 hash;
  Row row;
  std::string line;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    line = scenario.entity(change.entity).name + ' ' + std::to_string(change.ordinal) + ' ' +
           std::to_string(change.version) + ' ' + freshet::name_of(change.operation) + ' ' +
           std::to_string(change.intended.count()) + ' ';
    if (i < kMostRows) {
      model.row(change.entity, change.ordinal, change.version, row);
      append_json_object(row, 0, model.type_of(change.entity), line);
    }
    line += '\n';
    hash.add(line);
  }
  return hash.text();
}

}  // namespace freshet
