#include "generator/write/stream_faults.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet {
namespace {

std::uint64_t position(const Change& change) { return combine(change.ordinal, change.version); }

bool later(const RepeatedMessages::Message& a, const RepeatedMessages::Message& b) { return a.due > b.due; }

}  // namespace

StreamFaults::StreamFaults(const KafkaFaults& declared, std::uint64_t seed, std::string_view entity, double time_scale)
    : declared_(declared),
      after_(declared.duplicate_after),
      drops_(stream_of(seed, entity, "#drop")),
      repeats_(stream_of(seed, entity, "#duplicate")),
      delays_(stream_of(seed, entity, "#duplicate/after")),
      poisons_(stream_of(seed, entity, "#poison")),
      time_scale_(time_scale) {}

bool StreamFaults::drops(const Change& change) const {
  return !spared(change) && unit(draw(drops_, position(change))) < declared_.drop;
}

std::optional<Micros> StreamFaults::repeats(const Change& change) const {
  if (spared(change) || unit(draw(repeats_, position(change))) >= declared_.duplicate) return std::nullopt;
  const auto after = static_cast<double>(after_.whole(draw(delays_, position(change))));
  return static_cast<Micros>(std::max(0.0, after / time_scale_));
}

bool StreamFaults::poisons(const Change& change) const {
  return !spared(change) && unit(draw(poisons_, position(change))) < declared_.poison;
}

void StreamFaults::poison(const Change& change, std::string_view value, std::string& out) {
  switch (position(change) % 4) {
    case 0:
      out = value.substr(0, value.size() / 2);
      return;
    case 1:
      out = "\xff\xfe no row at all";
      return;
    case 2:
      out.clear();
      return;
    default:
      out = R"([{"rows": "are objects"}, 1, null])";
  }
}

void RepeatedMessages::add(Message message) {
  heap_.push_back(std::move(message));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool RepeatedMessages::take_due(Instant now, Message& out) {
  if (heap_.empty() || heap_.front().due > now) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  out = std::move(heap_.back());
  heap_.pop_back();
  return true;
}

}  // namespace freshet
