// Days as text and back: known answers, every day of the years with four digits, and the ends of the type.
#include "base/text/dates.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace freshet {
namespace {

std::string date(std::int64_t day) {
  char text[kMostDate];
  return {text, put_date(text, day)};
}

std::optional<std::int64_t> day_in(std::string_view text) {
  std::int64_t day = 0;
  return parse_date(text, day) ? std::optional(day) : std::nullopt;
}

TEST(Dates, AreOfTheProlepticGregorianCalendar) {
  EXPECT_EQ(date(0), "1970-01-01");
  EXPECT_EQ(date(-1), "1969-12-31");
  EXPECT_EQ(date(11'016), "2000-02-29");
  EXPECT_EQ(date(11'017), "2000-03-01");
  EXPECT_EQ(date(-719'528), "0000-01-01");
  EXPECT_EQ(date(2'932'896), "9999-12-31");
}

TEST(Dates, HaveASignOutsideOfFourDigits) {
  EXPECT_EQ(date(-719'529), "-1-12-31");
  EXPECT_EQ(date(2'932'897), "+10000-01-01");
  EXPECT_EQ(date(106'751'991), "+294247-01-10");
  EXPECT_EQ(date(-106'751'992), "-290308-12-21");
}

TEST(Dates, ReadBackWhatWasWritten) {
  for (std::int64_t day = -719'528; day <= 2'932'896; day += day % 7 == 0 ? 1 : 2) {
    ASSERT_EQ(day_in(date(day)), day) << date(day);
  }
}

TEST(Dates, RefuseWhatIsNotADay) {
  for (const char* text :
       {"", "2026", "2026-11-2", "2026-11-211", "2026/11/21", "2026-13-01", "2026-00-10", "2026-02-29", "1900-02-29",
        "2026-04-31", "2026-01-00", "0000-00-00", "-026-11-21", "+10000-01-01", "2026-1a-21"}) {
    EXPECT_EQ(day_in(text), std::nullopt) << text;
  }
  EXPECT_EQ(day_in("2024-02-29"), 19'782);
}

}  // namespace
}  // namespace freshet
