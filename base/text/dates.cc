#include "base/text/dates.h"

#include <chrono>

#include "base/text/digits.h"
#include "base/text/put.h"

namespace freshet {

char* put_date(char* at, std::int64_t day) {
  // The calendar repeats itself after 400 years. A chrono::year ends at 32,767; 64 bits of microseconds reach ten times
  // as far.
  constexpr std::int64_t kCycle = 146'097;
  const std::int64_t cycle = (day >= 0 ? day : day - (kCycle - 1)) / kCycle;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day - cycle * kCycle}}};
  const std::int64_t year = static_cast<int>(date.year()) + 400 * cycle;
  if (year >= 0 && year <= 9999) {
    at = put_pair(at, static_cast<std::uint64_t>(year / 100));
    at = put_pair(at, static_cast<std::uint64_t>(year % 100));
  } else {
    if (year > 0) *at++ = '+';
    at = put_integer(at, year);
  }
  *at++ = '-';
  at = put_pair(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  return put_pair(at, static_cast<unsigned>(date.day()));
}

bool parse_date(std::string_view text, std::int64_t& day) {
  std::uint32_t year = 0, month = 0, day_of_month = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) || !read_digits(text, 8, 2, day_of_month)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day_of_month)};
  if (!date.ok()) return false;
  day = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

}  // namespace freshet
