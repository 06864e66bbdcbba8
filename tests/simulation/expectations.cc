#include "simulation/expectations.h"

#include <algorithm>
#include <functional>

namespace freshet::simulation {

void Expectations::settled(const Settled& settled, Instant known) {
  const Change& change = settled.change;
  if (!outcomes_.emplace(Id{change.entity, change.ordinal, change.version}, settled).second) ++repeated_;
  if (settled.outcome == Outcome::Unknown) unknown_.emplace(change.entity, change.root);
  if (settled.outcome != Outcome::Committed) return;

  std::vector<ViewChange> made;
  apply(truth_, change, made);

  const std::string series = scenario_.entity(change.entity).name + "." + name_of(change.operation);
  for (const Observe& observe : scenario_.observe) {
    const View& view = scenario_.view(observe.view);
    if (std::ranges::find(view.versions_of, change.entity) == view.versions_of.end()) continue;
    int& living = living_[{observe.view, change.root}];
    const bool had_rows = living > 0;
    std::int64_t rows = 0;
    for (const ViewChange& one : made) {
      if (one.view != observe.view) continue;
      ++rows;
      living += (one.now ? 1 : 0) - (one.existed ? 1 : 0);
      root_of_[{observe.view, one.key}] = change.root;
      DueVersion due{series,
                     {},
                     !one.now,
                     Id{change.entity, change.ordinal, change.version},
                     change.phase,
                     change.intended,
                     settled.acknowledged,
                     known};
      if (one.now) due.versions = versions_in(view, *one.now);
      dues_[observe.view][one.key].push_back(std::move(due));
    }
    if (change.phase != Phase::Measured) continue;
    ChangeCounts& counts = series_[observe.view][series];
    counts.expected += rows;
    if (rows == 0) ++(had_rows ? counts.unchanged : counts.not_due);
  }
}

void Expectations::apply(NaiveViews& views, const Change& change, std::vector<ViewChange>& made) const {
  Row row;
  rows_.row(change.entity, change.ordinal, change.version, row);
  const std::string key = text_of(row, scenario_.entity(change.entity).record, ColumnIndex{0});
  views.apply(change.entity, key, change.operation == Operation::Delete ? nullptr : &row, change.version, made);
}

std::map<std::string, VersionedRow> Expectations::possible(ViewId view) const {
  NaiveViews views(scenario_);
  std::vector<ViewChange> made;
  for (const auto& [id, settled] : outcomes_) {  // the versions of an instance in order
    const bool may_be = settled.outcome == Outcome::Committed || settled.outcome == Outcome::Unknown;
    if (may_be && indeterminate(view, settled.change.root)) apply(views, settled.change, made);
  }
  return views.rows(view);
}

bool Expectations::indeterminate(ViewId view, Ordinal root) const {
  return std::ranges::any_of(scenario_.view(view).versions_of, [&](EntityId entity) {
    return unknown_.contains({entity, root});
  });
}

SeenBetween seen_between(const std::vector<DueVersion>& dues, std::size_t which, const std::vector<Shown>& shown,
                         Nanos window, Instant end, const std::function<Instant(const ChangeId&)>& gone_at) {
  std::vector<Instant> turns;  // instants at which the answer may change
  bool may_be_late = false;    // the only evidence may be an absence that cannot be distinguished from the state before
  for (std::size_t i = which; i < dues.size(); ++i) {
    turns.push_back(dues[i].known);
    if (!dues[i].gone) continue;
    may_be_late = true;
    if (const Instant gone = gone_at(dues[i].by); gone > dues[i].known) turns.push_back(gone);
  }
  for (const Shown& state : shown) {
    if (state.at > dues[which].known) turns.push_back(state.at);
  }
  std::ranges::sort(turns);
  const auto satisfied = [&](Instant at) {
    const auto after = std::ranges::upper_bound(shown, at, {}, &Shown::at);
    const Shown* state = after == shown.begin() ? nullptr : &*std::prev(after);
    const bool found = state != nullptr && state->found;
    for (std::size_t i = which; i < dues.size() && dues[i].known <= at; ++i) {
      if (found ? !dues[i].gone && std::ranges::equal(dues[i].versions, state->versions, std::ranges::less_equal{})
                : dues[i].gone && at >= gone_at(dues[i].by)) {
        return true;
      }
    }
    return false;
  };
  SeenBetween seen;
  Instant since = kNever;  // for how long it has been so
  for (const Instant turn : turns) {
    if (turn > end) break;
    if (since != kNever && turn - since >= window) break;
    if (!satisfied(turn)) {
      since = kNever;
    } else if (since == kNever) {
      since = turn;
      seen.earliest = std::min(seen.earliest, turn);
    }
  }
  if (since != kNever && end - since >= window && !may_be_late) seen.latest = since + window;
  return seen;
}

}  // namespace freshet::simulation
