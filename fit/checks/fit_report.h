// The result of `freshet fit`: one check for everything that a scenario declares and that a sample of its rows can
// show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freshet {

struct FitCheck {
  enum class Verdict : std::uint8_t { Fits, Differs, NotJudged };
  enum class Test : std::uint8_t {
    None,
    ChiSquare,          ///< statistic χ², freedom
    KolmogorovSmirnov,  ///< statistic: greatest distance
    Binomial,           ///< exact tails of a share; statistic: the share
    Poisson,            ///< exact tails of a count; statistic: standard deviations
    Deviation,          ///< of a sum of unequal chances; statistic: standard deviations
    Exact,              ///< each value is known; statistic: how many are wrong
  };
  struct Quantile {
    double p = 0;
    double declared = 0;
    double achieved = 0;
  };
  /// A bar of the plot: the share of the sample in [from, to), or with the value `label`.
  struct Bar {
    std::string label;
    double from = 0;
    double to = 0;
    double declared = 0;
    double achieved = 0;
  };

  std::string entity;
  std::string subject;   ///< column, state, load: the part of the entity
  std::string aspect;    ///< "value", "share of null", "items", "pick", "delay", "dwell", "next state", "rate"…
  std::string declared;  ///< the distribution in words
  std::string unit;      ///< unit of mean and quantiles, "" for plain numbers
  std::int64_t samples = 0;
  std::optional<double> declared_mean;
  std::optional<double> achieved_mean;
  std::vector<Quantile> quantiles;
  Test test = Test::None;
  double statistic = 0;
  double freedom = 0;       ///< degrees of freedom of χ²
  std::optional<double> p;  ///< the probability of a sample at least as far off, if the distribution is as declared
  Verdict verdict = Verdict::NotJudged;
  std::string note;  ///< why it is not tested; what the test left out
  std::vector<Bar> bars;
  /// bars over [0, 1]: where the values fall within the distribution, given the time that was left
  bool bars_are_places = false;

  /// "payment.status: dwell in captured"
  [[nodiscard]] std::string name() const {
    return entity + (subject.empty() ? "" : "." + subject) + (aspect == "value" ? "" : ": " + aspect);
  }
};

[[nodiscard]] constexpr const char* name_of(FitCheck::Verdict verdict) {
  constexpr const char* kNames[] = {"fits", "differs", "not judged"};
  return kNames[static_cast<std::size_t>(verdict)];
}
[[nodiscard]] constexpr const char* name_of(FitCheck::Test test) {
  constexpr const char* kNames[] = {"none",      "chi-square", "kolmogorov-smirnov", "binomial", "poisson",
                                    "deviation", "exact"};
  return kNames[static_cast<std::size_t>(test)];
}

struct FitReport {
  std::string scenario;
  std::string file;
  std::uint64_t seed = 0;
  std::int64_t sampled = 0;  ///< at most, for each entity
  /// The probability that a correct generator fails with some seed, over all checks together (Holm, Scand. J. Statist.
  /// 6, 1979). With a given seed the outcome is always the same.
  double family_level = 0;
  std::vector<FitCheck> checks;

  [[nodiscard]] std::int64_t count(FitCheck::Verdict verdict) const {
    std::int64_t count = 0;
    for (const FitCheck& check : checks) count += check.verdict == verdict ? 1 : 0;
    return count;
  }
  [[nodiscard]] bool fits() const { return count(FitCheck::Verdict::Differs) == 0; }
};

}  // namespace freshet
