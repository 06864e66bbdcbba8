// Texts of others, for a person's eyes. Keys, names, scenarios, rows and the messages of servers may hold whatever a
// terminal obeys: colours, titles, a cursor that goes back over what was said. Everything that Freshet prints and that
// it did not write itself goes through here.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// One line, of UTF-8. "\n", "\r", "\t", else "\xNN", stands for control characters (C0, DEL) and for bytes that are no
/// UTF-8; "\u{NNNN}" for those of C1, for what ends a line or a paragraph in Unicode, and for what turns the direction
/// of writing.
[[nodiscard]] std::string printable(std::string_view text);

/// A text of JSON, whose own escapes ("\\u009b") stand for what a terminal would obey and JSON lets pass. Its line ends
/// stay; it means the same.
[[nodiscard]] std::string printable_json(std::string_view json);

/// The same as printable() for a text of several lines that Freshet composed of printable parts: its line ends stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace freshet
