// HDR histogram: bounded, mergeable, no cap below 24 hours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

/// Log-linear counts of durations in nanoseconds, HdrHistogram's bucket layout: 3 significant digits, unit 1 µs
/// (values are recorded in microseconds), highest trackable value 24 h; larger values are counted as overflow and
/// negative ones apart, never clamped and never dropped. Not thread-safe: one per thread, merged on read.
class Histogram {
 public:
  Histogram();
  void record(Nanos value);
  void merge(const Histogram& other);
  [[nodiscard]] std::int64_t count() const;  ///< all samples, negative and overflow included
  [[nodiscard]] std::int64_t negative() const;
  [[nodiscard]] std::int64_t overflow() const;
  [[nodiscard]] Nanos max() const;  ///< exact
  [[nodiscard]] Nanos min() const;  ///< exact, may be negative
  /// Value at quantile q in (0, 1] by nearest rank: ceil(q · count). Negative samples sort first, overflow last.
  [[nodiscard]] Nanos quantile(double q) const;
  /// Value of the k-th smallest sample, 1 ≤ k ≤ count.
  [[nodiscard]] Nanos at_rank(std::int64_t k) const;
  /// Samples ≤ bound.
  [[nodiscard]] std::int64_t within(Nanos bound) const;
  /// HdrHistogram V2 compressed encoding (zlib), base64. Readable by any HdrHistogram library; negative samples are
  /// not in it (they are counted beside it).
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Result<Histogram> decode(const std::string& base64);

 private:
  std::vector<std::int64_t> counts_;
  std::vector<Nanos> negatives_bucketed_;
  std::int64_t count_ = 0;
  std::int64_t negative_ = 0;
  std::int64_t overflow_ = 0;
  Nanos max_ = 0;
  Nanos min_ = 0;
};

}  // namespace freshet
