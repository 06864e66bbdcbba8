// Texts of numbers and times: known answers, the edges of the calendar, and round trips over many values.
#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "base/row.h"

namespace freshet {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::string iso(std::int64_t micros) {
  std::string out;
  append_iso_time(micros, out);
  return out;
}

std::string sql(std::int64_t micros) {
  std::string out;
  append_sql_time(micros, out);
  return out;
}

std::string decimal(std::int64_t units, int scale) {
  std::string out;
  append_decimal(units, scale, out);
  return out;
}

std::optional<std::int64_t> time_in(std::string_view text) {
  std::int64_t micros = 0;
  return parse_time(text, micros) ? std::optional(micros) : std::nullopt;
}

std::optional<std::int64_t> decimal_in(std::string_view text, int scale) {
  std::int64_t units = 0;
  return parse_decimal(text, scale, units) ? std::optional(units) : std::nullopt;
}

// A sequence of widely scattered values, the same in every run.
std::int64_t scattered(std::uint64_t i) { return static_cast<std::int64_t>((i + 1) * 0x9E3779B97F4A7C15ULL); }

TEST(TimeText, HasMicrosecondsAlways) {
  EXPECT_EQ(iso(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(sql(0), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(iso(1'795'262'400'123'456), "2026-11-21T12:00:00.123456Z");
}

TEST(TimeText, CountsBackBeforeTheEpoch) {
  EXPECT_EQ(iso(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(iso(-kDay), "1969-12-31T00:00:00.000000Z");
  EXPECT_EQ(iso(-kDay - 1), "1969-12-30T23:59:59.999999Z");
}

TEST(TimeText, KnowsLeapDays) {
  EXPECT_EQ(iso(951'782'400 * kSecond), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(iso(951'868'800 * kSecond), "2000-03-01T00:00:00.000000Z");
  EXPECT_EQ(time_in("2024-02-29T23:59:59.999999Z").value() + 1, time_in("2024-03-01T00:00:00Z"));
  EXPECT_EQ(time_in("1900-02-28T00:00:00Z").value() + kDay, time_in("1900-03-01T00:00:00Z"));
}

TEST(TimeText, KeepsNothingOfTheDayBefore) {
  // The day's text is cached: back and forth over midnight must not show a stale one.
  EXPECT_EQ(iso(kDay), "1970-01-02T00:00:00.000000Z");
  EXPECT_EQ(iso(kDay - 1), "1970-01-01T23:59:59.999999Z");
  EXPECT_EQ(sql(kDay), "1970-01-02 00:00:00.000000");
}

TEST(TimeText, AgreesWithTheCLibraryOverCenturies) {
  for (std::int64_t day = -200'000; day < 200'000; day += 13) {
    const time_t seconds = day * 86'400 + 3'661;
    tm fields{};
    gmtime_r(&seconds, &fields);
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", &fields);
    ASSERT_EQ(iso(seconds * kSecond), text);
  }
}

TEST(TimeText, ReadsBackWhatItWrote) {
  constexpr std::int64_t kRange = 250'000'000'000 * kSecond;  // year 9892, well inside four digits
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::int64_t micros = scattered(i) % kRange / (i % 3 == 0 ? 5 : 1);
    if (micros < -62'167'219'200 * kSecond) continue;  // before the year 0
    ASSERT_EQ(time_in(iso(micros)), micros) << iso(micros);
    ASSERT_EQ(time_in(sql(micros)), micros) << sql(micros);
  }
}

TEST(TimeText, HoldsTheWholeRangeOfTheType) {
  EXPECT_EQ(iso(std::numeric_limits<std::int64_t>::max()), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(iso(std::numeric_limits<std::int64_t>::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(ParseTime, TakesFractionsOfAnyLengthUpToMicroseconds) {
  EXPECT_EQ(time_in("1970-01-01T00:00:01"), kSecond);
  EXPECT_EQ(time_in("1970-01-01 00:00:01Z"), kSecond);
  EXPECT_EQ(time_in("1970-01-01 00:00:01.5"), kSecond + 500'000);
  EXPECT_EQ(time_in("1970-01-01T00:00:01.123Z"), kSecond + 123'000);
  EXPECT_EQ(time_in("1970-01-01T00:00:01.000001Z"), kSecond + 1);
}

TEST(ParseTime, RefusesWhatIsNotATime) {
  for (const char* text : {"",
                           "2026",
                           "2026-11-21",
                           "2026-13-01T00:00:00Z",
                           "2026-00-10T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "0000-00-00 00:00:00",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T23:60:00Z",
                           "2026-11-21T23:59:60Z",
                           "2026-11-21T12:00:00.Z",
                           "2026-11-21T12:00:00.1234567",
                           "2026-11-21T12:00:00+01:00",
                           "2026-11-21x12:00:00",
                           "2026/11/21 12:00:00",
                           "2026-11-21T12:00:00ZZ",
                           "2026-11-21T12:00:00.12a",
                           " 2026-11-21T12:00:00",
                           "-026-11-21T12:00:00"}) {
    EXPECT_EQ(time_in(text), std::nullopt) << text;
  }
}

TEST(DecimalText, HasExactlyTheDigitsOfItsScale) {
  EXPECT_EQ(decimal(1234, 2), "12.34");
  EXPECT_EQ(decimal(5, 2), "0.05");
  EXPECT_EQ(decimal(-5, 2), "-0.05");
  EXPECT_EQ(decimal(0, 2), "0.00");
  EXPECT_EQ(decimal(-100, 2), "-1.00");
  EXPECT_EQ(decimal(100, 2), "1.00");
  EXPECT_EQ(decimal(99, 2), "0.99");
  EXPECT_EQ(decimal(7, 0), "7");
  EXPECT_EQ(decimal(7, 25), "0.0000000000000000000000007");
  EXPECT_EQ(decimal(std::numeric_limits<std::int64_t>::min(), 2), "-92233720368547758.08");
  EXPECT_EQ(decimal(std::numeric_limits<std::int64_t>::max(), 19), "0.9223372036854775807");
}

TEST(ParseDecimal, ReadsBackWhatWasWritten) {
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::int64_t units = scattered(i) >> (i % 60);
    const int scale = static_cast<int>(i % 20);
    ASSERT_EQ(decimal_in(decimal(units, scale), scale), units) << decimal(units, scale);
  }
}

TEST(ParseDecimal, FillsAndForgivesZerosBehindThePoint) {
  EXPECT_EQ(decimal_in("12", 2), 1200);
  EXPECT_EQ(decimal_in("12.3", 2), 1230);
  EXPECT_EQ(decimal_in("12.3400", 2), 1234);
  EXPECT_EQ(decimal_in("+12.34", 2), 1234);
  EXPECT_EQ(decimal_in(".5", 1), 5);
  EXPECT_EQ(decimal_in("-0", 2), 0);
  EXPECT_EQ(decimal_in("000012.34", 2), 1234);
}

TEST(ParseDecimal, RefusesLossAndNonsense) {
  for (const char* text : {"", ".", "-", "+", "12.345", "1e3", "0x10", "12,34", "1.2.3", "--1", " 1", "1 ", "nan"}) {
    EXPECT_EQ(decimal_in(text, 2), std::nullopt) << text;
  }
}

TEST(ParseDecimal, StopsAtTheRangeOfTheType) {
  EXPECT_EQ(decimal_in("9223372036854775807", 0), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(decimal_in("-9223372036854775808", 0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decimal_in("9223372036854775808", 0), std::nullopt);
  EXPECT_EQ(decimal_in("-9223372036854775809", 0), std::nullopt);
  EXPECT_EQ(decimal_in("99999999999999999999999", 0), std::nullopt);
  EXPECT_EQ(decimal_in("922337203685477581", 2), std::nullopt);
}

}  // namespace
}  // namespace freshet
