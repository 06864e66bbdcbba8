#include "generator/time/arrivals.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/result.h"
#include "generator/draw/portable_math.h"

namespace freshet {
namespace {

/// Largest mean for one inversion. The sum of Poisson variates is a Poisson variate, so larger means are split.
constexpr double kPiece = 16;

Stream derived(Stream stream, std::uint64_t which) { return Stream{draw(stream, ~which)}; }

/// Poisson variate by sequential search of its distribution; `none` is exp(-mean).
std::uint64_t invert_poisson(double mean, double none, double u) {
  double term = none;
  double sum = term;
  std::uint64_t k = 0;
  while (u > sum && term > 0) {
    ++k;
    term *= mean / static_cast<double>(k);
    sum += term;
    if (k > 1000) break;  // u is within rounding of 1
  }
  return k;
}

/// How many of `n` fair coins show heads.
std::uint64_t coins_left(Stream stream, std::uint64_t node, std::uint64_t n) {
  std::uint64_t left = 0;
  for (std::uint64_t word = 0; n > 0; ++word) {
    std::uint64_t bits = draw(stream, combine(node, word));
    if (n < 64) bits &= (std::uint64_t{1} << n) - 1;
    left += static_cast<std::uint64_t>(std::popcount(bits));
    n -= std::min<std::uint64_t>(n, 64);
  }
  return left;
}

/// Slots take 16 bytes each, so a load of days uses longer ones.
Micros slot_of(Micros length) {
  constexpr std::int64_t kMostSlots = std::int64_t{1} << 22;
  Micros slot = Arrivals::kSlot;
  while (length / slot >= kMostSlots) slot *= 2;
  return slot;
}

}  // namespace

Arrivals::Arrivals(RateCurve curve, Load::Process process, Stream stream, ArrivalHistory history)
    : curve_(std::move(curve)),
      process_(process),
      counts_(derived(stream, 0)),
      splits_(derived(stream, 1)),
      places_(derived(stream, 2)),
      history_(history),
      slot_(slot_of(curve_.end())),
      past_(static_cast<std::uint64_t>(history.rate / 1e6 * static_cast<double>(history.length.count()) + 1e-6)) {
  if (process_ == Load::Process::Constant) {
    count_ = static_cast<std::uint64_t>(std::floor(curve_.cumulative(curve_.end()) + 0.5));
  } else {
    count_slots();
  }
}

void Arrivals::count_slots() {
  const auto slots = static_cast<std::size_t>((curve_.end() + slot_ - Micros{1}) / slot_);
  before_.resize(slots + 1);
  expected_.resize(slots + 1);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const Micros end = std::min(static_cast<std::int64_t>(slot + 1) * slot_, curve_.end());
    expected_[slot + 1] = curve_.cumulative(end);
    before_[slot + 1] = before_[slot] + poisson(slot, std::max(0.0, expected_[slot + 1] - expected_[slot]));
  }
  count_ = before_.back();
}

std::uint64_t Arrivals::poisson(std::uint64_t slot, double mean) const {
  const double pieces = std::ceil(mean / kPiece);
  const double none = pieces > 0 ? portable_exp(-mean / pieces) : 1;
  std::uint64_t sum = 0;
  for (std::uint64_t piece = 0; static_cast<double>(piece) < pieces; ++piece) {
    sum += invert_poisson(mean / pieces, none, unit(draw(counts_, combine(slot, piece))));
  }
  return sum;
}

