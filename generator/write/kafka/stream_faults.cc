#include "generator/write/kafka/stream_faults.h"

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
      late_by_(declared.late_by),
      within_(declared.overtaken_within),
      drops_(stream_of(seed, entity, "#drop")),
      repeats_(stream_of(seed, entity, "#duplicate")),
      delays_(stream_of(seed, entity, "#duplicate/after")),
      poisons_(stream_of(seed, entity, "#poison")),
      lates_(stream_of(seed, entity, "#late")),
      late_bys_(stream_of(seed, entity, "#late/by")),
      overtakings_(stream_of(seed, entity, "#out_of_order")),
      withins_(stream_of(seed, entity, "#out_of_order/within")),
      time_scale_(time_scale) {}

bool StreamFaults::drops(const Change& change) const {
  return !spared(change) && unit(draw(drops_, position(change))) < declared_.drop;
}

std::optional<Micros> StreamFaults::delay_if_hit(const Change& change, double share, Stream strikes,
                                                 const Sampler& time, Stream times) const {
  if (spared(change) || unit(draw(strikes, position(change))) >= share) return std::nullopt;
  const auto drawn = static_cast<double>(time.whole(draw(times, position(change))));
  return Micros{static_cast<std::int64_t>(std::max(0.0, drawn / time_scale_))};
}

std::optional<Micros> StreamFaults::repeats(const Change& change) const {
  return delay_if_hit(change, declared_.duplicate, repeats_, after_, delays_);
}

std::optional<Micros> StreamFaults::late(const Change& change) const {
  return delay_if_hit(change, declared_.late, lates_, late_by_, late_bys_);
}

std::optional<Micros> StreamFaults::overtaken(const Change& change) const {
  return delay_if_hit(change, declared_.out_of_order, overtakings_, within_, withins_);
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
