// People: {"person": ["name", "email", "city"], "locale": "en_US" or {"en_US": 7, "de_DE": 3}, "inline": true}
//
// The parts of one person belong together: they are drawn from one stream. A locale is the file locales/NAME.json
// beside the scenario, or one of those that are part of the program (scenarios/locales/*.json when it was built).
#include <algorithm>

#include "scenarios/loader/json/files.h"
#include "scenarios/loader/values/built_in_locales.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

const Names kParts{"name",     "first_name", "last_name", "email",   "phone", "street",
                   "postcode", "city",       "region",    "country", "locale"};

constexpr std::size_t kMostLetters = 100;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestMail = 1000;

class LocaleReader {
 public:
  LocaleReader(const Json& root, Problems& problems)
      : problems_(problems),
        members_(root,
                 {"locale", "country", "source", "full_name", "street", "mail_letters", "first_names", "last_names",
                  "streets", "mail_domains", "places"},
                 problems) {}

  std::shared_ptr<const Locale> read() {
    const std::size_t before = problems_.errors();
    (void)members_.require("source", "where the figures come from");
    locale_.name = text("locale", "\"en_US\"");
    locale_.country = text("country", "\"US\"");
    locale_.full_name = form("full_name", "{first} {last}");
    locale_.street = form("street", "{number} {street}");
    read_letters();
    locale_.first_names = names("first_names");
    locale_.last_names = names("last_names");
    locale_.streets = names("streets");
    locale_.mail_domains = names("mail_domains");
    read_places();
    if (problems_.errors() != before || !members_.ok()) return nullptr;
    return std::make_shared<Locale>(std::move(locale_));
  }

 private:
  std::string text(std::string_view name, std::string_view example) {
    const Json* value = members_.require(name, example);
    return value != nullptr ? read_text(*value, problems_).value_or("") : "";
  }

  /// A text that may contain the pieces of `example`, in braces.
  std::string form(std::string_view name, const std::string& example) {
    std::string out = text(name, '"' + example + '"');
    for (std::size_t at = 0; (at = out.find('{', at)) != std::string::npos; ++at) {
      const std::size_t end = out.find('}', at);
      const std::string piece = out.substr(at, end == std::string::npos ? end : end + 1 - at);
      if (example.find(piece) != std::string::npos && piece.size() > 1) continue;
      problems_.error(members_.find(name)->origin, '"' + piece + "\" in \"" + std::string(name) + '"',
                      '"' + example + '"');
    }
    return out;
  }

  void read_letters() {
    const Json* letters = members_.find("mail_letters");
    if (letters == nullptr) return;
    if (!letters->is_object() || letters->find("") != nullptr) {
      return mismatch(*letters, "letters and their spelling in e-mail addresses, {\"ä\": \"ae\"}", problems_);
    }
    if (!few_enough(*letters, "letters", problems_, kMostLetters)) return;
    for (std::size_t i = 0; i < letters->items.size(); ++i) {
      letters_.emplace_back(letters->names[i].text, read_text(letters->items[i], problems_).value_or(""));
    }
  }

  /// The form in an e-mail address: replacements first, then lower case, and only letters, digits, dots and hyphens.
  [[nodiscard]] std::string mail_form(std::string name) const {
    for (const auto& [from, to] : letters_) {
      for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos; at += to.size()) {
        name.replace(at, from.size(), to);
        if (name.size() > kLongestMail) return {};  // a replacement can be replaced again, and grow without end
      }
    }
    std::string out;
    for (const char c : name) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-') {
        out += upper ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    return out;
  }

  std::vector<Locale::Name> names(std::string_view key) {
    std::vector<Locale::Name> out;
    const Json* table = members_.require(key, "{\"name\": weight}");
    if (table == nullptr) return out;
    if (!table->is_object() || table->items.empty()) {
      mismatch(*table, "names and weights", problems_);
      return out;
    }
    for (std::size_t i = 0; i < table->items.size(); ++i) {
      const std::string& name = table->names[i].text;
      if (name.size() > kLongestName) {
        problems_.error(table->names[i].origin, "a name of " + std::to_string(name.size()) + " bytes",
                        "at most " + std::to_string(kLongestName));
        continue;
      }
      out.push_back({name, mail_form(name), read_weight(table->items[i], problems_).value_or(1)});
      if (!out.back().mail.empty() || key == "streets") continue;
      problems_.error(table->names[i].origin, "nothing of \"" + name + "\" can appear in an e-mail address",
                      "its letters in \"mail_letters\"");
    }
    return out;
  }

  void read_places() {
    const Json* places = members_.require("places", "[{\"city\": …}]");
    if (places == nullptr) return;
    if (!places->is_array() || places->items.empty()) {
      mismatch(*places, "a list of places", problems_);
      return;
    }
    for (const Json& place : places->items) {
      const ObjectReader members(place, {"city", "region", "postcode", "phone", "weight"}, problems_);
      const auto part = [&](std::string_view name) {
        const Json* value = members.require(name, "a text");
        return value != nullptr ? read_text(*value, problems_).value_or("") : std::string();
      };
      const Json* weight = members.require("weight", "1");
      locale_.places.push_back({part("city"), part("region"), part("postcode"), part("phone"),
                                weight != nullptr ? read_weight(*weight, problems_).value_or(1) : 1});
    }
  }

  Problems& problems_;
  ObjectReader members_;
  Locale locale_;
  std::vector<std::pair<std::string, std::string>> letters_;
};

