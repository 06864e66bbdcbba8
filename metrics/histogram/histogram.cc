// Histogram: counting and ranking; the encoding is in histogram_codec.cc.
#include "metrics/histogram/histogram.h"

#include <algorithm>
#include <cmath>

#include "metrics/histogram/histogram_buckets.h"

namespace freshet {

namespace {

void add_one(std::vector<std::int64_t>& counts, std::size_t index) {
  if (index >= counts.size()) counts.resize(index + 1);
  ++counts[index];
}

void add_all(std::vector<std::int64_t>& counts, const std::vector<std::int64_t>& other) {
  if (other.size() > counts.size()) counts.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) counts[i] += other[i];
}

/// The highest value, in ns, that falls in the bucket.
Nanos reported(std::size_t index) { return (buckets::highest_of(index) + 1) * kNanosPerMicro - Nanos{1}; }

/// The same for a bucket of magnitudes: the negative value closest to zero.
Nanos reported_negative(std::size_t index) { return -std::max(Nanos{1}, buckets::lowest_of(index) * kNanosPerMicro); }

}  // namespace

void Histogram::record(Nanos value) {
  max_ = count_ == 0 ? value : std::max(max_, value);
  min_ = count_ == 0 ? value : std::min(min_, value);
  ++count_;
  if (value < Nanos{}) {
    ++negative_;
    // −(value / unit) rather than −value / unit: the smallest Nanos has no positive counterpart.
    add_one(negative_counts_, buckets::index_of(-(value / kNanosPerMicro)));
  } else if (value / kNanosPerMicro > buckets::kHighest) {
    ++overflow_;
  } else {
    add_one(counts_, buckets::index_of(value / kNanosPerMicro));
  }
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  count_ += other.count_;
  negative_ += other.negative_;
  overflow_ += other.overflow_;
  add_all(counts_, other.counts_);
  add_all(negative_counts_, other.negative_counts_);
}

Nanos Histogram::quantile(double q) const {
  FRESHET_CHECK(q > 0 && q <= 1, "a quantile lies in (0, 1]");
  // Without the slack, 0.07 · 100 = 7.000000000000001 would be rank 8.
  const double exact = q * static_cast<double>(count_);
  const auto rank = static_cast<std::int64_t>(std::ceil(exact - exact * 1e-12));
  return at_rank(std::clamp<std::int64_t>(rank, 1, count_));
}

Nanos Histogram::at_rank(std::int64_t k) const {
  FRESHET_CHECK(k >= 1 && k <= count_, "a rank lies in [1, count]");
  std::int64_t passed = 0;
  for (std::size_t i = negative_counts_.size(); i-- > 0;) {
    passed += negative_counts_[i];
    if (passed >= k) return std::min(reported_negative(i), max_);
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    passed += counts_[i];
    if (passed >= k) return std::min(reported(i), max_);
  }
  return max_;
}

std::int64_t Histogram::within(Nanos bound) const {
  if (bound >= max_) return count_;
  std::int64_t inside = 0;
  for (std::size_t i = negative_counts_.size(); i-- > 0 && reported_negative(i) <= bound;) {
    inside += negative_counts_[i];
  }
  for (std::size_t i = 0; i < counts_.size() && reported(i) <= bound; ++i) inside += counts_[i];
  return inside;
}

}  // namespace freshet
