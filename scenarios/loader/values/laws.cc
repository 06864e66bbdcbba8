// Laws of probability: {"lognormal": {"median": "40.00", "sigma": 0.93}, "min": "1.33", "max": "439.99"}
//
// The way the values of a law are written says what is drawn: whole numbers → integers, decimals in quotes →
// decimals with that many digits, durations → durations. A bare 7.9 is refused, so that money never becomes a
// binary double by mistake; "as": "double" asks for one.
#include "scenarios/loader/values/laws.h"

#include <algorithm>
#include <cmath>

#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

// The nearest double that is not beyond the number: no bound of a law is exceeded, 18 digits stay 18.
double toward_zero(std::int64_t number) {
  const auto nearest = static_cast<double>(number);
  const bool beyond = std::abs(nearest) >= 0x1p63 || std::abs(static_cast<std::int64_t>(nearest)) > std::abs(number);
  return beyond ? std::nextafter(nearest, 0.0) : nearest;
}

using Law = Distribution::Law;

constexpr double kNormalReach = 8;  // standard deviations beyond which a truncated normal would be empty in practice

/// The parameters of one law that are in the unit of what is drawn, and what they say together about its type.
class Values {
 public:
  Values(LawOf of, Problems& problems) : of_(of), problems_(problems) {}

