#include "metrics/freshness/window_finals.h"

#include <algorithm>

#include "base/result.h"

namespace freshet {

void WindowFinals::due(const std::string& key, const Due& due) {
  Last& last = rows_[key];
  last.end = due.window_end;
  last.acknowledged = std::max(last.acknowledged, due.acknowledged);
  last.seen = kNeverSeen;
  last.unproven = false;
}

void WindowFinals::seen(const std::string& key, Instant seen, Instant last_without) {
  const auto row = rows_.find(key);
  FRESHET_CHECK(row != rows_.end(), "a version that is seen was due");
  row->second.seen = seen;
  row->second.last_without = last_without;
}

void WindowFinals::unproven(const std::string& key) {
  const auto row = rows_.find(key);
  FRESHET_CHECK(row != rows_.end(), "a version that is unproven was due");
  row->second.unproven = true;
}

WindowRecord WindowFinals::record(const Bounds& bounds) const {
  WindowRecord record;
  FreshnessSeries& closed = record.closed;
  for (const auto& [key, last] : rows_) {
    const Instant close = bounds.zero + (last.end - bounds.epoch);
    if (close < bounds.from) continue;
    if (close >= bounds.to) {
      ++record.open;
      continue;
    }
    ++closed.expected;
    const Instant begin = std::max(close, last.acknowledged);
    if (last.unproven) {
      ++closed.unproven;
      continue;
    }
    if (last.seen == kNeverSeen) {
      ++closed.censored;
      closed.censored_ages.push_back(bounds.now - begin);
      continue;
    }
    const Instant visible = std::max(last.seen, close);
    const Nanos delay = visible - begin;
    const Nanos resolution = std::max(Nanos{}, visible - std::max(last.last_without, begin));
    if (delay < Nanos{}) ++closed.negative;
    closed.delay.record(delay);
    closed.resolution.record(resolution);
    closed.earliest.record(delay - resolution);
  }
  std::ranges::sort(closed.censored_ages);
  return record;
}

}  // namespace freshet
