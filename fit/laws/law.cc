#include "fit/laws/law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fit/laws/special.h"

namespace freshet {
namespace {

using Declared = Distribution::Law;
constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr std::int64_t kExactRanks = 100'000;

bool has_no_spread(const Distribution& declared) {
  switch (declared.law) {
    case Declared::Constant:
      return true;
    case Declared::Normal:
      return declared.b <= 0;
    case Declared::Lognormal:
      return declared.a <= 0 || declared.b <= 0;
    case Declared::Exponential:
      return declared.a <= 0;
    case Declared::Geometric:
      return declared.a <= 1;
    default:
      return false;
  }
}

}  // namespace

RankLaw::RankLaw(std::int64_t n, double s, double q) : n_(n), s_(s), q_(q) {
  sums_.resize(static_cast<std::size_t>(std::min(n, kExactRanks)) + 1);
  for (std::size_t k = 1; k < sums_.size(); ++k) sums_[k] = sums_[k - 1] + std::pow(static_cast<double>(k) + q, -s);
  total_ = sum_to(n);
}

RankLaw RankLaw::of(const Pick& pick, std::int64_t n) {
  return pick.law == Pick::Law::Uniform ? RankLaw(n, 0, 0) : RankLaw(n, pick.s, pick.q);
}

double RankLaw::sum_to(std::int64_t k) const {
  const auto known = static_cast<std::int64_t>(sums_.size()) - 1;
  if (k <= known) return sums_[static_cast<std::size_t>(std::max<std::int64_t>(k, 0))];
  const double from = static_cast<double>(known) + 0.5 + q_;
  const double to = static_cast<double>(k) + 0.5 + q_;
  const double rest =
      std::abs(s_ - 1) < 1e-9 ? std::log(to / from) : (std::pow(to, 1 - s_) - std::pow(from, 1 - s_)) / (1 - s_);
  return sums_.back() + rest;
}

double RankLaw::at_most(std::int64_t k) const { return k >= n_ ? 1 : sum_to(k) / total_; }

std::string words_of(const Pick& pick) {
  if (pick.law == Pick::Law::Uniform) return "uniform";
  return fmt::format("zipf, s {:.4g}", pick.s) + (pick.q > 0 ? fmt::format(", q {:.6g}", pick.q) : "");
}

Law::Law(const Distribution& distribution, bool whole)
    : declared_(distribution),
      law_(has_no_spread(distribution) ? Declared::Constant : distribution.law),
      whole_(whole),
      a_(distribution.a),
      b_(distribution.b),
      low_(distribution.min.value_or(-kEndless)),
      high_(distribution.max.value_or(kEndless)) {
  switch (law_) {
    case Declared::Constant:
      low_ = high_ = std::max(low_, std::min(a_, high_));
      break;
    case Declared::Uniform:
      low_ = std::max(low_, a_);
      high_ = std::max(low_, std::min(high_, b_));
      if (whole_) low_ = std::ceil(low_), high_ = std::floor(high_);
      break;
    case Declared::Normal:
      break;
    case Declared::Lognormal:
    case Declared::Exponential:
      low_ = std::max(low_, 0.0);
      break;
    case Declared::Geometric:
      low_ = std::max(std::ceil(low_), 1.0);
      high_ = std::floor(high_);
      break;
    case Declared::Zipf:
      low_ = 1;
      high_ = std::max(1.0, std::floor(high_));
      ranks_ = RankLaw(static_cast<std::int64_t>(high_), a_, b_);
      break;
    case Declared::Histogram:
    case Declared::Quantiles:
      low_ = *std::min_element(declared_.points.begin(), declared_.points.end());
      high_ = *std::max_element(declared_.points.begin(), declared_.points.end());
      break;
  }
}

double Law::low() const { return whole_ && std::isfinite(low_) ? std::round(low_) : low_; }
double Law::high() const { return whole_ && std::isfinite(high_) ? std::round(high_) : high_; }

bool Law::possible(double value) const {
  // A limit of real numbers may be met by rounding.
  const auto within = [&](double from, double to) {
    const double slack = whole_ ? 0 : 1e-9 * (std::isfinite(from) ? std::abs(from) : 0) + 1e-12;
    return value >= from - slack && value <= to + slack * std::max(1.0, std::isfinite(to) ? std::abs(to) : 1.0);
  };
  if (law_ != Declared::Histogram) return within(low(), high());
  for (std::size_t i = 0; i + 1 < declared_.points.size(); i += 2) {
    const double from = declared_.points[i];
    const double to = declared_.points[i + 1];
    if (whole_ ? within(std::round(from), std::round(to)) : within(from, to)) return true;
  }
  return false;
}

/// Normal law between the truncations; on the side where the differences keep their digits.
double Law::normal_between(double z, double from, double to) const {
  if (from > 0) return 1 - normal_between(-z, -to, -from);
  const double below_from = normal_at_most(from);
  return (normal_at_most(z) - below_from) / (normal_at_most(to) - below_from);
}

double Law::binned_at_most(double x) const {
  double total = 0;
  double sum = 0;
  for (std::size_t bin = 0; bin < declared_.weights.size(); ++bin) {
    const double from = whole_ ? std::round(declared_.points[2 * bin]) : declared_.points[2 * bin];
    const double to = whole_ ? std::round(declared_.points[2 * bin + 1]) : declared_.points[2 * bin + 1];
    const double part = whole_      ? (std::floor(x) - from + 1) / (to - from + 1)
                        : to > from ? (x - from) / (to - from)
                        : x >= to   ? 1.0
                                    : 0.0;
    sum += declared_.weights[bin] * std::clamp(part, 0.0, 1.0);
    total += declared_.weights[bin];
  }
  return sum / total;
}

double Law::pointed_at_most(double x) const {
  double at = 0;
  for (std::size_t i = 0; i < declared_.points.size(); ++i) {
    const double point = declared_.points[i];
    if (x >= point) {
      at = declared_.weights[i];
      continue;
    }
    if (i == 0) return 0;
    const double before = declared_.points[i - 1];
    return at + (declared_.weights[i] - at) * (x - before) / (point - before);
  }
  return 1;
}

/// Of the number before it is rounded (histogram and uniform: of the whole number that is drawn).
double Law::real_at_most(double x) const {
  if (x < low_) return 0;
  if (x >= high_) return 1;
  switch (law_) {
    case Declared::Constant:
      return 1;
    case Declared::Uniform:
      return whole_ ? (std::floor(x) - low_ + 1) / (high_ - low_ + 1) : (x - low_) / (high_ - low_);
    case Declared::Normal:
      return normal_between((x - a_) / b_, (low_ - a_) / b_, (high_ - a_) / b_);
    case Declared::Lognormal:
      if (x <= 0) return 0;
      return normal_between(std::log(x / a_) / b_, low_ > 0 ? std::log(low_ / a_) / b_ : -kEndless,
                            std::log(high_ / a_) / b_);
    case Declared::Exponential:
      return std::expm1(-(x - low_) / a_) / std::expm1(-(high_ - low_) / a_);
    case Declared::Geometric: {
      const double log_rest = std::log1p(-1 / a_);  // P(X > k) = exp(k · log_rest)
      return std::expm1(log_rest * (std::floor(x) - low_ + 1)) / std::expm1(log_rest * (high_ - low_ + 1));
    }
    case Declared::Zipf:
      return ranks_.at_most(static_cast<std::int64_t>(std::floor(x)));
    case Declared::Histogram:
      return binned_at_most(x);
    case Declared::Quantiles:
      return pointed_at_most(x);
  }
  return 1;
}

double Law::at_most(double x) const {
  const bool drawn_whole =
      law_ == Declared::Uniform || law_ == Declared::Histogram || law_ == Declared::Geometric || law_ == Declared::Zipf;
  if (!whole_ || drawn_whole) return real_at_most(x);
  const double k = std::floor(x);
  if (k >= high()) return 1;
  // Half is rounded away from zero: k + ½ belongs to k + 1 above zero and to k below.
  return k >= 0 ? real_at_most(std::nextafter(k + 0.5, -kEndless)) : real_at_most(k + 0.5);
}

double Law::below(double x) const { return at_most(whole_ ? std::ceil(x) - 1 : std::nextafter(x, -kEndless)); }

double Law::finite_low() const {
  if (std::isfinite(low_)) return low() - 1;
  return a_ - 40 * std::max(b_, 1.0);  // only a normal law has no least value
}

double Law::finite_high() const {
  if (std::isfinite(high_)) return high();
  const double from = std::isfinite(low_) ? std::max(low_, a_) : a_;
  if (law_ == Declared::Normal) return from + 40 * b_;
  if (law_ == Declared::Lognormal) return from * std::exp(40 * b_);
  return from + 800 * a_;
}

double Law::quantile(double p) const {
  double from = finite_low();  // at_most(from) < p
  double to = finite_high();
  if (whole_) from = std::floor(from), to = std::ceil(to);
  for (int i = 0; i < 300; ++i) {
    double middle = from > 0 ? std::sqrt(from) * std::sqrt(to) : from / 2 + to / 2;
    if (whole_) middle = std::floor(from / 2 + to / 2);
    if (middle <= from || middle >= to || (!whole_ && to - from < 1e-13 * std::abs(to))) break;
    (at_most(middle) >= p ? to : from) = middle;
  }
  return to;
}

double Law::mean() const {
  if (constant()) return low();
  constexpr double kRest = 1e-12;
  const double first = quantile(kRest);
  const double last = quantile(1 - kRest);
  if (whole_ && last - first <= 20'000) {
    double sum = 0;
    double before = 0;
    for (double k = first; k <= last; ++k) {
      const double here = at_most(k);
      sum += k * (here - before);
      before = here;
    }
    return sum;
  }
  // E X = ∫ quantile(p) dp, with p = 1 / (1 + e^-y), so that the steps are small where a tail is long.
  constexpr double kStep = 0.05;
  double sum = 0;
  double weights = 0;
  for (double y = -30; y <= 30; y += kStep) {
    const double p = 1 / (1 + std::exp(-y));
    const double weight = p / (1 + std::exp(y));
    sum += weight * quantile(p);
    weights += weight;
  }
  return sum / weights;
}

std::string Law::words(double unit, const std::string& suffix) const {
  const auto number = [&](double value) { return fmt::format("{:.10g}{}", value * unit, suffix); };
  std::string out;
  switch (law_) {
    case Declared::Constant:
      return "constant " + number(low_);
    case Declared::Uniform:
      return fmt::format("uniform, {} to {}", number(low_), number(high_));
    case Declared::Normal:
      out = fmt::format("normal, mean {}, sd {}", number(a_), number(b_));
      break;
    case Declared::Lognormal:
      out = fmt::format("lognormal, median {}, sigma {:.4g}", number(a_), b_);
      break;
    case Declared::Exponential:
      out = "exponential, mean " + number(a_);
      break;
    case Declared::Geometric:
      out = "geometric, mean " + number(a_);
      break;
    case Declared::Zipf:
      out = fmt::format("zipf, s {:.4g}", a_);
      if (b_ > 0) out += fmt::format(", q {:.6g}", b_);
      return out + fmt::format(", of {:.0f}", high_);
    case Declared::Histogram:
      return fmt::format("histogram of {} bins, {} to {}", declared_.weights.size(), number(low_), number(high_));
    case Declared::Quantiles:
      return fmt::format("{} quantiles, {} to {}", declared_.points.size(), number(low_), number(high_));
  }
  if (declared_.min) out += ", from " + number(*declared_.min);
  if (declared_.max) out += ", to " + number(*declared_.max);
  return out;
}

}  // namespace freshet
