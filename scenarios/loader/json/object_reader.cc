// Checked reading of objects and scalars.
#include "scenarios/loader/json/object_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ObjectReader::ObjectReader(const Json& object, const Names& known, Problems& problems, const Names& planned)
    : object_(object), problems_(problems) {
  if (!object.is_object()) {
    mismatch(object, known.empty() ? "an empty object" : "an object with " + one_of(known), problems);
    return;
  }
  for (const Json::Name& name : object.names) {
    if (contains(known, name.text)) continue;
    if (contains(planned, name.text)) {
      problems.error(name.origin, quoted(name.text) + " is not supported yet");
    } else {
      slips_.push_back(problems.nearest(name.text, known));
      problems.error(name.origin, "unknown key " + quoted(name.text), known.empty() ? "no keys here" : one_of(known),
                     slips_.back());
    }
  }
}

const Json* ObjectReader::require(std::string_view name, std::string_view example) const {
  const Json* member = object_.find(name);
  if (member == nullptr && object_.is_object() && !contains(slips_, std::string(name))) {
    problems_.error(object_.origin, "no " + quoted(name), quoted(name) + ": " + std::string(example));
  }
  return member;
}

bool few_enough(const Json& value, std::string_view what, Problems& problems, std::size_t most) {
  if (value.items.size() <= most) return true;
  problems.error(value.origin, std::to_string(value.items.size()) + ' ' + std::string(what),
                 "at most " + std::to_string(most));
  return false;
}

void mismatch(const Json& value, std::string expected, Problems& problems) {
  problems.error(value.origin, "found " + describe(value), std::move(expected));
}

const Json* find_section(const Json& root, std::string_view name, Json::Kind kind, std::string expected,
                         std::string_view what, Problems& problems) {
  const Json* section = root.find(name);
  if (section == nullptr) return nullptr;
  if (!section->is(kind)) {
    mismatch(*section, std::move(expected), problems);
    return nullptr;
  }
  return few_enough(*section, what, problems) ? section : nullptr;
}

void unknown_name(const Json& value, std::string_view what, const Names& candidates, Problems& problems,
                  const std::string& owner) {
  constexpr std::size_t kMostListed = 24;
  const bool few = candidates.size() <= kMostListed;
  std::string expected = few ? one_of(candidates) : "one of the " + std::to_string(candidates.size()) + " declared";
  if (candidates.empty()) expected = "none: nothing can be named here";
  if (!value.is_text()) {
    mismatch(value, std::move(expected), problems);
    return;
  }
  problems.error(
      value.origin,
      "unknown " + std::string(what) + ' ' + quoted(value.text) + (owner.empty() ? "" : " of " + quoted(owner)),
      std::move(expected), problems.nearest(value.text, candidates));
}

std::optional<std::string> read_text(const Json& value, Problems& problems) {
  if (value.is_text() && !value.text.empty()) return value.text;
  mismatch(value, "a text", problems);
  return std::nullopt;
}

std::optional<bool> read_boolean(const Json& value, Problems& problems) {
  if (value.is(Json::Kind::Boolean)) return value.boolean;
  mismatch(value, "true or false", problems);
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Json& value, std::int64_t least, std::int64_t most, Problems& problems) {
  std::int64_t number = 0;
  const char* begin = value.text.data();
  const char* end = begin + value.text.size();
  if (value.is_whole_number()) {
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error == std::errc{} && stop == end && number >= least && number <= most) return number;
  }
  mismatch(value, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), problems);
  return std::nullopt;
}

double number_of(const Json& value) {
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto result = std::from_chars(value.text.data(), end, number);
  if (result.ec == std::errc::result_out_of_range) return HUGE_VAL;
  return number;
}

std::optional<double> read_number(const Json& value, bool (*accept)(double), std::string expected, Problems& problems) {
  if (value.is_number() && std::isfinite(number_of(value)) && accept(number_of(value))) return number_of(value);
  mismatch(value, std::move(expected), problems);
  return std::nullopt;
}

std::optional<double> read_duration(const Json& value, Problems& problems) {
  if (value.is_text()) {
    if (const auto micros = parse_duration(value.text)) return micros;
  }
  mismatch(value, "a duration such as \"2s\", \"300ms\" or \"1.5m\", at most 366 days", problems);
  return std::nullopt;
}

std::optional<Micros> read_retention(const Json& value, Problems& problems) {
  const auto micros = read_duration(value, problems);
  if (!micros) return std::nullopt;
  if (*micros < 1e6) {
    problems.error(value.origin, "a retention of less than a second",
                   "at least \"1s\": a binlog records whole seconds");
    return std::nullopt;
  }
  return Micros{static_cast<std::int64_t>(*micros)};
}

std::optional<double> read_rate(const Json& value, ZeroRate zero, Problems& problems) {
  if (value.is_text()) {
    const auto rate = parse_rate(value.text);
    if (rate && *rate <= kMaxRate && (*rate > 0 || zero == ZeroRate::Allowed)) return rate;
  }
  mismatch(value,
           zero == ZeroRate::Allowed ? "a rate such as \"200/s\", at most 10000000/s"
                                     : "a rate such as \"200/s\", more than 0 and at most 10000000/s",
           problems);
  return std::nullopt;
}

std::optional<double> read_share(const Json& value, Problems& problems) {
  std::optional<double> share;
  if (value.is_text()) share = parse_percent(value.text);
  if (value.is_number()) share = number_of(value);
  if (share && *share > 0 && *share <= 1) return share;
  mismatch(value, "a share such as \"97%\" or 0.97, more than 0 and at most 1", problems);
  return std::nullopt;
}

void check_shares(const std::vector<Json>& weights, const Origin& origin, Problems& problems) {
  double total = 0;
  std::size_t shares = 0;
  for (const Json& weight : weights) {
    const auto share = weight.is_text() ? parse_percent(weight.text) : std::nullopt;
    if (!share) continue;
    ++shares;
    total += *share;
  }
  if (shares == 0) return;
  if (shares != weights.size()) {
    problems.error(origin, "shares and weights in one table", "all in percent, or all plain numbers");
  } else if (std::abs(total - 1) > 1e-9) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, std::round(total * 1e8) / 1e6).ptr;
    problems.error(origin, "shares that add up to " + std::string(text, end) + "%", "100%");
  }
}

std::optional<double> read_weight(const Json& value, Problems& problems) {
  if (value.is_text()) {
    const auto share = parse_percent(value.text);
    if (share && *share > 0 && *share <= 1) return share;
  }
  return read_number(
      value, [](double weight) { return weight > 0; }, "a weight, more than 0", problems);
}

}  // namespace freshet::loading
