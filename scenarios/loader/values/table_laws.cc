// Laws that are tables, or whose values are ranks.
//
//   {"zipf": {"s": 1.1, "of": 1000, "q": 0}}               ranks 1 … of, probability ~ (rank + q)^-s
//   {"histogram": [["0.00", "9.99", 60], ["10.00", "49.99", 40]]}   from, to (both included), weight
//   {"quantiles": {"0%": "0.42", "50%": "2.08", "100%": "649.50"}}  straight lines between
#include <cmath>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kMostPoints = 10'000;

bool read_zipf(const Json& body, Problems& problems, TableLaw& out) {
  constexpr std::int64_t kMostRanks = 1'000'000'000'000;
  const Members members(body, {"s", "of", "q"}, problems);
  const Json* s = members.require("s", "0.75");
  const Json* of = members.require("of", "1000, the number of ranks");
  if (s == nullptr || of == nullptr) return false;
  const auto exponent = read_number(
      *s, [](double number) { return number >= 0 && number <= 20; }, "an exponent from 0 to 20", problems);
  const auto ranks = read_integer(*of, 1, kMostRanks, problems);
  out.s = exponent.value_or(0);
  out.ranks = static_cast<double>(ranks.value_or(1));
  bool good = exponent && ranks;
  if (const Json* q = members.find("q")) {
    const auto shift = read_shift(*q, problems);
    out.q = shift.value_or(0);
    good = good && shift;
  }
  return good;
}

bool read_histogram(const Json& body, Problems& problems, TableLaw& out) {
  if (!body.is_array() || body.items.empty() || body.items.size() > kMostPoints) {
    mismatch(body, "a list of bins, [[from, to, weight]]", problems);
    return false;
  }
  bool good = true;
  for (const Json& bin : body.items) {
    if (!bin.is_array() || bin.items.size() != 3) {
      mismatch(bin, "a bin, [from, to, weight]", problems);
      good = false;
      continue;
    }
    const auto weight = read_weight(bin.items[2], problems);
    good = good && weight;
    out.points.push_back(&bin.items[0]);
    out.points.push_back(&bin.items[1]);
    out.weights.push_back(weight.value_or(1));
  }
  return good;
}

bool read_quantiles(const Json& body, Problems& problems, TableLaw& out) {
  if (!body.is_object() || body.items.size() < 2 || body.items.size() > kMostPoints) {
    mismatch(body, "two or more quantiles, {\"0%\": least, \"50%\": median, \"100%\": most}", problems);
    return false;
  }
  for (std::size_t i = 0; i < body.items.size(); ++i) {
    const auto share = parse_percent(body.names[i].text);
    const bool rising = share && *share <= 1 && (out.weights.empty() || *share > out.weights.back());
    if (!rising) {
      problems.error(body.names[i].origin, "\"" + body.names[i].text + "\" as a quantile",
                     "shares in rising order, \"0%\" … \"100%\"");
      return false;
    }
    out.weights.push_back(*share);
    out.points.push_back(&body.items[i]);
  }
  if (out.weights.front() > 0 || out.weights.back() < 1) {
    problems.error(body.origin, "quantiles without an end", "\"0%\", the least value, and \"100%\", the most");
    return false;
  }
  return true;
}

}  // namespace

std::optional<double> read_shift(const Json& value, Problems& problems) {
  return read_number(
      value, [](double number) { return number >= 0 && number <= 1e9; }, "a shift of the ranks, 0 or more", problems);
}

bool read_table_law(const std::string& name, const Json& body, Problems& problems, TableLaw& out) {
  if (name == "zipf") return read_zipf(body, problems, out);
  if (name == "histogram") return read_histogram(body, problems, out);
  return read_quantiles(body, problems, out);
}

}  // namespace freshet::loading
