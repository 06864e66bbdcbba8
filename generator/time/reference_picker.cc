#include "generator/time/reference_picker.h"

#include <algorithm>

#include "generator/draw/portable_math.h"

namespace freshet {

ReferencePicker::ReferencePicker(const Timeline& timeline, EntityId entity, const Pick& pick, bool living,
                                 const std::vector<double>& weights, Stream stream)
    : timeline_(&timeline),
      entity_(entity),
      recent_(pick.as<picks::Recent>() != nullptr ? std::optional(pick.as<picks::Recent>()->mean) : std::nullopt),
      living_(living),
      stream_(stream),
      arrivals_(timeline.arrivals(entity)) {
  const bool weighted = std::any_of(weights.begin(), weights.end(), [](double weight) { return weight > 0; });
  if (weighted) {
    weights_.emplace(weights);
  } else if (arrivals_ == nullptr) {
    picker_.emplace(pick.is<picks::Zipf>() ? pick : Pick{}, timeline.popularity(entity), stream);
  }
}

Ordinal ReferencePicker::candidate(std::uint64_t position, std::uint64_t count) const {
  if (picker_) return picker_->pick(position);
  const std::uint64_t random = draw(stream_, position);
  if (weights_) return weights_->pick(random);
  if (!recent_) return below(random, count);
  // An exponential distance, truncated to what exists: 1 - F = e^(-back / mean).
  const double all = 1 - portable_exp(-static_cast<double>(count) / *recent_);
  const double back = -*recent_ * portable_log(1 - unit(random) * all);
  return count - 1 - std::min(static_cast<std::uint64_t>(back), count - 1);
}

std::optional<Ordinal> ReferencePicker::pick(std::uint64_t position, Micros instant) const {
  const std::uint64_t count = arrivals_ != nullptr ? arrivals_->before(instant) : timeline_->count(entity_);
  if (count == 0) return std::nullopt;
  Ordinal picked = candidate(position, count);
  if (!living_) return picked;
  for (std::uint64_t attempt = 1; attempt < kAttempts; ++attempt) {
    if (timeline_->lives_at(entity_, picked, instant)) return picked;
    picked = candidate(combine(position, attempt), count);
  }
  for (std::uint64_t step = 0; step < std::min(kSteps, count); ++step) {
    const Ordinal next = (picked + step) % count;
    if (timeline_->lives_at(entity_, next, instant)) return next;
  }
  return std::nullopt;
}

}  // namespace freshet
