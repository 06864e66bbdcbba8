// Seeded chance for fakes: what goes wrong, when, and how long it takes, is a function of the seed and nothing else.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace freshet::fakes {

/// SplitMix64; each concern has dice of its own, so that a draw more here moves nothing there.
class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view concern) : state_(seed) {
    for (const char c : concern) state_ = mixed(state_ ^ static_cast<unsigned char>(c));
  }

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15u); }
  /// In [0, bound), bound ≥ 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  Nanos between(Nanos least, Nanos most) { return Nanos{between(least.count(), most.count())}; }
  /// In (0, 1).
  double unit() { return (static_cast<double>(next() >> 11) + 0.5) / 9007199254740992.0; }
  bool chance(double share) { return unit() < share; }
  /// At least a microsecond, on average `mean` more.
  Nanos wait(Nanos mean) {
    return kNanosPerMicro + Nanos{static_cast<std::int64_t>(-std::log(unit()) * static_cast<double>(mean.count()))};
  }

  /// A share in (0, 1) that belongs to this text.
  static double share_of(std::uint64_t seed, std::string_view text) { return Dice(seed, text).unit(); }

 private:
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace freshet::fakes
