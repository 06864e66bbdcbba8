#include "fit/laws/law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "fit/laws/special.h"

namespace freshet {
namespace {

namespace d = distributions;
constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr std::int64_t kExactRanks = 100'000;

using Shape = decltype(Distribution::shape);

/// A shape that leaves only one value, because it has no deviation or its mean is its least value, as a constant.
Shape without_spread(const Shape& declared) {
  const auto constant_if = [&](bool single, double value) { return single ? Shape(d::Constant{value}) : declared; };
  return std::visit(
      Overloaded{
          [&](const d::Normal& normal) { return constant_if(normal.deviation <= 0, normal.mean); },
          [&](const d::LogNormal& lognormal) {
            return constant_if(lognormal.median <= 0 || lognormal.sigma <= 0, lognormal.median);
          },
          [&](const d::Exponential& exponential) { return constant_if(exponential.mean <= 0, exponential.mean); },
          [&](const d::Geometric& geometric) { return constant_if(geometric.mean <= 1, geometric.mean); },
          [&](const OneOf<d::Constant, d::Uniform, d::Zipf, d::Histogram, d::Quantiles> auto&) { return declared; },
      },
      declared);
}

std::string zipf_words(double exponent, double shift) {
  return fmt::format("zipf, s {:.4g}", exponent) + (shift > 0 ? fmt::format(", q {:.6g}", shift) : "");
}

double pointed_at_most(const d::Quantiles& quantiles, double x) {
  double at = 0;
  for (std::size_t i = 0; i < quantiles.points.size(); ++i) {
    const auto& [share, value] = quantiles.points[i];
    if (x >= value) {
      at = share;
      continue;
    }
    if (i == 0) return 0;
    const double before = quantiles.points[i - 1].value;
    return at + (share - at) * (x - before) / (value - before);
  }
  return 1;
}

}  // namespace

RankLaw::RankLaw(std::int64_t n, double s, double q) : n_(n), s_(s), q_(q) {
  sums_.resize(static_cast<std::size_t>(std::min(n, kExactRanks)) + 1);
  for (std::size_t k = 1; k < sums_.size(); ++k) sums_[k] = sums_[k - 1] + std::pow(static_cast<double>(k) + q, -s);
  total_ = sum_to(n);
}

RankLaw RankLaw::of(const Pick& pick, std::int64_t n) {
  const auto* zipf = pick.as<picks::Zipf>();
  return zipf == nullptr ? RankLaw(n, 0, 0) : RankLaw(n, zipf->exponent, zipf->shift);
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
  const auto* zipf = pick.as<picks::Zipf>();
  if (zipf == nullptr) return "uniform";
  return zipf_words(zipf->exponent, zipf->shift);
}

Law::Law(const Distribution& distribution, bool whole)
    : shape_(without_spread(distribution.shape)),
      min_(distribution.min),
      max_(distribution.max),
      whole_(whole),
      low_(distribution.min.value_or(-kEndless)),
      high_(distribution.max.value_or(kEndless)) {
  std::visit([this](const auto& shape) { limit(shape); }, shape_);
}

void Law::limit(const d::Constant& constant) { low_ = high_ = std::max(low_, std::min(constant.value, high_)); }

void Law::limit(const d::Uniform& uniform) {
  low_ = std::max(low_, uniform.least);
  high_ = std::max(low_, std::min(high_, uniform.most));
  if (whole_) low_ = std::ceil(low_), high_ = std::floor(high_);
}

void Law::limit(const d::Normal&) {}

void Law::limit(const d::LogNormal&) { low_ = std::max(low_, 0.0); }

void Law::limit(const d::Exponential&) { low_ = std::max(low_, 0.0); }

void Law::limit(const d::Geometric&) {
  low_ = std::max(std::ceil(low_), 1.0);
  high_ = std::floor(high_);
}

void Law::limit(const d::Zipf& zipf) {
  low_ = 1;
  high_ = std::max(1.0, std::floor(zipf.ranks));
  ranks_ = RankLaw(static_cast<std::int64_t>(high_), zipf.exponent, zipf.shift);
}

void Law::limit(const d::Histogram& histogram) {
  const auto from = [](const auto& a, const auto& b) { return a.from < b.from; };
  const auto to = [](const auto& a, const auto& b) { return a.to < b.to; };
  low_ = std::min_element(histogram.bins.begin(), histogram.bins.end(), from)->from;
  high_ = std::max_element(histogram.bins.begin(), histogram.bins.end(), to)->to;
}

void Law::limit(const d::Quantiles& quantiles) {
  low_ = quantiles.points.front().value;
  high_ = quantiles.points.back().value;
}

double Law::low() const { return whole_ && std::isfinite(low_) ? std::round(low_) : low_; }
double Law::high() const { return whole_ && std::isfinite(high_) ? std::round(high_) : high_; }

bool Law::possible(double value) const {
  // Rounding may reach a limit of real numbers.
  const auto within = [&](double from, double to) {
    const double slack = whole_ ? 0 : 1e-9 * (std::isfinite(from) ? std::abs(from) : 0) + 1e-12;
    return value >= from - slack && value <= to + slack * std::max(1.0, std::isfinite(to) ? std::abs(to) : 1.0);
  };
  const auto* histogram = std::get_if<d::Histogram>(&shape_);
  if (histogram == nullptr) return within(low(), high());
  return std::any_of(histogram->bins.begin(), histogram->bins.end(), [&](const d::Histogram::Bin& bin) {
    return whole_ ? within(std::round(bin.from), std::round(bin.to)) : within(bin.from, bin.to);
  });
}

/// The normal distribution between the truncations, on the side where differences keep their digits.
double Law::normal_between(double z, double from, double to) const {
  if (from > 0) return 1 - normal_between(-z, -to, -from);
  const double below_from = normal_at_most(from);
  return (normal_at_most(z) - below_from) / (normal_at_most(to) - below_from);
}

double Law::binned_at_most(const d::Histogram& histogram, double x) const {
  double total = 0;
  double sum = 0;
  for (const d::Histogram::Bin& bin : histogram.bins) {
    const double from = whole_ ? std::round(bin.from) : bin.from;
    const double to = whole_ ? std::round(bin.to) : bin.to;
    const double part = whole_      ? (std::floor(x) - from + 1) / (to - from + 1)
                        : to > from ? (x - from) / (to - from)
                        : x >= to   ? 1.0
                                    : 0.0;
    sum += bin.weight * std::clamp(part, 0.0, 1.0);
    total += bin.weight;
  }
  return sum / total;
}

/// For the number before it is rounded (histogram and uniform: for the whole number that is drawn).
double Law::real_at_most(double x) const {
  if (x < low_) return 0;
  if (x >= high_) return 1;
  return std::visit(
      Overloaded{
          [](const d::Constant&) { return 1.0; },
          [&](const d::Uniform&) {
            return whole_ ? (std::floor(x) - low_ + 1) / (high_ - low_ + 1) : (x - low_) / (high_ - low_);
          },
          [&](const d::Normal& normal) {
            const auto z = [&](double at) { return (at - normal.mean) / normal.deviation; };
            return normal_between(z(x), z(low_), z(high_));
          },
          [&](const d::LogNormal& lognormal) {
            if (x <= 0) return 0.0;
            const auto z = [&](double at) { return std::log(at / lognormal.median) / lognormal.sigma; };
            return normal_between(z(x), low_ > 0 ? z(low_) : -kEndless, z(high_));
          },
          [&](const d::Exponential& exponential) {
            return std::expm1(-(x - low_) / exponential.mean) / std::expm1(-(high_ - low_) / exponential.mean);
          },
          [&](const d::Geometric& geometric) {
            const double log_rest = std::log1p(-1 / geometric.mean);  // P(X > k) = exp(k · log_rest)
            return std::expm1(log_rest * (std::floor(x) - low_ + 1)) / std::expm1(log_rest * (high_ - low_ + 1));
          },
          [&](const d::Zipf&) { return ranks_.at_most(static_cast<std::int64_t>(std::floor(x))); },
          [&](const d::Histogram& histogram) { return binned_at_most(histogram, x); },
          [&](const d::Quantiles& quantiles) { return pointed_at_most(quantiles, x); },
      },
      shape_);
}

double Law::at_most(double x) const {
  const bool drawn_whole = std::visit(
      Overloaded{
          [](const OneOf<d::Uniform, d::Histogram, d::Geometric, d::Zipf> auto&) { return true; },
          [](const OneOf<d::Constant, d::Normal, d::LogNormal, d::Exponential, d::Quantiles> auto&) { return false; }},
      shape_);
  if (!whole_ || drawn_whole) return real_at_most(x);
  const double k = std::floor(x);
  if (k >= high()) return 1;
  // Half is rounded away from zero: k + ½ belongs to k + 1 above zero and to k below.
  return k >= 0 ? real_at_most(std::nextafter(k + 0.5, -kEndless)) : real_at_most(k + 0.5);
}

double Law::below(double x) const { return at_most(whole_ ? std::ceil(x) - 1 : std::nextafter(x, -kEndless)); }

double Law::finite_low() const {
  if (std::isfinite(low_)) return low() - 1;
  const auto& normal = std::get<d::Normal>(shape_);  // no other has no least value
  return normal.mean - 40 * std::max(normal.deviation, 1.0);
}

double Law::finite_high() const {
  if (std::isfinite(high_)) return high();
  const auto from = [&](double middle) { return std::isfinite(low_) ? std::max(low_, middle) : middle; };
  return std::visit(
      Overloaded{
          [&](const d::Normal& normal) { return from(normal.mean) + 40 * normal.deviation; },
          [&](const d::LogNormal& lognormal) { return from(lognormal.median) * std::exp(40 * lognormal.sigma); },
          [&](const OneOf<d::Exponential, d::Geometric> auto& fading) { return from(fading.mean) + 800 * fading.mean; },
          [&](const OneOf<d::Constant, d::Uniform, d::Zipf, d::Histogram, d::Quantiles> auto&) { return high(); },
      },
      shape_);
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
  // E X = ∫ quantile(p) dp with p = 1 / (1 + e^-y), so that the steps are small where a tail is long.
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
  const auto limits = [&] { return (min_ ? ", from " + number(*min_) : "") + (max_ ? ", to " + number(*max_) : ""); };
  const auto range = [&] { return number(low_) + " to " + number(high_); };
  return std::visit(
      Overloaded{
          [&](const d::Constant&) { return "constant " + number(low_); },
          [&](const d::Uniform&) { return "uniform, " + range(); },
          [&](const d::Normal& normal) {
            return fmt::format("normal, mean {}, sd {}", number(normal.mean), number(normal.deviation)) + limits();
          },
          [&](const d::LogNormal& lognormal) {
            return fmt::format("lognormal, median {}, sigma {:.4g}", number(lognormal.median), lognormal.sigma) +
                   limits();
          },
          [&](const d::Exponential& exponential) { return "exponential, mean " + number(exponential.mean) + limits(); },
          [&](const d::Geometric& geometric) { return "geometric, mean " + number(geometric.mean) + limits(); },
          [&](const d::Zipf& zipf) {
            return zipf_words(zipf.exponent, zipf.shift) + fmt::format(", of {:.0f}", high_);
          },
          [&](const d::Histogram& histogram) {
            return fmt::format("histogram of {} bins, {}", histogram.bins.size(), range());
          },
          [&](const d::Quantiles& quantiles) {
            return fmt::format("{} quantiles, {}", quantiles.points.size(), range());
          },
      },
      shape_);
}

}  // namespace freshet
