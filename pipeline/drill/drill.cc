// The drill's command line: what may be requested, and suggestions for typos.
#include "pipeline/drill/drill.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace freshet {

namespace {

constexpr double kDefaultDelayed = 0.01;

Error wrong(const std::string& message, const std::string& hint) {
  return Error{ErrorKind::Usage, fmt::format("drill: {}", message), hint};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_word(std::string_view word) {
  constexpr std::string_view kWords[] = {"lose", "stale", "resurrect", "wrong", "duplicate", "delay", "view"};
  return std::string(*std::min_element(std::begin(kWords), std::end(kWords), [&](auto a, auto b) {
    return edit_distance(word, a) < edit_distance(word, b);
  }));
}

// A plain positive number, then its unit.
bool number_and_unit(std::string_view text, double& number, std::string_view& unit) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return failed == std::errc{} && number > 0;
}

Result<double> share(std::string_view word, std::string_view text) {
  double number = 0;
  std::string_view unit;
  if (!number_and_unit(text, number, unit) || unit != "%" || number > 100) {
    return wrong(fmt::format("{} needs a share of the keys above 0% and up to 100%, not \"{}\"", word, text),
                 fmt::format("for example {}{}", word, word == "delay" ? "=2s@1%" : "=1%"));
  }
  return number / 100;
}

Result<Nanos> duration(std::string_view text) {
  double number = 0;
  std::string_view unit;
  double nanos = 0;
  if (number_and_unit(text, number, unit)) {
    nanos = unit == "ms" ? number * 1e6 : unit == "s" ? number * 1e9 : unit == "m" ? number * 60e9 : 0;
  }
  if (nanos < 1 || nanos > 3600e9) {
    return wrong(fmt::format("delay needs a duration of at most one hour in ms, s or m, not \"{}\"", text),
                 "for example delay=2s@1%");
  }
  return Nanos{static_cast<std::int64_t>(nanos)};
}

Status take_delay(std::string_view value, Drill& drill) {
  const std::size_t at = value.find('@');
  const Result<Nanos> delay = duration(value.substr(0, at));
  FRESHET_TRY(delay);
  drill.delay = delay.value();
  drill.delayed = kDefaultDelayed;
  if (at == std::string_view::npos) return {};
  const Result<double> part = share("delay", value.substr(at + 1));
  FRESHET_TRY(part);
  drill.delayed = part.value();
  return {};
}

Status take(std::string_view word, std::string_view value, Drill& drill) {
  if (word == "delay") return take_delay(value, drill);
  if (word == "view") {
    if (value.empty()) return wrong("view needs the name of a view", "");
    drill.view = value;
    return {};
  }
  double* const target = word == "lose"        ? &drill.lose
                         : word == "stale"     ? &drill.stale
                         : word == "resurrect" ? &drill.resurrect
                         : word == "wrong"     ? &drill.wrong
                         : word == "duplicate" ? &drill.duplicate
                                               : nullptr;
  if (target == nullptr) {
    return wrong(fmt::format("there is no \"{}\"", word), fmt::format("did you mean \"{}\"?", nearest_word(word)));
  }
  const Result<double> part = share(word, value);
  FRESHET_TRY(part);
  *target = part.value();
  return {};
}

}  // namespace

Result<Drill> parse_drill(const std::string& text) {
  Drill drill;
  std::vector<std::string_view> seen;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t equals = part.find('=');
    const std::string_view word = part.substr(0, equals);
    if (std::find(seen.begin(), seen.end(), word) != seen.end()) {
      return wrong(fmt::format("\"{}\" is given twice", word), "");
    }
    seen.push_back(word);
    FRESHET_TRY(take(word, equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), drill));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (!drill.active()) return wrong("no errors are requested", "for example --drill lose=1%,stale=0.5%");
  // Shares like 33.3 % + 66.7 % may exceed 1 in the last bit.
  if (drill.lose + drill.stale + drill.resurrect + drill.wrong + drill.duplicate + drill.delayed > 1 + 1e-9) {
    return wrong("the shares sum to more than 100%", "each key gets at most one class of error");
  }
  return drill;
}

}  // namespace freshet
