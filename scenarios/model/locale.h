// Locale: names and places of people of one country, with the frequency of each. Read from a table (scenarios/locales/
// *.json, or a "locales" folder beside a scenario), immutable, shared by all expressions that draw from it.
#pragma once

#include <string>
#include <vector>

namespace freshet {

struct Locale {
  struct Name {
    std::string text;
    std::string mail;  ///< the form in an e-mail address: ASCII, lower case
    double weight = 1;
  };
  struct Place {
    std::string city;
    std::string region;
    std::string postcode;  ///< each # becomes a digit
    std::string phone;     ///< each # becomes a digit
    double weight = 1;
  };
  std::string name;     ///< "en_US"
  std::string country;  ///< "US"
  std::vector<Name> first_names;
  std::vector<Name> last_names;
  std::vector<Name> streets;
  std::vector<Name> mail_domains;
  std::vector<Place> places;
  std::string full_name;  ///< "{first} {last}"
  std::string street;     ///< "{number} {street}"
};

}  // namespace freshet
