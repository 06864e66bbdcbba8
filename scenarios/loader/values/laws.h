// Probability distributions as written in a scenario.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scenarios/loader/json/members.h"
#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// The quantity that a distribution describes. It decides how its parameters are written.
enum class LawOf {
  Value,     ///< a field: decimals in quotes, whole numbers, or numbers with "as": "double"
  Count,     ///< a number of list items: whole numbers, bounded
  Duration,  ///< "2s"
};

struct DrawnLaw {
  Distribution law;
  ColumnType type;  ///< Value only: Integer, Decimal (with scale) or Double
};

/// {"zipf" | "histogram" | "quantiles": …} before the type of its values is known (table_laws.cc).
struct TableLaw {
  std::variant<distributions::Zipf, distributions::Histogram, distributions::Quantiles> shape;
  std::vector<const Json*> points;  ///< the values of the table: the ends of bins in turn, or the quantiles
};
/// None after a problem.
[[nodiscard]] std::optional<TableLaw> read_table_law(const std::string& name, const Json& body, Problems& problems);
/// Zipf-Mandelbrot's q: a number ≥ 0.
[[nodiscard]] std::optional<double> read_shift(const Json& value, Problems& problems);
[[nodiscard]] Distribution constant_law(double value);

inline constexpr std::int64_t kMaxItems = 1000;  ///< in one list

/// The keys that make an object a distribution.
[[nodiscard]] const Names& law_names();
/// The key of the object that names a distribution, or null.
[[nodiscard]] const Json::Name* law_of(const Json& value);

[[nodiscard]] std::optional<DrawnLaw> read_law(const Json& value, LawOf of, Problems& problems);
/// "uniform" or {"zipf": s, "q": q}
[[nodiscard]] std::optional<Pick> read_pick(const Json& value, Problems& problems);
/// The smallest value of the distribution, in its unit.
[[nodiscard]] double least_of(const Distribution& law);
/// The largest value, or infinity.
[[nodiscard]] double most_of(const Distribution& law);

}  // namespace freshet::loading