  /// Adds a parameter. Reports one that cannot be a value; `ok()` is false then.
  void add(const Json& node) {
    switch (of_) {
      case LawOf::Duration:
        ok_ = read_duration(node, problems_).has_value() && ok_;
        return;
      case LawOf::Count:
        ok_ = read_integer(node, 0, kMaxItems, problems_).has_value() && ok_;
        return;
      case LawOf::Value:
        add_value(node);
        return;
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool any_fraction() const { return fraction_ != nullptr; }

  void as_double() { type_.kind = Kind::Double; }
  void set_scale(int scale) { given_scale_ = scale; }

  /// The type, once all parameters are added. False when they do not agree.
  bool settle() {
    if (of_ != LawOf::Value) {
      type_.kind = Kind::Integer;
      return ok_;
    }
    if (type_.kind == Kind::Double) return ok_ && settle_double();
    if (!ok_) return false;
    if (fraction_ != nullptr) {
      problems_.error(fraction_->origin, "found " + describe(*fraction_),
                      "the decimal in quotes, \"" + fraction_->text + "\", or \"as\": \"double\" beside the law");
      return false;
    }
    if (quoted_ != nullptr && whole_ != nullptr) {
      problems_.error(whole_->origin, "found " + describe(*whole_) + " beside decimals in quotes",
                      "the decimal in quotes, \"" + whole_->text + '"');
      return false;
    }
    const bool decimal = quoted_ != nullptr || given_scale_;
    type_.kind = decimal ? Kind::Decimal : Kind::Integer;
    type_.scale = decimal ? std::max(given_scale_.value_or(scale_), scale_) : 0;
    if (given_scale_ && *given_scale_ < scale_) {
      problems_.error(quoted_->origin, "more digits than the \"scale\" of " + std::to_string(*given_scale_),
                      "at most that many digits after the point");
      return false;
    }
    return true;
  }

  [[nodiscard]] const ColumnType& type() const { return type_; }

  /// The parameter's number in the unit of what is drawn. After settle().
  [[nodiscard]] double number(const Json& node) const {
    if (of_ == LawOf::Duration) return *parse_duration(node.text);
    if (node.is_text()) {
      const DecimalText decimal = *parse_decimal_text(node.text);
      return toward_zero(decimal.units) * std::pow(10, type_.scale - decimal.scale);
    }
    return number_of(node) * (type_.kind == Kind::Decimal ? std::pow(10, type_.scale) : 1);
  }

 private:
  void add_value(const Json& node) {
    if (node.is_text()) {
      const auto decimal = parse_decimal_text(node.text);
      if (decimal) {
        if (quoted_ == nullptr || decimal->scale >= scale_) quoted_ = &node;
        scale_ = std::max(scale_, decimal->scale);
        return;
      }
    } else if (node.is_whole_number()) {
      constexpr double kExact = 9e15;  // below it a double holds every whole number
      if (std::abs(number_of(node)) <= kExact) {
        whole_ = &node;
        return;
      }
    } else if (node.is_number() && std::isfinite(number_of(node))) {
      fraction_ = &node;
      return;
    }
    ok_ = false;
    mismatch(node, "a whole number or a decimal in quotes such as \"7.90\"", problems_);
  }

  bool settle_double() {
    if (quoted_ == nullptr && !given_scale_) return true;
    if (quoted_ != nullptr) {
      problems_.error(quoted_->origin, "a decimal in quotes in a law with \"as\": \"double\"", "a plain number");
    }
    return false;
  }

  LawOf of_;
  Problems& problems_;
  const Json* quoted_ = nullptr;
  const Json* whole_ = nullptr;
  const Json* fraction_ = nullptr;
  int scale_ = 0;
  std::optional<int> given_scale_;
  ColumnType type_;
  bool ok_ = true;
};

/// A law being read: its nodes, before the type of its values is known.
struct Draft {
  Law law = Law::Constant;
  const Json* a = nullptr;  ///< value
  const Json* b = nullptr;  ///< value
  double shape = 0;         ///< lognormal's sigma
  double plain_mean = 0;    ///< geometric's mean: a plain number
  const Json* min = nullptr;
  const Json* max = nullptr;
  TableLaw table;
};

bool is_table_law(const std::string& name) { return name == "zipf" || name == "histogram" || name == "quantiles"; }

class LawReader {
 public:
  LawReader(const Json& value, LawOf of, Problems& problems)
      : value_(value), of_(of), problems_(problems), values_(of, problems) {}

  std::optional<DrawnLaw> read() {
    const Json::Name* name = law_of(value_);
    if (name == nullptr) {
      mismatch(value_, expected_law(), problems_);
      return std::nullopt;
    }
    const bool table = is_table_law(name->text);
    Names known{name->text};
    if (!table) known.insert(known.end(), {"min", "max"});
    if (of_ == LawOf::Value) known.insert(known.end(), {"scale", "as"});
    const Members members(value_, known, problems_);
    if (!read_law_body(name->text, *value_.find(name->text))) return std::nullopt;
    read_bounds(members);
    if (of_ == LawOf::Value) read_type(members);
    for (const Json* node : {draft_.a, draft_.b, draft_.min, draft_.max}) {
      if (node != nullptr) values_.add(*node);
    }
    for (const Json* node : draft_.table.points) values_.add(*node);
    if (!values_.settle() || !fits_name(name->text)) return std::nullopt;
    DrawnLaw out{distribution(), values_.type()};
    return possible(out.law) ? std::optional(out) : std::nullopt;
  }

 private:
  [[nodiscard]] std::string expected_law() const {
    switch (of_) {
      case LawOf::Duration:
        return "a duration such as \"2s\" or a law such as {\"exponential\": \"5s\", \"min\": \"2s\"}";
      case LawOf::Count:
        return "a count or a law such as {\"uniform\": [1, 10]}";
      case LawOf::Value:
        return "a law: " + one_of(law_names());
    }
    return {};
  }

  bool read_law_body(const std::string& name, const Json& body) {
    if (name == "uniform" || name == "integer" || name == "decimal") return read_interval(name, body);
    if (name == "normal") return read_pair(body, Law::Normal, "mean", "sd");
    if (name == "lognormal") return read_lognormal(body);
    if (name == "geometric") return read_geometric(body);
    if (is_table_law(name)) return read_table(name, body);
    draft_.law = name == "exponential" ? Law::Exponential : Law::Constant;
    draft_.a = &body;
    return allowed(name, body, name == "exponential" ? of_ != LawOf::Count : of_ != LawOf::Value);
  }

  /// Not every law makes sense over every quantity.
  bool allowed(const std::string& name, const Json& body, bool yes) {
    if (!yes) problems_.error(body.origin, '"' + name + "\" does not fit here", expected_law());
    return yes;
  }

  bool read_interval(const std::string& name, const Json& body) {
    if (name == "decimal" && !allowed(name, body, of_ == LawOf::Value)) return false;
    if (name == "integer" && !allowed(name, body, of_ != LawOf::Duration)) return false;
    if (!body.is_array() || body.items.size() != 2) {
      mismatch(body, "two values, [least, most]", problems_);
      return false;
    }
    draft_.law = Law::Uniform;
    draft_.a = &body.items[0];
    draft_.b = &body.items[1];
    return true;
  }

  bool read_pair(const Json& body, Law law, std::string_view first, std::string_view second) {
    const std::string name = law == Law::Normal ? "normal" : "lognormal";
    if (!allowed(name, body, of_ != LawOf::Count)) return false;
    const Members members(body, {std::string(first), std::string(second)}, problems_);
    draft_.law = law;
    draft_.a = members.require(first, "a value");
    draft_.b = members.require(second, "a value");
    return draft_.a != nullptr && draft_.b != nullptr;
  }

  bool read_lognormal(const Json& body) {
    if (!read_pair(body, Law::Lognormal, "median", "sigma")) return false;
    const auto sigma = read_number(
        *draft_.b, [](double s) { return s >= 0 && s <= 20; }, "sigma, a plain number from 0 to 20", problems_);
    draft_.b = nullptr;
    draft_.shape = sigma.value_or(0);
    return sigma.has_value();
  }

  bool read_table(const std::string& name, const Json& body) {
    if (name == "zipf" && !allowed(name, body, of_ != LawOf::Duration)) return false;
    draft_.law = name == "zipf" ? Law::Zipf : name == "histogram" ? Law::Histogram : Law::Quantiles;
    return read_table_law(name, body, problems_, draft_.table);
  }

  bool read_geometric(const Json& body) {
    if (!allowed("geometric", body, of_ != LawOf::Duration)) return false;
    const Members members(body, {"mean", "max"}, problems_);
    const Json* mean = members.require("mean", "5.5");
    draft_.law = Law::Geometric;
    draft_.max = members.find("max");
    if (mean == nullptr) return false;
    const auto number = read_number(
        *mean, [](double m) { return m >= 1 && m <= 1e9; }, "a mean, a plain number of at least 1", problems_);
    draft_.plain_mean = number.value_or(1);
    return number.has_value();
  }

  void read_bounds(const Members& members) {
    draft_.min = members.find("min");
    const Json* max = members.find("max");
    if (max != nullptr && draft_.max != nullptr) {
      problems_.error(max->origin, "a second \"max\"", "one \"max\"");
    } else if (max != nullptr) {
      draft_.max = max;
    }
  }

  void read_type(const Members& members) {
    if (const Json* scale = members.find("scale")) {
      if (const auto digits = read_integer(*scale, 0, kMaxScale, problems_))
        values_.set_scale(static_cast<int>(*digits));
    }
    if (const Json* as = members.find("as")) {
      if (as->is_text() && as->text == "double") {
        values_.as_double();
        if (const Json* scale = members.find("scale")) {
          problems_.error(scale->origin, "\"scale\" beside \"as\": \"double\"", "one of them");
        }
      } else {
        mismatch(*as, "\"double\"", problems_);
      }
    }
  }

  /// {"integer": …} and {"decimal": …} say the type in their name.
  bool fits_name(const std::string& name) {
    const Kind kind = values_.type().kind;
    if (name == "decimal" && kind != Kind::Decimal) {
      mismatch(*draft_.a, "a decimal in quotes, \"" + draft_.a->text + (draft_.a->is_whole_number() ? ".00\"" : "\""),
               problems_);
      return false;
    }
    if ((name == "integer" || name == "geometric" || name == "zipf") && kind != Kind::Integer) {
      problems_.error(value_.origin, "\"" + name + "\" draws whole numbers",
                      name == "integer" ? "whole numbers, or \"decimal\"" : "whole numbers");
      return false;
    }
    return true;
  }

  [[nodiscard]] Distribution distribution() const {
    Distribution out;
    out.law = draft_.law;
    out.a = draft_.a != nullptr ? values_.number(*draft_.a) : draft_.plain_mean;
    out.b = draft_.b != nullptr ? values_.number(*draft_.b) : draft_.shape;
    if (draft_.min != nullptr) out.min = values_.number(*draft_.min);
    if (draft_.max != nullptr) out.max = values_.number(*draft_.max);
    for (const Json* node : draft_.table.points) out.points.push_back(values_.number(*node));
    out.weights = draft_.table.weights;
    if (draft_.law == Law::Zipf) {
      out.a = draft_.table.s;
      out.b = draft_.table.q;
      out.max = draft_.table.ranks;
    }
    return out;
  }

  /// The law has values, and values that can be had here.
  bool possible(const Distribution& law) {
    const auto refuse = [&](const Json* at, std::string message, std::string expected) {
      problems_.error(at != nullptr ? at->origin : value_.origin, std::move(message), std::move(expected));
      return false;
    };
    if (law.min && law.max && *law.min > *law.max) return refuse(draft_.min, "\"min\" is above \"max\"", "min ≤ max");
    const double least = law.min.value_or(-HUGE_VAL);
    const double most = law.max.value_or(HUGE_VAL);
    double begin = 0;
    double end = HUGE_VAL;
    switch (law.law) {
      case Law::Constant:
        begin = end = law.a;
        break;
      case Law::Uniform:
        if (law.a > law.b) return refuse(draft_.a, "lower bound exceeds upper bound", "[lower, upper]");
        begin = law.a;
        end = law.b;
        break;
      case Law::Normal:
        if (law.b <= 0) return refuse(draft_.b, "a standard deviation of 0 or less", "sd > 0");
        begin = law.a - kNormalReach * law.b;
        end = law.a + kNormalReach * law.b;
        break;
      case Law::Lognormal:
      case Law::Exponential:
        if (law.a <= 0) return refuse(draft_.a, "a median or mean of 0 or less", "more than 0");
        break;
      case Law::Geometric:
      case Law::Zipf:
        begin = 1;
        break;
      case Law::Histogram:
      case Law::Quantiles:
        return rising(law, refuse);
    }
    if (least > end || most < begin) {
      return refuse(draft_.min != nullptr ? draft_.min : draft_.max, "\"min\" and \"max\" leave nothing of the law",
                    "bounds within the law's values");
    }
    return usable(law, refuse);
  }

  /// The ends of bins, or the quantiles, in order.
  template <typename Refuse>
  bool rising(const Distribution& law, const Refuse& refuse) {
    for (std::size_t i = 0; i + 1 < law.points.size(); ++i) {
      const bool pair = law.law == Law::Quantiles || i % 2 == 0;
      if (pair && law.points[i] > law.points[i + 1]) {
        return refuse(draft_.table.points[i + 1], "less than the value before it", "values in rising order");
      }
    }
    return true;
  }

  template <typename Refuse>
  bool usable(const Distribution& law, const Refuse& refuse) {
    if (of_ == LawOf::Duration && law.law == Law::Normal && !law.min) {
      return refuse(&value_, "a duration that could be negative", "\"min\" beside \"normal\"");
    }
    if (of_ == LawOf::Count && law.law == Law::Zipf && *law.max > kMaxItems) {
      return refuse(&value_, "a list of up to " + std::to_string(static_cast<std::int64_t>(*law.max)) + " items",
                    "\"of\": at most " + std::to_string(kMaxItems));
    }
    if (of_ == LawOf::Count && law.law == Law::Geometric && !law.max) {
      return refuse(&value_, "a number without a bound", "\"max\" beside \"mean\"");
    }
    return true;
  }

  const Json& value_;
  LawOf of_;
  Problems& problems_;
  Values values_;
  Draft draft_;
};

}  // namespace

Distribution constant_law(double value) {
  Distribution out;
  out.a = value;
  return out;
}

const Names& law_names() {
  static const Names kNames{"uniform", "normal",  "lognormal", "exponential", "geometric",
                            "integer", "decimal", "zipf",      "histogram",   "quantiles"};
  return kNames;
}

const Json::Name* law_of(const Json& value) {
  if (!value.is_object()) return nullptr;
  for (const Json::Name& name : value.names) {
    if (name.text == "constant" || std::find(law_names().begin(), law_names().end(), name.text) != law_names().end()) {
      return &name;
    }
  }
  return nullptr;
}

std::optional<DrawnLaw> read_law(const Json& value, LawOf of, Problems& problems) {
  if (of == LawOf::Duration && value.is_text()) {
    const auto micros = read_duration(value, problems);
    if (!micros) return std::nullopt;
    return DrawnLaw{constant_law(*micros), {}};
  }
  if (of == LawOf::Count && value.is_number()) {
    const auto count = read_integer(value, 0, kMaxItems, problems);
    if (!count) return std::nullopt;
    return DrawnLaw{constant_law(static_cast<double>(*count)), {}};
  }
  return LawReader(value, of, problems).read();
}

std::optional<Pick> read_pick(const Json& value, Problems& problems) {
  constexpr double kMaxExponent = 20;
  if (value.is_text() && value.text == "uniform") return Pick{};
  if (!value.is_object()) {
    mismatch(value, "\"uniform\" or {\"zipf\": 0.75}", problems);
    return std::nullopt;
  }
  const Members members(value, {"zipf", "q"}, problems);
  const Json* exponent = members.require("zipf", "0.75");
  if (exponent == nullptr) return std::nullopt;
  const auto s = read_number(
      *exponent, [](double number) { return number >= 0 && number <= kMaxExponent; }, "an exponent from 0 to 20",
      problems);
  if (!s) return std::nullopt;
  Pick pick{Pick::Law::Zipf, *s, 0};
  if (const Json* shift = members.find("q")) pick.q = read_shift(*shift, problems).value_or(0);
  return pick;
}

double least_of(const Distribution& law) {
  if (!law.points.empty()) return *std::min_element(law.points.begin(), law.points.end());
  double least = law.min.value_or(0);
  if (law.law == Law::Constant || law.law == Law::Uniform) least = std::max(least, law.a);
  return least;
}

double most_of(const Distribution& law) {
  if (!law.points.empty()) return *std::max_element(law.points.begin(), law.points.end());
  double most = law.max.value_or(HUGE_VAL);
  if (law.law == Law::Constant) most = std::min(most, law.a);
  if (law.law == Law::Uniform) most = std::min(most, law.b);
  return most;
}

}  // namespace freshet::loading
