// Checked reading of JSON objects and scalars: every function reports what it does not accept and returns nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "scenarios/loader/json/json.h"
#include "scenarios/loader/json/problems.h"

namespace freshet::loading {

/// The known members of an object. The constructor reports a value that is not an object, and each unknown key with the
/// most similar known name.
class Members {
 public:
  /// `planned`: keys of a future version of the language; they are reported differently from typos.
  Members(const Json& object, const Names& known, Problems& problems, const Names& planned = {});
  /// The member, or null.
  [[nodiscard]] const Json* find(std::string_view name) const { return object_.find(name); }
  /// The member; reports a problem if it is missing. `example` shows what it looks like.
  [[nodiscard]] const Json* require(std::string_view name, std::string_view example) const;
  [[nodiscard]] bool ok() const { return object_.is_object(); }

 private:
  const Json& object_;
  Problems& problems_;
  Names slips_;  ///< known names for which an unknown key was probably a typo
};

/// Maximum number of named elements: entities, fields, views, columns, states, loads, gates. Tables of values may be
/// longer.
inline constexpr std::size_t kMostNamed = 2000;
/// Maximum number of linear pieces in the loads of a scenario.
inline constexpr std::size_t kMostPieces = 100'000;
/// Reports an object or a list with more elements. `what`: "entities", "gates"…
[[nodiscard]] bool few_enough(const Json& value, std::string_view what, Problems& problems,
                              std::size_t most = kMostNamed);

/// Reports that `value` is not what was expected.
void mismatch(const Json& value, std::string expected, Problems& problems);

/// The list or object of `what` that the scenario has under `name`; null when there is none, or it is of another kind
/// or too large, which is reported. `expected`: what it looks like.
[[nodiscard]] const Json* find_section(const Json& root, std::string_view name, Json::Kind kind, std::string expected,
                                       std::string_view what, Problems& problems);

/// Reports a name that is not among `candidates`. `what`: "entity", "column"… `owner`: the owner of a column, or "".
void unknown_name(const Json& value, std::string_view what, const Names& candidates, Problems& problems,
                  const std::string& owner = {});

[[nodiscard]] std::optional<std::string> read_text(const Json& value, Problems& problems);
[[nodiscard]] std::optional<bool> read_boolean(const Json& value, Problems& problems);
[[nodiscard]] std::optional<std::int64_t> read_integer(const Json& value, std::int64_t least, std::int64_t most,
                                                       Problems& problems);
/// Reads a plain number, integer or not, that `accept` allows; `expected` describes it.
[[nodiscard]] std::optional<double> read_number(const Json& value, bool (*accept)(double), std::string expected,
                                                Problems& problems);
/// In µs.
[[nodiscard]] std::optional<double> read_duration(const Json& value, Problems& problems);
/// How long the native pipeline keeps unchanged items, in µs: at least a second, which is the resolution of a binlog.
[[nodiscard]] std::optional<Micros> read_retention(const Json& value, Problems& problems);
/// Per second, 0 < rate ≤ kMaxRate; also 0 if allowed.
enum class ZeroRate { Refused, Allowed };
[[nodiscard]] std::optional<double> read_rate(const Json& value, ZeroRate zero, Problems& problems);
/// "97%" or 0.97, in (0, 1].
[[nodiscard]] std::optional<double> read_share(const Json& value, Problems& problems);
/// A weight: a finite number > 0, or a share "97%". Shares of one table are checked by check_shares().
[[nodiscard]] std::optional<double> read_weight(const Json& value, Problems& problems);

/// Reports weights that are partly shares, and shares that do not add up to 100 %.
void check_shares(const std::vector<Json>& weights, const Origin& origin, Problems& problems);

/// A JSON number as a double.
[[nodiscard]] double number_of(const Json& value);

}  // namespace freshet::loading
