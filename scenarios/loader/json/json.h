// JSON with positions, so that every problem can say where it is.
//
// RFC 8259 plus // and /* */ comments. Refused: trailing commas, duplicate keys, invalid UTF-8, nesting deeper than
// kMaxDepth, more values than kMaxValues. Time and memory are linear in the text. Not for the hot path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scenarios/loader/json/problems.h"
#include "scenarios/model/origin.h"

namespace freshet::loading {

inline constexpr int kMaxDepth = 64;
/// Maximum number of values in all JSON in memory at the same time: each takes up to 300 bytes.
inline constexpr std::size_t kMaxValues = 120'000;

/// A JSON value and its position. The origin of an object's member is that of its value; names have their own.
struct Json {
  enum class Kind : std::uint8_t { Null, Boolean, Number, String, Array, Object };
  struct Name {
    std::string text;
    Origin origin;
  };

  Kind kind = Kind::Null;
  bool boolean = false;
  std::string text;         ///< String: decoded. Number: as written
  std::vector<Json> items;  ///< Array: elements. Object: values, parallel to `names`
  std::vector<Name> names;
  Origin origin;

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
  [[nodiscard]] bool is_text() const { return kind == Kind::String; }
  [[nodiscard]] bool is_object() const { return kind == Kind::Object; }
  [[nodiscard]] bool is_array() const { return kind == Kind::Array; }
  [[nodiscard]] bool is_number() const { return kind == Kind::Number; }
  /// A number written without point and exponent.
  [[nodiscard]] bool is_whole_number() const;
  /// The member with this name, or null (also if this is not an object).
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] Json* find(std::string_view name);
};

/// An index of an object's members by name, for many look-ups. The object must outlive it; members may only be added,
/// each followed by add_last().
class Places {
 public:
  explicit Places(const Json& object);
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// Adds the member that was appended last.
  void add_last();

 private:
  void add(std::size_t place);

  const Json& object_;
  std::unordered_multimap<std::size_t, std::uint32_t> places_;  // by hash, because names move when the object grows
};

/// Parses a text. Returns nullopt after a syntax error; a duplicate key is a problem, and the first one counts. `left`:
/// how many values are still allowed; it is reduced by the number parsed.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text, const std::string& file, Problems& problems,
                                             std::size_t& left);
[[nodiscard]] std::optional<Json> parse_json(std::string_view text, const std::string& file, Problems& problems);

/// True for valid UTF-8 without a NUL, as in the texts of a JSON file.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Pretty JSON, two spaces per level, without comments. Parsing the result gives the same value.
[[nodiscard]] std::string to_text(const Json& value);

/// Gives the value and everything below it new pointers that start with `pointer`.
void set_pointers(Json& value, const Pointer& pointer);

/// Describes a value for messages: the text "abc", the number 5, an object…
[[nodiscard]] std::string describe(const Json& value);

}  // namespace freshet::loading
