#include "generator/row/texts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/result.h"
#include "base/row.h"
#include "base/text/buffer.h"

namespace freshet {
namespace {

// Common words of orders, deliveries and reviews.
constexpr std::array<std::string_view, 64> kWords{
    "the",   "order", "came",  "late",   "but",   "box",   "was",     "fine",   "and",  "all",   "parts",
    "were",  "in",    "it",    "please", "leave", "at",    "door",    "or",     "with", "our",   "neighbour",
    "thank", "you",   "good",  "price",  "for",   "this",  "size",    "colour", "is",   "not",   "as",
    "shown", "on",    "page",  "return", "label", "is",    "missing", "gift",   "wrap", "if",    "there",
    "still", "time",  "works", "well",   "after", "two",   "weeks",   "of",     "use",  "would", "buy",
    "again", "from",  "same",  "shop",   "ring",  "twice", "before",  "noon",   "only"};

void append_number(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Replaces each # of the text by a digit.
void append_digits(std::string_view text, std::uint64_t random, std::string& out) {
  Draws draws(random);
  for (const char c : text) out += c == '#' ? static_cast<char>('0' + below(draws.next(), 10)) : c;
}

AliasTable weights_of(const std::vector<Locale::Name>& names) {
  std::vector<double> weights;
  for (const Locale::Name& name : names) weights.push_back(name.weight);
  return AliasTable(weights);
}

AliasTable weights_of(const std::vector<Locale::Place>& places) {
  std::vector<double> weights;
  for (const Locale::Place& place : places) weights.push_back(place.weight);
  return AliasTable(weights);
}

/// Replaces {key} in the text by what `put` appends for it.
template <typename Put>
void append_template(std::string_view text, std::string& out, const Put& put) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find('{', at);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      out.append(text.substr(at));
      return;
    }
    out.append(text.substr(at, open - at));
    put(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

}  // namespace

PatternText::PatternText(const std::vector<constructs::Pattern::Part>& parts) {
  int least = 0;
  for (const constructs::Pattern::Part& part : parts) {
    least += part.least;
    most_ += static_cast<std::size_t>(part.most);
    plain_ = plain_ && (part.most == 0 || is_plain({part.characters.data(), part.characters.size()}));
    const bool drawn = part.characters.size() > 1 || part.most > part.least;
    if (drawn) {
      parts_.push_back({std::string(part.characters.begin(), part.characters.end()), true, part.least, part.most});
      continue;
    }
    if (parts_.empty() || parts_.back().drawn) parts_.push_back({{}, false, 0, 0});
    parts_.back().characters.append(static_cast<std::size_t>(part.least), part.characters[0]);
  }
  plain_ = plain_ && least > 0;
}

void PatternText::append(std::uint64_t random, std::string& out) const {
  Draws draws(random);
  const std::size_t begin = out.size();
  out.resize(begin + most_);
  char* at = out.data() + begin;
  for (const Part& part : parts_) {
    const std::size_t choices = part.characters.size();
    if (!part.drawn) {
      at = put_bytes(at, part.characters.data(), choices);
      continue;
    }
    int count = part.least;
    if (part.most > part.least) {
      count += static_cast<int>(below(draws.next(), static_cast<std::uint64_t>(part.most - part.least) + 1));
    }
    for (int i = 0; i < count; ++i) *at++ = part.characters[choices == 1 ? 0 : below(draws.next(), choices)];
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void append_words(std::size_t length, std::uint64_t random, std::string& out) {
  constexpr std::size_t kPadded = 16;  // words are copied in one block, whatever their length
  struct Padded {
    char text[kPadded] = {};
    std::size_t size = 0;  ///< including the space after it
  };
  static constexpr std::array<Padded, kWords.size()> kSpaced = [] {
    std::array<Padded, kWords.size()> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i].size = kWords[i].size() + 1;
      for (std::size_t c = 0; c < kWords[i].size(); ++c) words[i].text[c] = kWords[i][c];
      words[i].text[kWords[i].size()] = ' ';
    }
    return words;
  }();
  Draws draws(random);
  const std::size_t begin = out.size();
  out.resize(begin + length + kPadded);
  char* at = out.data() + begin;
  for (const char* const end = at + length; at < end;) {
    const Padded& word = kSpaced[below(draws.next(), kSpaced.size())];
    std::memcpy(at, word.text, kPadded);
    at += word.size;
  }
  out.resize(begin + length);
  if (length > 0 && out[begin] >= 'a') out[begin] = static_cast<char>(out[begin] - 'a' + 'A');
  if (length > 0 && out.back() == ' ') out.back() = '.';
}

PersonPart person_part(std::string_view name) {
  constexpr std::array<std::string_view, 11> kNames{"name",     "first_name", "last_name", "email",   "phone", "street",
                                                    "postcode", "city",       "region",    "country", "locale"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<PersonPart>(i);
  }
  FRESHET_CHECK(false, "the loader knows the parts of a person");
  return PersonPart::Name;
}

static_assert(!kWords.back().empty(), "none of the words is missing");

struct People::Choice {
  const Country& country;
  const Locale::Name& first;
  const Locale::Name& last;
  const Locale::Place& place;
  std::uint64_t rest;  ///< bits for digits
};

People::People(const std::vector<std::shared_ptr<const Locale>>& locales, const std::vector<double>& weights)
    : countries_(weights) {
  for (const auto& locale : locales) {
    tables_.push_back({locale, weights_of(locale->first_names), weights_of(locale->last_names),
                       weights_of(locale->streets), weights_of(locale->mail_domains), weights_of(locale->places)});
  }
}

void People::append(PersonPart part, std::uint64_t random, std::string& out) const {
  Draws draws(random);
  const Country& country = tables_[countries_.pick(draws.next())];
  const Locale& locale = *country.locale;
  const Choice who{country, locale.first_names[country.first.pick(draws.next())],
                   locale.last_names[country.last.pick(draws.next())], locale.places[country.places.pick(draws.next())],
                   draws.next()};
  switch (part) {
    case PersonPart::Name:
      return append_template(locale.full_name, out, [&](std::string_view key) {
        out.append(key == "first" ? who.first.text : key == "last" ? who.last.text : std::string_view());
      });
    case PersonPart::FirstName:
      return void(out.append(who.first.text));
    case PersonPart::LastName:
      return void(out.append(who.last.text));
    case PersonPart::Email: {
      out.append(who.first.mail).append(1, '.').append(who.last.mail);
      append_number(below(mix64(who.rest + 1), 10'000), out);
      const auto& domain = locale.mail_domains[country.domains.pick(mix64(who.rest + 2))];
      out.append(1, '@').append(domain.text);
      return;
    }
    case PersonPart::Phone:
      return append_digits(who.place.phone, mix64(who.rest + 3), out);
    case PersonPart::Street:
      return append_template(locale.street, out, [&](std::string_view key) {
        if (key == "number") append_number(1 + below(mix64(who.rest + 4), 240), out);
        if (key == "street") out.append(locale.streets[country.streets.pick(mix64(who.rest + 5))].text);
      });
    case PersonPart::Postcode:
      return append_digits(who.place.postcode, mix64(who.rest + 6), out);
    case PersonPart::City:
      return void(out.append(who.place.city));
    case PersonPart::Region:
      return void(out.append(who.place.region));
    case PersonPart::Country:
      return void(out.append(locale.country));
    case PersonPart::LocaleName:
      return void(out.append(locale.name));
  }
}

DayTexts::DayTexts(std::int64_t first, std::size_t days) : texts_(days * kDate + kAfterLent) {
  FRESHET_CHECK(first >= kFirst && first + static_cast<std::int64_t>(days) - 1 <= kLast, "dates have ten characters");
  for (std::size_t i = 0; i < days; ++i) put_date(texts_.data() + i * kDate, first + static_cast<std::int64_t>(i));
}

std::string zone_text(int minutes) {
  std::string zone(1, minutes < 0 ? '-' : '+');
  const int magnitude = minutes < 0 ? -minutes : minutes;
  for (const int part : {magnitude / 60, magnitude % 60}) {
    if (zone.size() > 1) zone += ':';
    zone += static_cast<char>('0' + part / 10);
    zone += static_cast<char>('0' + part % 10);
  }
  return zone;
}

void append_time_text(TimeText& times, constructs::Time::Form form, WallTime at, Micros zone,
                      std::string_view zone_text, std::string& out) {
  using Form = constructs::Time::Form;
  std::array<char, TimeText::kMost + kMostNumber> text;
  char* end = text.data();
  if (form == Form::EpochMillis) {
    end = put_integer(end, floor_divide(epoch_micros(at), 1000));
  } else if (form == Form::Date) {
    end = put_date(end, floor_divide(epoch_micros(at + zone), kMicrosPerDay));
  } else {
    end = times.put(end, epoch_micros(at + zone), 'T');  // "2026-11-21T12:00:00.123456"
    end -= form == Form::Iso ? 7 : form == Form::IsoMillis ? 3 : 0;
  }
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
  if (form != Form::EpochMillis && form != Form::Date) out.append(zone_text);
}

}  // namespace freshet
