#include "scenarios/tables/table_mark.h"

#include <algorithm>
#include <cctype>

namespace freshet {

std::string mark_of(std::string_view place, std::string_view table, std::string_view run_id) {
  return std::string(kMadeByFreshet).append(place).append(".").append(table).append(kOfRun).append(run_id);
}

bool is_run_id(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  const auto counts = [](unsigned char c) { return std::isdigit(c) != 0; };
  return std::all_of(text.begin(), text.end(), fits) && std::any_of(text.begin(), text.end(), counts);
}

}  // namespace freshet
