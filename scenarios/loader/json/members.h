// Checked reading of JSON objects and scalars: every function reports what it does not accept and answers "nothing".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "scenarios/loader/json/json.h"
#include "scenarios/loader/json/problems.h"

namespace freshet::loading {

/// The members of an object that the language knows. Constructing it reports a value that is no object and each
/// unknown key, with the nearest known name.
class Members {
 public:
  /// `planned`: keys that the language will have and this version does not; they are told apart from slips.
  Members(const Json& object, const Names& known, Problems& problems, const Names& planned = {});
  /// The member, or null.
  [[nodiscard]] const Json* find(std::string_view name) const { return object_.find(name); }
  /// The member; its absence is a problem. `example` shows what it looks like.
  [[nodiscard]] const Json* require(std::string_view name, std::string_view example) const;
  [[nodiscard]] bool ok() const { return object_.is_object(); }

 private:
  const Json& object_;
  Problems& problems_;
  Names slips_;  ///< known names that an unknown key was probably meant to be
};

/// Most elements of what the language names one by one: entities, fields, views, columns, states, loads, gates. Tables
/// of values may be longer.
inline constexpr std::size_t kMostNamed = 2000;
/// Most pieces with a straight line each that the loads of a scenario are made of.
inline constexpr std::size_t kMostPieces = 100'000;
/// Reports an object or a list of more elements. `what`: "entities", "gates"…
[[nodiscard]] bool few_enough(const Json& value, std::string_view what, Problems& problems,
                              std::size_t most = kMostNamed);

/// Reports that `value` is not what was expected there.
void mismatch(const Json& value, std::string expected, Problems& problems);

/// The list or object of `what` that the scenario has under `name`; null when there is none, or it is of another kind
/// or too large, which is reported. `expected`: what it looks like.
[[nodiscard]] const Json* find_section(const Json& root, std::string_view name, Json::Kind kind, std::string expected,
                                       std::string_view what, Problems& problems);

/// Reports a name that is none of `candidates`. `what`: "entity", "column"… `owner`: whose column, or "".
void unknown_name(const Json& value, std::string_view what, const Names& candidates, Problems& problems,
                  const std::string& owner = {});

[[nodiscard]] std::optional<std::string> read_text(const Json& value, Problems& problems);
[[nodiscard]] std::optional<bool> read_boolean(const Json& value, Problems& problems);
[[nodiscard]] std::optional<std::int64_t> read_integer(const Json& value, std::int64_t least, std::int64_t most,
                                                       Problems& problems);
/// A plain number, integer or not, that `accept` takes; `expected` says what that is.
[[nodiscard]] std::optional<double> read_number(const Json& value, bool (*accept)(double), std::string expected,
                                                Problems& problems);
/// µs.
[[nodiscard]] std::optional<double> read_duration(const Json& value, Problems& problems);
/// How long the native pipeline holds what does not change, µs: at least a second, which is what a binlog tells.
[[nodiscard]] std::optional<Micros> read_retention(const Json& value, Problems& problems);
/// Per second, 0 < rate ≤ kMaxRate; 0 too when `zero_allowed`.
enum class ZeroRate { Refused, Allowed };
[[nodiscard]] std::optional<double> read_rate(const Json& value, ZeroRate zero, Problems& problems);
/// "97%" or 0.97, in (0, 1].
[[nodiscard]] std::optional<double> read_share(const Json& value, Problems& problems);
/// A weight: a finite number > 0, or a share "97%". Shares of one table are checked by check_shares().
[[nodiscard]] std::optional<double> read_weight(const Json& value, Problems& problems);

/// Reports weights of which some are shares and some not, and shares that do not add up to 100 %.
void check_shares(const std::vector<Json>& weights, const Origin& origin, Problems& problems);

/// A JSON number as a double.
[[nodiscard]] double number_of(const Json& value);

}  // namespace freshet::loading
