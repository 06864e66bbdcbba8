#include "pipeline/views/event_time.h"

#include <charconv>

namespace freshet {

namespace {

std::optional<WallTime> times(std::int64_t number, std::int64_t unit) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(number, unit, &product)) return std::nullopt;
  return WallTime{Micros{product}};
}

std::optional<int> two_digits(std::string_view text) {
  if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

// "2026-11-21T14:00:00.123+02:00", or with Z.
std::optional<WallTime> iso_time(std::string_view text) {
  constexpr std::size_t kZone = 6;
  std::int64_t micros = 0;
  const bool zoned = text.size() > kZone && text[text.size() - 3] == ':' &&
                     (text[text.size() - kZone] == '+' || text[text.size() - kZone] == '-');
  if (!zoned) return parse_time(text, micros) ? std::optional(WallTime{Micros{micros}}) : std::nullopt;
  const std::string_view zone = text.substr(text.size() - kZone);
  const auto hours = two_digits(zone.substr(1));
  const auto minutes = two_digits(zone.substr(4));
  if (!hours || !minutes || !parse_time(text.substr(0, text.size() - kZone), micros)) return std::nullopt;
  const Micros east = (*hours * 60 + *minutes) * 60 * kMicrosPerSecond;
  const WallTime local{Micros{micros}};
  return zone[0] == '+' ? local - east : local + east;
}

std::optional<WallTime> epoch_millis(std::string_view text) {
  std::int64_t millis = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return times(millis, 1'000);
}

}  // namespace

std::optional<WallTime> event_time(const Row& row, const Cell& cell, constructs::Time::Form form) {
  using Form = constructs::Time::Form;
  switch (form) {
    case Form::Native:
      return cell.kind == Kind::Time ? std::optional(WallTime{Micros{cell.number}}) : std::nullopt;
    case Form::WholeSeconds:
      return cell.kind == Kind::Integer ? times(cell.number, kMicrosPerSecond.count()) : std::nullopt;
    case Form::WholeMillis:
      return cell.kind == Kind::Integer ? times(cell.number, 1'000) : std::nullopt;
    case Form::WholeMicros:
      return cell.kind == Kind::Integer ? std::optional(WallTime{Micros{cell.number}}) : std::nullopt;
    case Form::EpochMillis:
      return cell.kind == Kind::Text ? epoch_millis(row.text_of(cell)) : std::nullopt;
    case Form::Iso:
    case Form::IsoMillis:
    case Form::IsoMicros:
      return cell.kind == Kind::Text ? iso_time(row.text_of(cell)) : std::nullopt;
    case Form::Date:
      break;  // not an instant: the loader refuses it
  }
  return std::nullopt;
}

WallTime window_start(WallTime time, Micros size) {
  const Micros into = time.time_since_epoch() % size;
  return time - (into < Micros{} ? into + size : into);
}

}  // namespace freshet