std::shared_ptr<const Locale> find_locale(const std::string& name, const Origin& origin, Context& context) {
  const auto known = context.locales.find(name);
  if (known != context.locales.end()) return known->second;
  std::shared_ptr<const Locale> out;
  std::string why;
  const bool plain = !name.empty() && name.find_first_of("/\\.") == std::string::npos;
  const std::string path = beside(origin.file.text(), "locales/" + name + ".json");
  std::optional<std::string> text;
  if (plain) text = read_whole_file(path, context.files, why);
  if (text) context.locale_files[name] = path;
  const std::string_view built_in = built_in_locale(name);
  if (!text && !built_in.empty()) text = std::string(built_in);
  if (text) {
    const auto root = parse_json(*text, path, context.problems, context.files.values);
    if (root) out = LocaleReader(*root, context.problems).read();
    if (out != nullptr && out->name != name) {
      context.problems.error(root->find("locale")->origin,
                             "the locale \"" + out->name + "\" in the file of another locale", '"' + name + '"');
      out = nullptr;
    }
  } else {
    Names names;
    for (const std::string_view each : built_in_locale_names()) names.emplace_back(each);
    context.problems.error(origin, "no locale \"" + name + '"',
                           one_of(names) + ", or a file locales/" + name + ".json beside the scenario",
                           context.problems.nearest(name, names));
  }
  context.locales[name] = out;
  return out;
}

/// Fills locales and weights. False after a problem.
bool read_locales(const Json* value, const Origin& origin, constructs::Person& out, Context& context) {
  const auto add = [&](const std::string& name, const Origin& at, double weight) {
    auto locale = find_locale(name, at, context);
    if (locale == nullptr) return false;
    out.locales.push_back(std::move(locale));
    out.weights.push_back(weight);
    return true;
  };
  if (value == nullptr) return add("en_US", origin, 1);
  if (value->is_text()) return add(value->text, value->origin, 1);
  if (!value->is_object() || value->items.empty()) {
    mismatch(*value, "a locale, \"en_US\", or several with weights, {\"en_US\": 7, \"de_DE\": 3}", context.problems);
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const auto weight = read_weight(value->items[i], context.problems);
    good = add(value->names[i].text, value->names[i].origin, weight.value_or(1)) && weight && good;
  }
  return good;
}

std::size_t longest_of(const std::string& part, const Locale& locale) {
  const auto longest = [](const std::vector<Locale::Name>& names, bool mail) {
    std::size_t out = 0;
    for (const Locale::Name& name : names) out = std::max(out, (mail ? name.mail : name.text).size());
    return out;
  };
  const auto place = [&](std::string Locale::Place::*member) {
    std::size_t out = 0;
    for (const Locale::Place& each : locale.places) out = std::max(out, (each.*member).size());
    return out;
  };
  const std::size_t first = longest(locale.first_names, false);
  const std::size_t last = longest(locale.last_names, false);
  if (part == "first_name") return first;
  if (part == "last_name") return last;
  if (part == "name") return locale.full_name.size() + first + last;
  if (part == "email") {
    constexpr std::size_t kRest = 7;  // two dots or an @, and up to four digits
    return longest(locale.first_names, true) + longest(locale.last_names, true) + longest(locale.mail_domains, false) +
           kRest;
  }
  if (part == "street") return locale.street.size() + longest(locale.streets, false) + 3;
  if (part == "phone") return place(&Locale::Place::phone);
  if (part == "postcode") return place(&Locale::Place::postcode);
  if (part == "city") return place(&Locale::Place::city);
  if (part == "region") return place(&Locale::Place::region);
  return part == "country" ? locale.country.size() : locale.name.size();
}

}  // namespace

std::vector<std::pair<std::string, ExpressionPtr>> read_person(const Json& value, const std::string& group,
                                                               Context& context) {
  const ObjectReader members(value, {"person", "locale", "inline"}, context.problems);
  const Json& parts = *members.find("person");
  constructs::Person person;
  person.group = group;
  bool good = read_locales(members.find("locale"), value.origin, person, context);
  if (const Json* inlined = members.find("inline")) good = read_boolean(*inlined, context.problems) && good;
  if (!parts.is_array() || parts.items.empty()) {
    mismatch(parts, "a list of parts: " + one_of(kParts), context.problems);
    return {};
  }
  std::vector<std::pair<std::string, ExpressionPtr>> out;
  for (const Json& part : parts.items) {
    if (!part.is_text() || std::find(kParts.begin(), kParts.end(), part.text) == kParts.end()) {
      unknown_name(part, "part of a person", kParts, context.problems);
      good = false;
      continue;
    }
    person.part = part.text;
    std::size_t longest = 0;
    for (const auto& locale : person.locales) longest = std::max(longest, longest_of(part.text, *locale));
    out.emplace_back(part.text, make_expression(person, text_type(longest), value.origin));
  }
  if (!good) out.clear();
  return out;
}

}  // namespace freshet::loading
