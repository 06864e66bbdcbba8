// HDR histogram: bounded and mergeable, without a cap below 24 hours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

/// Log-linear counts of durations in nanoseconds, with the bucket layout of HdrHistogram: 3 significant digits, unit 1
/// µs (values are rounded down to whole microseconds), highest trackable value 24 h. Larger values are counted as
/// overflow. Negative values are counted separately, by magnitude in the same layout. Nothing is clamped or dropped.
///
/// Every sample of a bucket is reported as the highest value of the bucket, or as max() if that is less. So a quantile
/// is never below the true one, and above it by at most 1 µs or 0.1 %. Overflow is reported as max(). Memory grows with
/// the largest magnitude recorded, to at most 230 KiB (24 h). Not thread-safe: use one per thread and merge them.
class Histogram {
 public:
  /// Records one sample, positive or negative.
  void record(Nanos value);
  void merge(const Histogram& other);
  [[nodiscard]] std::int64_t count() const { return count_; }  ///< all samples, negative and overflow included
  [[nodiscard]] std::int64_t negative() const { return negative_; }
  [[nodiscard]] std::int64_t overflow() const { return overflow_; }
  [[nodiscard]] Nanos max() const { return max_; }  ///< exact; 0 when empty
  [[nodiscard]] Nanos min() const { return min_; }  ///< exact, may be negative; 0 when empty
  /// Value at quantile q in (0, 1] by nearest rank: ceil(q · count). Negative samples sort first, overflow last.
  /// The histogram must not be empty.
  [[nodiscard]] Nanos quantile(double q) const;
  /// Value of the k-th smallest sample, 1 ≤ k ≤ count.
  [[nodiscard]] Nanos at_rank(std::int64_t k) const;
  /// The number of samples whose reported value is ≤ bound: within(b) ≥ k exactly if at_rank(k) ≤ b. A bucket that the
  /// bound cuts does not count, so the share within a bound is never overstated.
  [[nodiscard]] std::int64_t within(Nanos bound) const;
  /// Base64 of HdrHistogram's V2 compressed encoding (zlib). Any HdrHistogram library can read it; the unit is
  /// microseconds. Negative samples and overflow are not included; rest() has them.
  [[nodiscard]] std::string encode() const;
  /// Decodes the result of encode(), or any V2 histogram with 3 digits, from 1 to at most 24 h of µs. min() and max()
  /// are then those of the outermost buckets.
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64);

  /// What encode() leaves out.
  struct Rest {
    std::string negative;  ///< the magnitudes of the negative samples, in the form of encode(); empty if there are none
    std::int64_t overflow = 0;
    Nanos min{};
    Nanos max{};
  };
  [[nodiscard]] Rest rest() const;
  /// Restores the exact histogram from its encode() and rest().
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64, const Rest& rest);

 private:
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64, std::size_t most_buckets);

  /// Samples per bucket, from bucket 0 to the highest used bucket.
  std::vector<std::int64_t> counts_;
  /// The same for the magnitudes of negative samples.
  std::vector<std::int64_t> negative_counts_;
  std::int64_t count_ = 0;
  std::int64_t negative_ = 0;
  std::int64_t overflow_ = 0;
  Nanos max_{};
  Nanos min_{};
};

/// Encodes durations in ascending order exactly: base64 of zlib of LEB128 of the differences in ns. Empty for no
/// durations.
[[nodiscard]] std::string encode_durations(const std::vector<Nanos>& ascending);
/// Decodes the result of encode_durations(), at most `most` durations.
[[nodiscard]] Result<std::vector<Nanos>> decode_durations(const std::string& base64, std::size_t most);

}  // namespace freshet
