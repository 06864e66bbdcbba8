// HDR histogram: bounded, mergeable, no cap below 24 hours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

/// Log-linear counts of durations in nanoseconds, HdrHistogram's bucket layout: 3 significant digits, unit 1 µs
/// (values are recorded in whole microseconds, rounded down), highest trackable value 24 h; larger values are counted
/// as overflow and negative ones apart, by their magnitude in the same layout; nothing is clamped or dropped.
///
/// Every sample of a bucket is reported as the bucket's highest value, or as max() where that is less: a quantile is
/// never below the true one and above it by at most 1 µs or 0.1 %. Overflow is reported as max().
/// Memory grows with the largest magnitude recorded, to at most 230 KiB (24 h).
/// Not thread-safe: one per thread, merged on read.
class Histogram {
 public:
  /// Records one sample, of either sign.
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
  /// Samples whose reported value is ≤ bound, so that within(b) ≥ k exactly when at_rank(k) ≤ b. A bucket that the
  /// bound cuts does not count: the share within a bound is never overstated.
  [[nodiscard]] std::int64_t within(Nanos bound) const;
  /// HdrHistogram V2 compressed encoding (zlib), base64. Readable by any HdrHistogram library, which sees microseconds.
  /// Negative samples and overflow are not in it (they are counted beside it).
  [[nodiscard]] std::string encode() const;
  /// What encode() wrote, or any V2 histogram with 3 digits from 1 to at most 24 h of µs. min() and max() are then
  /// those of the outermost buckets.
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64);

  /// What encode() leaves out.
  struct Rest {
    std::string
        negative;  ///< the magnitudes of the negative samples, in the form of encode(); empty when there are none
    std::int64_t overflow = 0;
    Nanos min{};
    Nanos max{};
  };
  [[nodiscard]] Rest rest() const;
  /// The histogram of which these were encode() and rest(), in every respect.
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64, const Rest& rest);

 private:
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64, std::size_t most_buckets);

  /// Samples per bucket, from bucket 0 to the highest that was hit.
  std::vector<std::int64_t> counts_;
  /// The same of −value for negative samples.
  std::vector<std::int64_t> negative_counts_;
  std::int64_t count_ = 0;
  std::int64_t negative_ = 0;
  std::int64_t overflow_ = 0;
  Nanos max_{};
  Nanos min_{};
};

/// Durations in ascending order, exactly: base64 of zlib of LEB128 of the differences in ns. Empty for none.
[[nodiscard]] std::string encode_durations(const std::vector<Nanos>& ascending);
/// What encode_durations() wrote, of at most `most` durations.
[[nodiscard]] Result<std::vector<Nanos>> decode_durations(const std::string& base64, std::size_t most);

}  // namespace freshet
