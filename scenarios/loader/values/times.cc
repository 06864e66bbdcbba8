// Times: instants of the change, and dates between two others, as times, texts or numbers.
#include <algorithm>
#include <array>
#include <cmath>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

using Form = constructs::Time::Form;

struct NamedForm {
  const char* name;
  Form form;
  int length;  ///< length of the text; 0: a number
  bool zoned;
};
constexpr std::array kForms{NamedForm{"iso", Form::Iso, 25, true},
                            NamedForm{"iso_ms", Form::IsoMillis, 29, true},
                            NamedForm{"iso_us", Form::IsoMicros, 32, true},
                            NamedForm{"date", Form::Date, 10, true},
                            NamedForm{"epoch_ms", Form::EpochMillis, 13, false},
                            NamedForm{"unix_s", Form::WholeSeconds, 0, false},
                            NamedForm{"unix_ms", Form::WholeMillis, 0, false},
                            NamedForm{"unix_us", Form::WholeMicros, 0, false}};

/// "as" and "zone": fills the form and the zone, and returns the type. None after a problem.
std::optional<ColumnType> read_form(const Members& members, constructs::Time& out, Context& context) {
  ColumnType type = plain_type(Kind::Time);
  bool zoned = false;
  if (const Json* as = members.find("as")) {
    const NamedForm* found = nullptr;
    Names names;
    for (const NamedForm& form : kForms) {
      names.emplace_back(form.name);
      if (as->is_text() && as->text == form.name) found = &form;
    }
    if (found == nullptr) {
      unknown_name(*as, "form of a time", names, context.problems);
      return std::nullopt;
    }
    out.form = found->form;
    zoned = found->zoned;
    if (found->length > 0) {
      type = text_type(static_cast<std::size_t>(found->length));
      type.date = found->form == Form::Date;
    } else {
      type.kind = Kind::Integer;
    }
  }
  const Json* zone = members.find("zone");
  if (zone == nullptr) return type;
  const auto minutes = zone->is_text() ? parse_zone(zone->text) : std::nullopt;
  if (!minutes) {
    mismatch(*zone, "a zone such as \"+02:00\" or \"Z\"", context.problems);
    return std::nullopt;
  }
  if (!zoned) {
    context.problems.error(zone->origin, "a zone for a time without one", "\"as\": \"iso_ms\" beside it");
    return std::nullopt;
  }
  out.zone_minutes = *minutes;
  return type;
}

/// "2026-11-21" or "2026-11-21T14:00:00Z" → µs.
std::optional<std::int64_t> read_instant(const Json& value, Context& context) {
  constexpr std::size_t kDate = 10;
  std::int64_t micros = 0;
  if (value.is_text()) {
    const bool date = value.text.size() == kDate;
    if (parse_time(date ? value.text + "T00:00:00Z" : value.text, micros)) return micros;
  }
  mismatch(value, "a date such as \"2026-11-21\" or a time such as \"2026-11-21T14:00:00Z\"", context.problems);
  return std::nullopt;
}

}  // namespace

ExpressionPtr read_time(const Json& value, Context& context) {
  const Members members(value, {"time", "plus", "minus", "as", "zone"}, context.problems);
  constructs::Time out;
  const Json& instant = *members.find("time");
  bool good = instant.is_text() && (instant.text == "created" || instant.text == "intended");
  if (!good) mismatch(instant, "\"created\" or \"intended\"", context.problems);
  out.instant = instant.text == "created" ? constructs::Time::Instant::Created : constructs::Time::Instant::Intended;
  const Json* plus = members.find("plus");
  const Json* minus = members.find("minus");
  if (plus != nullptr && minus != nullptr) {
    context.problems.error(minus->origin, "\"minus\" beside \"plus\"", "one of them");
    good = false;
  }
  if (const Json* offset = plus != nullptr ? plus : minus) {
    const auto law = read_law(*offset, LawOf::Duration, context.problems);
    if (law) out.offset = law->law;
    out.minus = minus != nullptr;
    good = good && law;
  }
  auto type = read_form(members, out, context);
  return type && good ? make_expression(std::move(out), *std::move(type), value.origin) : nullptr;
}

ExpressionPtr read_between(const Json& value, Context& context) {
  const Members members(value, {"between", "as", "zone"}, context.problems);
  const Json& ends = *members.find("between");
  if (!ends.is_array() || ends.items.size() != 2) {
    mismatch(ends, "two dates or times, [\"2020-01-01\", \"2024-12-31\"]", context.problems);
    return nullptr;
  }
  const auto first = read_instant(ends.items[0], context);
  const auto last = read_instant(ends.items[1], context);
  constructs::Time out;
  out.instant = constructs::Time::Instant::Absolute;
  auto type = read_form(members, out, context);
  if (!type || !first || !last) return nullptr;
  if (*first > *last) {
    context.problems.error(ends.items[1].origin, "an end before the beginning", "[first, last]");
    return nullptr;
  }
  if (out.form == Form::EpochMillis) {
    const auto digits = [](std::int64_t micros) { return std::to_string(micros / 1000).size(); };
    type->max_length = static_cast<int>(std::max({digits(*first), digits(*last), std::size_t{13}}));
  }
  out.offset.shape = distributions::Uniform{static_cast<double>(*first), static_cast<double>(*last)};
  return make_expression(std::move(out), *std::move(type), value.origin);
}

}  // namespace freshet::loading
