// Between which values a distribution draws.
#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "scenarios/loader/values/distributions.h"

namespace freshet::loading {

double least_of(const Distribution& distribution) {
  namespace d = distributions;
  const double least = distribution.min.value_or(0);
  const auto lowest = [](const auto& entries, auto member) {
    double value = HUGE_VAL;
    for (const auto& entry : entries) value = std::min(value, entry.*member);
    return value;
  };
  return std::visit(
      Overloaded{
          [&](const d::Constant& constant) { return std::max(least, constant.value); },
          [&](const d::Uniform& uniform) { return std::max(least, uniform.least); },
          [&](const d::Histogram& histogram) { return lowest(histogram.bins, &d::Histogram::Bin::from); },
          [&](const d::Quantiles& quantiles) { return lowest(quantiles.points, &d::Quantiles::Point::value); },
          [&](const OneOf<d::Normal, d::LogNormal, d::Exponential, d::Geometric, d::Zipf> auto&) { return least; }},
      distribution.shape);
}

double most_of(const Distribution& distribution) {
  namespace d = distributions;
  const double most = distribution.max.value_or(HUGE_VAL);
  const auto highest = [](const auto& entries, auto member) {
    double value = -HUGE_VAL;
    for (const auto& entry : entries) value = std::max(value, entry.*member);
    return value;
  };
  return std::visit(
      Overloaded{[&](const d::Constant& constant) { return std::min(most, constant.value); },
                 [&](const d::Uniform& uniform) { return std::min(most, uniform.most); },
                 [&](const d::Zipf& zipf) { return zipf.ranks; },
                 [&](const d::Histogram& histogram) { return highest(histogram.bins, &d::Histogram::Bin::to); },
                 [&](const d::Quantiles& quantiles) { return highest(quantiles.points, &d::Quantiles::Point::value); },
                 [&](const OneOf<d::Normal, d::LogNormal, d::Exponential, d::Geometric> auto&) { return most; }},
      distribution.shape);
}

}  // namespace freshet::loading
