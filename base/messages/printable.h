// Makes foreign text safe to print. Keys, names, scenarios, rows and server messages may contain terminal escapes:
// colours, titles, cursor movements that hide earlier output. Everything that Freshet prints and did not write itself
// passes through here.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// Returns one line of UTF-8. Control characters (C0, DEL) and invalid bytes become "\n", "\r", "\t" or "\xNN". C1
/// controls, Unicode line and paragraph separators and bidirectional controls become "\u{NNNN}".
[[nodiscard]] std::string printable(std::string_view text);

/// Escapes, in JSON text, the characters that JSON allows and a terminal would obey ("\\u009b"). Line ends stay, and
/// the meaning of the JSON is unchanged.
[[nodiscard]] std::string printable_json(std::string_view json);

/// Like printable(), but keeps line ends: for texts of several lines that Freshet built from printable parts.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace freshet
