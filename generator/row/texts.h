// Texts: the longer texts of a row. Each is a function of one draw; all append to a buffer that keeps its capacity.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/row.h"
#include "base/text/put.h"
#include "generator/draw/alias_table.h"
#include "generator/draw/random.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Derives further draws from the first.
class Draws {
 public:
  explicit Draws(std::uint64_t random) : stream_{random} {}
  [[nodiscard]] std::uint64_t next() { return draw(stream_, ++position_); }

 private:
  Stream stream_;
  std::uint64_t position_ = 0;
};

/// Characters that follow a pattern.
class PatternText {
 public:
  explicit PatternText(const std::vector<constructs::Pattern::Part>& parts);
  void append(std::uint64_t random, std::string& out) const;
  /// True if it appends a plain text (Cell::plain).
  [[nodiscard]] bool plain() const { return plain_; }

 private:
  /// Fixed characters, or some that are drawn.
  struct Part {
    std::string characters;
    bool drawn;
    int least;
    int most;
  };
  std::vector<Part> parts_;
  std::size_t most_ = 0;  ///< maximum number of characters
  bool plain_ = true;
};

/// Appends words and spaces, exactly `length` ASCII characters; the last word may be cut.
void append_words(std::size_t length, std::uint64_t random, std::string& out);

enum class PersonPart : std::uint8_t {
  Name,
  FirstName,
  LastName,
  Email,
  Phone,
  Street,
  Postcode,
  City,
  Region,
  Country,
  LocaleName,
};
/// "first_name" → FirstName. Precondition: the loader has accepted the name.
[[nodiscard]] PersonPart person_part(std::string_view name);

/// Alternatives of names and places. All parts of a person are made from the same draw, so that they fit together.
class People {
 public:
  People(const std::vector<std::shared_ptr<const Locale>>& locales, const std::vector<double>& weights);
  void append(PersonPart part, std::uint64_t random, std::string& out) const;

 private:
  struct Country {
    std::shared_ptr<const Locale> locale;
    AliasTable first, last, streets, domains, places;
  };
  /// The result of the draw.
  struct Choice;
  AliasTable countries_;
  std::vector<Country> tables_;
};

/// The texts of adjacent days, "2026-11-21", made once. For dates within a few years a look-up takes a tenth of the
/// time of making the text.
class DayTexts {
 public:
  /// Covers `days` days from `first` on (since the Unix epoch). Precondition: within the years 0 to 9999.
  DayTexts(std::int64_t first, std::size_t days);
  /// Precondition: i < days. The text is lent.
  [[nodiscard]] Cell of(std::size_t i) const {
    Cell cell = number_cell(Kind::Text, std::bit_cast<std::int64_t>(texts_.data() + i * kDate));
    cell.lent = true;
    cell.plain = true;
    cell.size = kDate;
    return cell;
  }

  static constexpr std::size_t kMostDays = 16'384;  ///< 160 KiB
  static constexpr std::int64_t kFirst = -719'528;  ///< 0000-01-01
  static constexpr std::int64_t kLast = 2'932'896;  ///< 9999-12-31

 private:
  static constexpr std::size_t kDate = 10;
  std::vector<char> texts_;
};

/// 120 → "+02:00".
[[nodiscard]] std::string zone_text(int minutes);
/// The instant in one of the text forms. `zone_text` is "+02:00" and `zone` the same.
void append_time_text(TimeText& times, constructs::Time::Form form, WallTime at, Micros zone,
                      std::string_view zone_text, std::string& out);

/// Quotient rounded down; `value` may be negative, `by` may not.
[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return (value >= 0 ? value : value - (by - 1)) / by;
}

}  // namespace freshet