void Arrivals::find_leaf(std::size_t slot, std::uint64_t offset, Leaf& leaf) const {
  std::uint64_t size = size_of(slot);
  std::uint64_t node = combine(slot, 0);  // identifies the remaining part of the slot
  double from = 0;
  double width = 1;
  leaf.first = 0;
  while (size > kLeaf && width > 0x1p-40) {
    const std::uint64_t left = coins_left(splits_, node, size);
    width /= 2;
    const bool right = offset - leaf.first >= left;
    node = combine(node, right ? 2 : 1);
    if (right) {
      leaf.first += left;
      from += width;
    }
    size = right ? size - left : left;
  }
  FRESHET_CHECK(size <= kLeaf, "arrivals are too dense for a schedule in microseconds");
  const double expected = expected_[slot];
  const double here = expected_[slot + 1] - expected;
  // Rounding must not move an arrival out of its part, or neighbours would change places.
  const Micros first = static_cast<std::int64_t>(slot) * slot_;
  const Micros last = std::min(first + slot_, curve_.end()) - Micros{1};
  const Micros low = std::clamp(curve_.inverse(expected + here * from), first, last);
  const Micros high = std::clamp(curve_.inverse(expected + here * (from + width)), low, last);
  leaf.size = static_cast<std::uint32_t>(size);
  for (std::uint32_t i = 0; i < leaf.size; ++i) {
    const double place = from + width * unit(draw(places_, combine(node, i)));
    const Micros time = std::clamp(curve_.inverse(expected + here * place), low, high);
    std::uint32_t at = i;
    for (; at > 0 && leaf.times[at - 1] > time; --at) leaf.times[at] = leaf.times[at - 1];
    leaf.times[at] = time;
  }
}

Micros Arrivals::time(std::uint64_t index) const {
  FRESHET_CHECK(index < count(), "the schedule has no arrival with this index");
  return index < past_ ? past_time(index) : live_time(index - past_);
}

Micros Arrivals::past_time(std::uint64_t k) const {
  const double place = static_cast<double>(k) + unit(draw(places_, ~k));
  const Micros since{static_cast<std::int64_t>(std::floor(place * 1e6 / history_.rate))};
  return std::min(since, history_.length - Micros{1}) - history_.length;
}

Micros Arrivals::live_time(std::uint64_t index) const {
  if (process_ == Load::Process::Constant) {
    return std::min(curve_.inverse(static_cast<double>(index) + 0.5), curve_.end() - Micros{1});
  }
  const auto after = std::upper_bound(before_.begin(), before_.end(), index);
  const auto slot = static_cast<std::size_t>(after - before_.begin()) - 1;
  Leaf leaf;
  const std::uint64_t offset = index - before_[slot];
  find_leaf(slot, offset, leaf);
  return leaf.times[offset - leaf.first];
}

std::uint64_t Arrivals::before(Micros instant) const {
  if (instant >= curve_.end()) return count();
  std::uint64_t low = 0;
  std::uint64_t high = count();
  if (instant < Micros{}) {
    // There is one in each interval, so the result is within one of the expected number.
    const double expected =
        std::max(0.0, static_cast<double>((instant + history_.length).count()) / 1e6 * history_.rate);
    low = std::min(static_cast<std::uint64_t>(std::max(0.0, expected - 2)), past_);
    high = std::min(static_cast<std::uint64_t>(expected) + 2, past_);
  } else if (process_ == Load::Process::Poisson) {
    const auto slot = static_cast<std::size_t>(instant / slot_);
    low = past_ + before_[slot];
    high = past_ + before_[slot + 1];
  }
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (time(middle) < instant) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool Arrivals::Cursor::next(Micros& time) {
  if (past_ < arrivals_->past_) {
    time = arrivals_->past_time(past_++);
    return true;
  }
  if (index_ >= arrivals_->count_) return false;
  if (arrivals_->process_ == Load::Process::Constant) {
    time = arrivals_->live_time(index_++);
    return true;
  }
  if (at_ >= size_) {
    while (arrivals_->before_[slot_ + 1] <= index_) ++slot_;
    Leaf leaf;
    const std::uint64_t offset = index_ - arrivals_->before_[slot_];
    arrivals_->find_leaf(slot_, offset, leaf);
    times_ = leaf.times;
    at_ = 0;
    size_ = leaf.size;
  }
  ++index_;
  time = times_[at_++];
  return true;
}

}  // namespace freshet
