// Distributions that are tables, or whose values are ranks.
//
// {"zipf": {"s": 1.1, "of": 1000, "q": 0}}: ranks 1 … of, probability ~ (rank + q)^-s
//
// {"histogram": [["0.00", "9.99", 60], ["10.00", "49.99", 40]]}: from, to (both included), weight
//
// {"quantiles": {"0%": "0.42", "50%": "2.08", "100%": "649.50"}}: linear between them
#include <cmath>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kMostPoints = 10'000;

std::optional<TableLaw> read_zipf(const Json& body, Problems& problems) {
  constexpr std::int64_t kMostRanks = 1'000'000'000'000;
  const Members members(body, {"s", "of", "q"}, problems);
  const Json* s = members.require("s", "0.75");
  const Json* of = members.require("of", "1000, the number of ranks");
  if (s == nullptr || of == nullptr) return std::nullopt;
  const auto exponent = read_number(
      *s, [](double number) { return number >= 0 && number <= 20; }, "an exponent from 0 to 20", problems);
  const auto ranks = read_integer(*of, 1, kMostRanks, problems);
  std::optional<double> shift = 0.0;
  if (const Json* q = members.find("q")) shift = read_shift(*q, problems);
  if (!exponent || !ranks || !shift) return std::nullopt;
  return TableLaw{distributions::Zipf{static_cast<double>(*ranks), *exponent, *shift}, {}};
}

std::optional<TableLaw> read_histogram(const Json& body, Problems& problems) {
  if (!body.is_array() || body.items.empty() || body.items.size() > kMostPoints) {
    mismatch(body, "a list of bins, [[from, to, weight]]", problems);
    return std::nullopt;
  }
  bool good = true;
  distributions::Histogram histogram;
  std::vector<const Json*> points;
  for (const Json& bin : body.items) {
    if (!bin.is_array() || bin.items.size() != 3) {
      mismatch(bin, "a bin, [from, to, weight]", problems);
      good = false;
      continue;
    }
    const auto weight = read_weight(bin.items[2], problems);
    good = good && weight;
    points.push_back(&bin.items[0]);
    points.push_back(&bin.items[1]);
    histogram.bins.push_back({0, 0, weight.value_or(1)});
  }
  return good ? std::optional(TableLaw{std::move(histogram), std::move(points)}) : std::nullopt;
}

std::optional<TableLaw> read_quantiles(const Json& body, Problems& problems) {
  if (!body.is_object() || body.items.size() < 2 || body.items.size() > kMostPoints) {
    mismatch(body, "two or more quantiles, {\"0%\": least, \"50%\": median, \"100%\": most}", problems);
    return std::nullopt;
  }
  distributions::Quantiles quantiles;
  std::vector<const Json*> points;
  for (std::size_t i = 0; i < body.items.size(); ++i) {
    const auto share = parse_percent(body.names[i].text);
    const bool rising = share && *share <= 1 && (quantiles.points.empty() || *share > quantiles.points.back().share);
    if (!rising) {
      problems.error(body.names[i].origin, "\"" + body.names[i].text + "\" as a quantile",
                     "shares in rising order, \"0%\" … \"100%\"");
      return std::nullopt;
    }
    quantiles.points.push_back({*share, 0});
    points.push_back(&body.items[i]);
  }
  if (quantiles.points.front().share > 0 || quantiles.points.back().share < 1) {
    problems.error(body.origin, "quantiles without an end", "\"0%\", the least value, and \"100%\", the most");
    return std::nullopt;
  }
  return TableLaw{std::move(quantiles), std::move(points)};
}

}  // namespace

std::optional<double> read_shift(const Json& value, Problems& problems) {
  return read_number(
      value, [](double number) { return number >= 0 && number <= 1e9; }, "a shift of the ranks, 0 or more", problems);
}

std::optional<TableLaw> read_table_law(const std::string& name, const Json& body, Problems& problems) {
  if (name == "zipf") return read_zipf(body, problems);
  if (name == "histogram") return read_histogram(body, problems);
  return read_quantiles(body, problems);
}

}  // namespace freshet::loading
