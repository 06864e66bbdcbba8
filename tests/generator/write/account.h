// The account of a run: what was scheduled against what was reported, and what was reported against what the target
// really holds.
#pragma once

#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "generator/write/fixture.h"

namespace freshet::fixture {

/// A load of one entity (inserted, updated, and every third one deleted), interleaved and `spacing` apart.
inline std::vector<Change> interleaved(EntityId entity, Ordinal instances, Micros spacing) {
  std::vector<Change> load;
  for (Ordinal i = 0; i < instances; ++i) {
    load.push_back(insert(entity, i));
    if (i >= 50) load.push_back(update(entity, i - 50, 2));
    if (i >= 100 && i % 3 == 0) load.push_back(erase(entity, i - 99, 3));
  }
  for (std::size_t i = 0; i < load.size(); ++i) load[i].intended = static_cast<std::int64_t>(i) * spacing;
  return load;
}

/// The version that a target holds of each row, by key.
using Held = std::map<std::string, Version>;

inline std::string described(const Change& change) {
  return fmt::format("{} {} v{}", name_of(change.operation), shop_key(change.entity, change.ordinal), change.version);
}

/// Conservation: scheduled = committed + rejected + unknown + withheld, change by change. And the target holds, of each
/// instance, the last version that was reported committed; what is unknown may be there or not. One line for each
/// difference.
inline std::vector<std::string> differences(std::span<const Change> scheduled, std::span<const Settled> settled,
                                            const Held& held) {
  std::vector<std::string> out;
  std::map<std::tuple<EntityId, Ordinal, Version>, std::vector<Outcome>> outcomes;
  for (const Settled& one : settled) {
    outcomes[{one.change.entity, one.change.ordinal, one.change.version}].push_back(one.outcome);
  }
  if (outcomes.size() > scheduled.size()) out.emplace_back("outcomes of changes that were never scheduled");
  // What each instance may be: its last committed version, or an unknown one after it. 0: no row.
  std::map<std::string, std::vector<Version>> possible;
  for (const Change& change : scheduled) {
    std::vector<Version>& versions = possible.try_emplace(shop_key(change.entity, change.ordinal), 1, 0U).first->second;
    const auto found = outcomes.find({change.entity, change.ordinal, change.version});
    if (found == outcomes.end() || found->second.size() != 1) {
      out.push_back(described(change) +
                    fmt::format(" has {} outcomes", found == outcomes.end() ? 0 : found->second.size()));
      continue;
    }
    const Version after = change.operation == Operation::Delete ? 0U : change.version;
    if (found->second.front() == Outcome::Committed) versions = {after};
    if (found->second.front() == Outcome::Unknown) versions.push_back(after);
  }
  for (const auto& [key, versions] : possible) {
    const auto found = held.find(key);
    const Version there = found == held.end() ? 0 : found->second;
    if (std::find(versions.begin(), versions.end(), there) == versions.end()) {
      out.push_back(fmt::format("{}: version {} was reported, {} is there", key, versions.front(), there));
    }
  }
  for (const auto& [key, version] : held) {
    if (!possible.contains(key)) out.push_back(key + " is there and was never scheduled");
  }
  return out;
}

}  // namespace freshet::fixture
