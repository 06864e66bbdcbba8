// Arrivals: index ↔ intended time of an arrival process, with random access, for any number of readers.
//
// Poisson: time is divided into slots, of 10 ms if the load takes less than 11 hours. The number of arrivals in a slot
// is a Poisson variate of the slot's expected count, a function of (stream, slot). Given that number, arrivals are
// independent and uniform in expected count, which defines a Poisson process. Their order is found without sorting the
// slot: one half of it contains Binomial(n, ½) of n arrivals, and n random bits say how many. Halving continues until
// at most 16 are left, and these are sorted.
//
// Constant: arrival k comes when k + ½ arrivals are expected.
//
// History: before zero, one arrival in each interval of 1/rate, at a random point in it. It may cover months, so it has
// no slots: arrival k is computed.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "generator/draw/random.h"
#include "generator/time/rate_curve.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Arrivals before zero: `rate` per second in [-length, 0).
struct ArrivalHistory {
  double rate = 0;
  Micros length{};
};

class Arrivals {
 public:
  /// The shortest slot.
  static constexpr Micros kSlot{10'000};

  Arrivals(RateCurve curve, Load::Process process, Stream stream, ArrivalHistory history = {});

  /// The total number of arrivals.
  [[nodiscard]] std::uint64_t count() const { return past_ + count_; }
  /// The intended time of an arrival, not before that of any lower index. Precondition: index < count(). Cost: a search
  /// among slots, one draw per 64 arrivals of the slot, 16 draws.
  [[nodiscard]] Micros time(std::uint64_t index) const;

  /// The number of arrivals before this instant. Cost: time() for each halving of the slot.
  [[nodiscard]] std::uint64_t before(Micros instant) const;

  /// Reads the arrivals in order.
  class Cursor {
   public:
    explicit Cursor(const Arrivals& arrivals) : arrivals_(&arrivals) {}
    /// The next arrival's intended time; false after the last.
    bool next(Micros& time);

   private:
    const Arrivals* arrivals_;
    std::uint64_t past_ = 0;
    std::uint64_t index_ = 0;
    std::size_t slot_ = 0;
    std::uint32_t at_ = 0;
    std::uint32_t size_ = 0;
    std::array<Micros, 16> times_{};
  };

 private:
  static constexpr std::uint32_t kLeaf = 16;
  /// The few neighbouring arrivals that are sorted together.
  struct Leaf {
    std::uint64_t first;  ///< index of the first, within the slot
    std::uint32_t size;
    std::array<Micros, kLeaf> times;
  };
  /// The time of the k-th arrival of the history.
  [[nodiscard]] Micros past_time(std::uint64_t k) const;
  /// The time of the k-th arrival from zero on.
  [[nodiscard]] Micros live_time(std::uint64_t k) const;
  void count_slots();
  [[nodiscard]] std::uint64_t poisson(std::uint64_t slot, double mean) const;
  [[nodiscard]] std::uint64_t size_of(std::size_t slot) const { return before_[slot + 1] - before_[slot]; }
  void find_leaf(std::size_t slot, std::uint64_t offset, Leaf& leaf) const;

  RateCurve curve_;
  Load::Process process_;
  Stream counts_;
  Stream splits_;
  Stream places_;
  ArrivalHistory history_;
  Micros slot_;
  std::uint64_t past_ = 0;             ///< number of arrivals in the history
  std::uint64_t count_ = 0;            ///< number of arrivals from zero on
  std::vector<std::uint64_t> before_;  ///< number of arrivals before each slot, and in total
  std::vector<double> expected_;       ///< the same, expected
};

}  // namespace freshet
