#include "base/messages/units.h"

#include <fmt/format.h>

#include <cmath>

#include "base/messages/printable.h"
#include "base/row.h"

namespace freshet {

std::string human_duration(double seconds) {
  const double size = std::fabs(seconds);
  if (size == 0) return "0 s";
  if (size < 1e-3) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (size < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (size < 120) return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(size);
  if (whole >= 2 * 3600) return fmt::format("{}{} h {} m", seconds < 0 ? "-" : "", whole / 3600, whole / 60 % 60);
  return fmt::format("{}{} m {} s", seconds < 0 ? "-" : "", whole / 60, whole % 60);
}

std::string human_count(std::int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return count < 0 ? "-" + digits : digits;
}

std::string human_bytes(std::int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size < 1e3) return fmt::format("{} B", bytes);
  if (size < 1e6) return fmt::format("{:.3g} kB", size / 1e3);
  if (size < 1e9) return fmt::format("{:.3g} MB", size / 1e6);
  return fmt::format("{:.3g} GB", size / 1e9);
}

std::string human_share(double share) {
  // Never round a share below 1 up to 100 %.
  if (share < 1 && share > 0.99995) return "99.99 %";
  return fmt::format("{:.4g} %", share * 100);
}

std::string iso_time(WallTime time) {
  std::string text;
  append_iso_time(epoch_micros(time), text);
  return text;
}

std::string escape_markup(const std::string& text) {
  std::string out;
  for (const char letter : printable_lines(text)) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

}  // namespace freshet
