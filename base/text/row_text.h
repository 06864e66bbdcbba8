// Texts of numbers, shared by the JSON and the canonical form. Private to base/.
#pragma once

#include <cstdint>
#include <string>

namespace freshet {

void append_integer(std::int64_t value, std::string& out);
/// The shortest text that reads back as the same double. Zero has no sign; `value` must be finite.
void append_double(double value, std::string& out);

}  // namespace freshet
