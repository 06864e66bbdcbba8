// Probability distributions as written in a scenario.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scenarios/loader/json/object_reader.h"
#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// The quantity that a distribution describes. It decides how its parameters are written.
enum class DistributionUse {
  Value,     ///< a field: decimals in quotes, whole numbers, or numbers with "as": "double"
  Count,     ///< a number of list items: whole numbers, bounded
  Duration,  ///< "2s"
};

struct DrawnDistribution {
  Distribution distribution;
  ColumnType type;  ///< Value only: Integer, Decimal (with scale) or Double
};

/// {"zipf" | "histogram" | "quantiles": …} before the type of its values is known (distribution_tables.cc).
struct TableDistribution {
  std::variant<distributions::Zipf, distributions::Histogram, distributions::Quantiles> shape;
  std::vector<const Json*> points;  ///< the values of the table: the ends of bins in turn, or the quantiles
};
/// None after a problem.
[[nodiscard]] std::optional<TableDistribution> read_table_distribution(const std::string& name, const Json& body,
                                                                       Problems& problems);
/// Zipf-Mandelbrot's q: a number ≥ 0.
[[nodiscard]] std::optional<double> read_shift(const Json& value, Problems& problems);
[[nodiscard]] Distribution constant_distribution(double value);

inline constexpr std::int64_t kMaxItems = 1000;  ///< in one list

/// The keys that make an object a distribution.
[[nodiscard]] const Names& distribution_names();
/// The key of the object that names a distribution, or null.
[[nodiscard]] const Json::Name* distribution_name_in(const Json& value);

[[nodiscard]] std::optional<DrawnDistribution> read_distribution(const Json& value, DistributionUse of,
                                                                 Problems& problems);
/// "uniform" or {"zipf": s, "q": q}
[[nodiscard]] std::optional<Pick> read_pick(const Json& value, Problems& problems);
/// The smallest value of the distribution, in its unit.
[[nodiscard]] double least_of(const Distribution& distribution);
/// The largest value, or infinity.
[[nodiscard]] double most_of(const Distribution& distribution);

}  // namespace freshet::loading
