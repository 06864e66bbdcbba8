// Distributions of numbers, and how one of many instances is picked.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/row.h"

namespace freshet {

/// Shapes of a Distribution.
namespace distributions {

struct Constant {
  double value = 0;
};

/// Whole numbers and decimals: both ends included.
struct Uniform {
  double least = 0;
  double most = 0;
};

struct Normal {
  double mean = 0;
  double deviation = 0;
};

struct LogNormal {
  double median = 0;
  double sigma = 0;  ///< standard deviation of the logarithm
};

struct Exponential {
  double mean = 0;
};

/// 1, 2, 3…
struct Geometric {
  double mean = 1;
};

/// Ranks 1 … `ranks` with probability ~ (rank + shift)^-exponent: Zipf, and with a shift Zipf-Mandelbrot.
struct Zipf {
  double ranks = 1;
  double exponent = 0;
  double shift = 0;
};

/// Within a bin, which includes both of its ends, all values are equally likely.
struct Histogram {
  struct Bin {
    double from = 0;
    double to = 0;
    double weight = 1;
  };
  std::vector<Bin> bins;
};

/// The share below each value, with straight lines between; the first share is 0, the last 1.
struct Quantiles {
  struct Point {
    double share = 0;
    double value = 0;
  };
  std::vector<Point> points;
};

}  // namespace distributions

/// A probability distribution of numbers, in the unit of what is drawn: µs for durations, units of 10^-scale for
/// decimals, else plain.
struct Distribution {
  std::variant<distributions::Constant, distributions::Uniform, distributions::Normal, distributions::LogNormal,
               distributions::Exponential, distributions::Geometric, distributions::Zipf, distributions::Histogram,
               distributions::Quantiles>
      shape;
  /// Bounds that truncate it: what is drawn lies between them, so a truncated exponential is a shifted one.
  std::optional<double> min = std::nullopt;
  std::optional<double> max = std::nullopt;

  template <typename Shape>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Shape>(shape);
  }
};

/// Ways to pick an instance.
namespace picks {

struct Uniform {};

/// By rank of popularity, as distributions::Zipf.
struct Zipf {
  double exponent = 0;  ///< ≥ 0
  double shift = 0;     ///< ≥ 0
};

/// In proportion to a column of version 1: references to entities with rows.
struct Weighted {
  ColumnIndex column{};
};

/// This many arrivals back on average, exponential: references to arrivals.
struct Recent {
  double mean = 0;
};

}  // namespace picks

/// How an instance is picked.
struct Pick {
  std::variant<picks::Uniform, picks::Zipf, picks::Weighted, picks::Recent> choice;

  template <typename Choice>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Choice>(choice);
  }
  /// Null when it is another.
  template <typename Choice>
  [[nodiscard]] const Choice* as() const {
    return std::get_if<Choice>(&choice);
  }
};

}  // namespace freshet
