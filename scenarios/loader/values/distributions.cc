// Probability distributions: {"lognormal": {"median": "40.00", "sigma": 0.93}, "min": "1.33", "max": "439.99"}
//
// How the values of a distribution are written determines its type: whole numbers → integers, decimals in quotes →
// decimals with that many digits, durations → durations. A bare 7.9 is refused, so that money never becomes a binary
// double by mistake; "as": "double" asks for one.
#include "scenarios/loader/values/distributions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/overloaded.h"
#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

// The nearest double that does not exceed the number: no bound of a distribution is exceeded, and 18 digits stay 18.
double toward_zero(std::int64_t number) {
  const auto nearest = static_cast<double>(number);
  const bool beyond = std::abs(nearest) >= 0x1p63 || std::abs(static_cast<std::int64_t>(nearest)) > std::abs(number);
  return beyond ? std::nextafter(nearest, 0.0) : nearest;
}

using Shape = decltype(Distribution::shape);

constexpr double kNormalReach = 8;  // standard deviations beyond which a truncated normal would be empty in practice

/// The parameters of one distribution that are in the unit of its values, and the type that they determine together.
class Values {
 public:
  Values(DistributionUse of, Problems& problems) : of_(of), problems_(problems) {}

  /// Adds a parameter. Reports one that cannot be a value; ok() is then false.
  void add(const Json& node) {
    switch (of_) {
      case DistributionUse::Duration:
        ok_ = read_duration(node, problems_).has_value() && ok_;
        return;
      case DistributionUse::Count:
        ok_ = read_integer(node, 0, kMaxItems, problems_).has_value() && ok_;
        return;
      case DistributionUse::Value:
        add_value(node);
        return;
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool any_fraction() const { return fraction_ != nullptr; }

  void as_double() { type_.kind = Kind::Double; }
  void set_scale(int scale) { given_scale_ = scale; }

  /// Determines the type once all parameters are added. Returns false if they do not agree.
  bool settle() {
    if (of_ != DistributionUse::Value) {
      type_.kind = Kind::Integer;
      return ok_;
    }
    if (type_.kind == Kind::Double) return ok_ && settle_double();
    if (!ok_) return false;
    if (fraction_ != nullptr) {
      problems_.error(
          fraction_->origin, "found " + describe(*fraction_),
          "the decimal in quotes, \"" + fraction_->text + "\", or \"as\": \"double\" beside the distribution");
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

  /// The parameter's number in the unit of the values. Call after settle().
  [[nodiscard]] double number(const Json& node) const {
    if (of_ == DistributionUse::Duration) return *parse_duration(node.text);
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
      constexpr double kExact = 9e15;  // below this a double represents every whole number
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
      problems_.error(quoted_->origin, "a decimal in quotes in a distribution with \"as\": \"double\"",
                      "a plain number");
    }
    return false;
  }

  DistributionUse of_;
  Problems& problems_;
  const Json* quoted_ = nullptr;
  const Json* whole_ = nullptr;
  const Json* fraction_ = nullptr;
  int scale_ = 0;
  std::optional<int> given_scale_;
  ColumnType type_;
  bool ok_ = true;
};

/// A distribution being read: its nodes, before the type of its values is known.
struct Draft {
  std::vector<const Json*> parameters;  ///< values that the distribution is given by
  const Json* min = nullptr;
  const Json* max = nullptr;
  std::function<Shape(const Values&)> shape;  ///< once the type is known
};

bool is_table_distribution(const std::string& name) {
  return name == "zipf" || name == "histogram" || name == "quantiles";
}

/// A table with the values of its nodes, which are in the order in which read_table_distribution() gives them.
distributions::Zipf with_values(const distributions::Zipf& zipf, const std::vector<const Json*>&, const Values&) {
  return zipf;
}
distributions::Histogram with_values(distributions::Histogram histogram, const std::vector<const Json*>& points,
                                     const Values& values) {
  for (std::size_t i = 0; i < histogram.bins.size(); ++i) {
    histogram.bins[i].from = values.number(*points[2 * i]);
    histogram.bins[i].to = values.number(*points[2 * i + 1]);
  }
  return histogram;
}
distributions::Quantiles with_values(distributions::Quantiles quantiles, const std::vector<const Json*>& points,
                                     const Values& values) {
  for (std::size_t i = 0; i < points.size(); ++i) quantiles.points[i].value = values.number(*points[i]);
  return quantiles;
}

class DistributionReader {
 public:
  DistributionReader(const Json& value, DistributionUse of, Problems& problems)
      : value_(value), of_(of), problems_(problems), values_(of, problems) {}

  std::optional<DrawnDistribution> read() {
    const Json::Name* name = distribution_name_in(value_);
    if (name == nullptr) {
      mismatch(value_, expected_distribution(), problems_);
      return std::nullopt;
    }
    const bool table = is_table_distribution(name->text);
    Names known{name->text};
    if (!table) known.insert(known.end(), {"min", "max"});
    if (of_ == DistributionUse::Value) known.insert(known.end(), {"scale", "as"});
    const ObjectReader members(value_, known, problems_);
    if (!read_distribution_body(name->text, *value_.find(name->text))) return std::nullopt;
    read_bounds(members);
    if (of_ == DistributionUse::Value) read_type(members);
    for (const Json* node : draft_.parameters) values_.add(*node);
    for (const Json* node : {draft_.min, draft_.max}) {
      if (node != nullptr) values_.add(*node);
    }
    if (!values_.settle() || !fits_name(name->text)) return std::nullopt;
    DrawnDistribution out{distribution(), values_.type()};
    return possible(out.distribution) ? std::optional(out) : std::nullopt;
  }

 private:
  [[nodiscard]] std::string expected_distribution() const {
    switch (of_) {
      case DistributionUse::Duration:
        return "a duration such as \"2s\" or a distribution such as {\"exponential\": \"5s\", \"min\": \"2s\"}";
      case DistributionUse::Count:
        return "a count or a distribution such as {\"uniform\": [1, 10]}";
      case DistributionUse::Value:
        return "a distribution: " + one_of(distribution_names());
    }
    return {};
  }

  bool read_distribution_body(const std::string& name, const Json& body) {
    if (name == "uniform" || name == "integer" || name == "decimal") return read_interval(name, body);
    if (name == "normal") return read_normal(body);
    if (name == "lognormal") return read_lognormal(body);
    if (name == "geometric") return read_geometric(body);
    if (is_table_distribution(name)) return read_table(name, body);
    draft_.parameters = {&body};
    if (name == "exponential") {
      draft_.shape = [at = &body](const Values& values) { return distributions::Exponential{values.number(*at)}; };
      return allowed(name, body, of_ != DistributionUse::Count);
    }
    draft_.shape = [at = &body](const Values& values) { return distributions::Constant{values.number(*at)}; };
    return allowed(name, body, of_ != DistributionUse::Value);
  }

  /// Not every distribution makes sense for every quantity.
  bool allowed(const std::string& name, const Json& body, bool yes) {
    if (!yes) problems_.error(body.origin, '"' + name + "\" does not fit here", expected_distribution());
    return yes;
  }

  bool read_interval(const std::string& name, const Json& body) {
    if (name == "decimal" && !allowed(name, body, of_ == DistributionUse::Value)) return false;
    if (name == "integer" && !allowed(name, body, of_ != DistributionUse::Duration)) return false;
    if (!body.is_array() || body.items.size() != 2) {
      mismatch(body, "two values, [least, most]", problems_);
      return false;
    }
    const Json* least = body.items.data();
    const Json* most = least + 1;
    draft_.parameters = {least, most};
    draft_.shape = [=](const Values& values) {
      return distributions::Uniform{values.number(*least), values.number(*most)};
    };
    return true;
  }

  bool read_normal(const Json& body) {
    if (!allowed("normal", body, of_ != DistributionUse::Count)) return false;
    const ObjectReader members(body, {"mean", "sd"}, problems_);
    const Json* mean = members.require("mean", "a value");
    const Json* deviation = members.require("sd", "a value");
    if (mean == nullptr || deviation == nullptr) return false;
    draft_.parameters = {mean, deviation};
    draft_.shape = [=](const Values& values) {
      return distributions::Normal{values.number(*mean), values.number(*deviation)};
    };
    return true;
  }

  bool read_lognormal(const Json& body) {
    if (!allowed("lognormal", body, of_ != DistributionUse::Count)) return false;
    const ObjectReader members(body, {"median", "sigma"}, problems_);
    const Json* median = members.require("median", "a value");
    const Json* spread = members.require("sigma", "a value");
    if (median == nullptr || spread == nullptr) return false;
    const auto sigma = read_number(
        *spread, [](double s) { return s >= 0 && s <= 20; }, "sigma, a plain number from 0 to 20", problems_);
    if (!sigma) return false;
    draft_.parameters = {median};
    draft_.shape = [=](const Values& values) { return distributions::LogNormal{values.number(*median), *sigma}; };
    return true;
  }

  bool read_table(const std::string& name, const Json& body) {
    if (name == "zipf" && !allowed(name, body, of_ != DistributionUse::Duration)) return false;
    auto table = read_table_distribution(name, body, problems_);
    if (!table) return false;
    draft_.parameters = table->points;
    draft_.shape = [table = *std::move(table)](const Values& values) {
      return std::visit([&](const auto& shape) -> Shape { return with_values(shape, table.points, values); },
                        table.shape);
    };
    return true;
  }

  bool read_geometric(const Json& body) {
    if (!allowed("geometric", body, of_ != DistributionUse::Duration)) return false;
    const ObjectReader members(body, {"mean", "max"}, problems_);
    const Json* mean = members.require("mean", "5.5");
    draft_.max = members.find("max");
    if (mean == nullptr) return false;
    const auto number = read_number(
        *mean, [](double m) { return m >= 1 && m <= 1e9; }, "a mean, a plain number of at least 1", problems_);
    if (!number) return false;
    draft_.shape = [=](const Values&) { return distributions::Geometric{*number}; };
    return true;
  }

  void read_bounds(const ObjectReader& members) {
    draft_.min = members.find("min");
    const Json* max = members.find("max");
    if (max != nullptr && draft_.max != nullptr) {
      problems_.error(max->origin, "a second \"max\"", "one \"max\"");
    } else if (max != nullptr) {
      draft_.max = max;
    }
  }

  void read_type(const ObjectReader& members) {
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

  /// {"integer": …} and {"decimal": …} name the type.
  bool fits_name(const std::string& name) {
    const Kind kind = values_.type().kind;
    if (name == "decimal" && kind != Kind::Decimal) {
      const Json& least = *draft_.parameters.front();
      mismatch(least, "a decimal in quotes, \"" + least.text + (least.is_whole_number() ? ".00\"" : "\""), problems_);
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
    Distribution out{draft_.shape(values_)};
    if (draft_.min != nullptr) out.min = values_.number(*draft_.min);
    if (draft_.max != nullptr) out.max = values_.number(*draft_.max);
    return out;
  }

  /// Checks that the distribution has values, and that they are allowed here.
  bool possible(const Distribution& distribution) {
    if (distribution.min && distribution.max && *distribution.min > *distribution.max)
      return refuse(draft_.min, "\"min\" is above \"max\"", "min ≤ max");
    const auto ends = std::visit([this](const auto& shape) { return ends_of(shape); }, distribution.shape);
    if (!ends) return false;
    if (distribution.min.value_or(-HUGE_VAL) > ends->second || distribution.max.value_or(HUGE_VAL) < ends->first) {
      return refuse(draft_.min != nullptr ? draft_.min : draft_.max,
                    "\"min\" and \"max\" leave nothing of the distribution", "bounds within the distribution's values");
    }
    return usable(distribution);
  }

  bool refuse(const Json* at, std::string message, std::string expected) {
    problems_.error(at != nullptr ? at->origin : value_.origin, std::move(message), std::move(expected));
    return false;
  }

  /// Least and greatest value without "min" and "max". None after a problem.
  using Ends = std::optional<std::pair<double, double>>;
  Ends ends_of(const distributions::Constant& constant) { return {{constant.value, constant.value}}; }
  Ends ends_of(const distributions::Uniform& uniform) {
    if (uniform.least > uniform.most) return none("lower bound exceeds upper bound", "[lower, upper]");
    return {{uniform.least, uniform.most}};
  }
  Ends ends_of(const distributions::Normal& normal) {
    if (normal.deviation <= 0) {
      refuse(draft_.parameters[1], "a standard deviation of 0 or less", "sd > 0");
      return std::nullopt;
    }
    return {{normal.mean - kNormalReach * normal.deviation, normal.mean + kNormalReach * normal.deviation}};
  }
  Ends ends_of(const distributions::LogNormal& lognormal) { return above_zero(lognormal.median); }
  Ends ends_of(const distributions::Exponential& exponential) { return above_zero(exponential.mean); }
  Ends ends_of(const OneOf<distributions::Geometric, distributions::Zipf> auto&) { return {{1, HUGE_VAL}}; }
  /// The ends of a bin are in order; bins may be in any.
  Ends ends_of(const distributions::Histogram& histogram) {
    for (std::size_t i = 0; i < histogram.bins.size(); ++i) {
      if (histogram.bins[i].from > histogram.bins[i].to) return not_rising(2 * i + 1);
    }
    return {{-HUGE_VAL, HUGE_VAL}};
  }
  Ends ends_of(const distributions::Quantiles& quantiles) {
    for (std::size_t i = 1; i < quantiles.points.size(); ++i) {
      if (quantiles.points[i - 1].value > quantiles.points[i].value) return not_rising(i);
    }
    return {{-HUGE_VAL, HUGE_VAL}};
  }
  Ends above_zero(double middle) {
    if (middle <= 0) return none("a median or mean of 0 or less", "more than 0");
    return {{0, HUGE_VAL}};
  }
  Ends none(std::string message, std::string expected) {
    refuse(draft_.parameters.front(), std::move(message), std::move(expected));
    return std::nullopt;
  }
  Ends not_rising(std::size_t parameter) {
    refuse(draft_.parameters[parameter], "less than the value before it", "values in rising order");
    return std::nullopt;
  }

  bool usable(const Distribution& distribution) {
    if (of_ == DistributionUse::Duration && distribution.is<distributions::Normal>() && !distribution.min) {
      return refuse(&value_, "a duration that could be negative", "\"min\" beside \"normal\"");
    }
    const auto* zipf = std::get_if<distributions::Zipf>(&distribution.shape);
    if (of_ == DistributionUse::Count && zipf != nullptr && zipf->ranks > kMaxItems) {
      return refuse(&value_, "a list of up to " + std::to_string(static_cast<std::int64_t>(zipf->ranks)) + " items",
                    "\"of\": at most " + std::to_string(kMaxItems));
    }
    if (of_ == DistributionUse::Count && distribution.is<distributions::Geometric>() && !distribution.max) {
      return refuse(&value_, "a number without a bound", "\"max\" beside \"mean\"");
    }
    return true;
  }

  const Json& value_;
  DistributionUse of_;
  Problems& problems_;
  Values values_;
  Draft draft_;
};

}  // namespace

Distribution constant_distribution(double value) { return {distributions::Constant{value}}; }

const Names& distribution_names() {
  static const Names kNames{"uniform", "normal",  "lognormal", "exponential", "geometric",
                            "integer", "decimal", "zipf",      "histogram",   "quantiles"};
  return kNames;
}

const Json::Name* distribution_name_in(const Json& value) {
  if (!value.is_object()) return nullptr;
  for (const Json::Name& name : value.names) {
    if (name.text == "constant" ||
        std::find(distribution_names().begin(), distribution_names().end(), name.text) != distribution_names().end()) {
      return &name;
    }
  }
  return nullptr;
}

std::optional<DrawnDistribution> read_distribution(const Json& value, DistributionUse of, Problems& problems) {
  if (of == DistributionUse::Duration && value.is_text()) {
    const auto micros = read_duration(value, problems);
    if (!micros) return std::nullopt;
    return DrawnDistribution{constant_distribution(*micros), {}};
  }
  if (of == DistributionUse::Count && value.is_number()) {
    const auto count = read_integer(value, 0, kMaxItems, problems);
    if (!count) return std::nullopt;
    return DrawnDistribution{constant_distribution(static_cast<double>(*count)), {}};
  }
  return DistributionReader(value, of, problems).read();
}

std::optional<Pick> read_pick(const Json& value, Problems& problems) {
  constexpr double kMaxExponent = 20;
  if (value.is_text() && value.text == "uniform") return Pick{};
  if (!value.is_object()) {
    mismatch(value, "\"uniform\" or {\"zipf\": 0.75}", problems);
    return std::nullopt;
  }
  const ObjectReader members(value, {"zipf", "q"}, problems);
  const Json* exponent = members.require("zipf", "0.75");
  if (exponent == nullptr) return std::nullopt;
  const auto s = read_number(
      *exponent, [](double number) { return number >= 0 && number <= kMaxExponent; }, "an exponent from 0 to 20",
      problems);
  if (!s) return std::nullopt;
  picks::Zipf zipf{*s};
  if (const Json* shift = members.find("q")) zipf.shift = read_shift(*shift, problems).value_or(0);
  return Pick{zipf};
}

}  // namespace freshet::loading
