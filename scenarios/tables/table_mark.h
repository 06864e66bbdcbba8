// The mark of a table that Freshet made: where, under which name and for which run.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

inline constexpr std::string_view kMadeByFreshet = "made by freshet as ";
inline constexpr std::string_view kOfRun = ", run ";

/// "made by freshet as shop.orders, run 20261128T120000-1a2b3c". `place`: the database, or the name of the file.
[[nodiscard]] std::string mark_of(std::string_view place, std::string_view table, std::string_view run_id);

/// True for the id of a run, and false for a text that a person wrote: "by hand, for March".
[[nodiscard]] bool is_run_id(std::string_view text);

}  // namespace freshet
