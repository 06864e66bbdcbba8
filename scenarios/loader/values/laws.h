// Laws of probability as written in a scenario.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scenarios/loader/json/members.h"
#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// What a law is over. It decides how its parameters are written.
enum class LawOf {
  Value,     ///< of a field: decimals in quotes, whole numbers, or numbers with "as": "double"
  Count,     ///< of list items: whole numbers, bounded
  Duration,  ///< "2s"
};

struct DrawnLaw {
  Distribution law;
  ColumnType type;  ///< Value only: Integer, Decimal (with scale) or Double
};

/// What {"zipf" | "histogram" | "quantiles": …} says, before the type of its values is known (table_laws.cc).
struct TableLaw {
  std::variant<distributions::Zipf, distributions::Histogram, distributions::Quantiles> shape;
  std::vector<const Json*> points;  ///< the values of the table: the ends of bins in turn, or the quantiles
};
/// None after a problem.
[[nodiscard]] std::optional<TableLaw> read_table_law(const std::string& name, const Json& body, Problems& problems);
/// Zipf-Mandelbrot's q: a number ≥ 0.
[[nodiscard]] std::optional<double> read_shift(const Json& value, Problems& problems);
[[nodiscard]] Distribution constant_law(double value);

inline constexpr std::int64_t kMaxItems = 1000;  ///< of one list

/// The keys that make an object a law.
[[nodiscard]] const Names& law_names();
/// The law that the object names, or null.
[[nodiscard]] const Json::Name* law_of(const Json& value);

[[nodiscard]] std::optional<DrawnLaw> read_law(const Json& value, LawOf of, Problems& problems);
/// "uniform" or {"zipf": s, "q": q}
[[nodiscard]] std::optional<Pick> read_pick(const Json& value, Problems& problems);
/// The least value that the law can yield, in its unit.
[[nodiscard]] double least_of(const Distribution& law);
/// The most, or infinity.
[[nodiscard]] double most_of(const Distribution& law);

}  // namespace freshet::loading
