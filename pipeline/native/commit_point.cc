#include "pipeline/native/commit_point.h"

#include <algorithm>
#include <utility>

namespace freshet {

CommitPoint::CommitPoint(State& state, const std::vector<std::unique_ptr<ViewSink>>& sinks, Positions begin)
    : state_(state),
      sinks_(sinks),
      positions_(std::move(begin)),
      beyond_(positions_.size(), 0),
      needed_(sinks.size(), 0) {}

void CommitPoint::taken(SourceBatch& batch) {
  Position& position = positions_[batch.source];
  if (!known(batch.position)) {
    if (!batch.empty()) beyond_[batch.source] = 1;
    return;
  }
  beyond_[batch.source] = 0;
  if (batch.position == position) return;
  std::swap(position, batch.position);
  moved_ = true;
}

Status CommitPoint::advance(const std::vector<std::unique_ptr<SinkBatch>>& filling) {
  if (sealed_ && written()) {
    FRESHET_TRY(state_.commit(*sealed_));
    sealed_.reset();
  }
  if (sealed_ || !may_seal()) return {};
  FRESHET_ASSIGN(sealed_, state_.seal(positions_));
  moved_ = false;
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    if (!sinks_[i]) continue;
    needed_[i] = sinks_[i]->pushed() + (filling[i] && !filling[i]->empty() ? 1 : 0);
  }
  return {};
}

bool CommitPoint::may_seal() const {
  return moved_ && std::all_of(positions_.begin(), positions_.end(), known) &&
         std::find(beyond_.begin(), beyond_.end(), 1) == beyond_.end();
}

bool CommitPoint::written() const {
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i] && sinks_[i]->written() < needed_[i]) return false;
  }
  return true;
}

}  // namespace freshet
