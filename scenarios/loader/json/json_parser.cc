// The parser of JSON with positions: recursive descent over the text, one syntax error at most.
#include "scenarios/loader/json/json.h"

namespace freshet::loading {
namespace {

bool is_json_digit(char c) { return c >= '0' && c <= '9'; }

/// The length in bytes of the UTF-8 sequence at the start of `text`, 0 if it is invalid.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool beyond = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 63));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  }
}

class Parser {
 public:
  Parser(std::string_view text, SharedText file, Problems& problems, std::size_t& left)
      : text_(text), file_(std::move(file)), problems_(problems), left_(left) {}

  std::optional<Json> document() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
    Json root;
    if (!skip_blank() || !value(root, "", 0) || !skip_blank()) return std::nullopt;
    if (!at_end()) {
      fail(found(), "the end of the file");
      return std::nullopt;
    }
    return root;
  }

 private:
  [[nodiscard]] bool at_end() const { return next_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[next_]; }
  [[nodiscard]] bool starts(std::string_view prefix) const { return text_.substr(next_, prefix.size()) == prefix; }

  /// Columns count characters, not bytes.
  void advance(std::size_t bytes = 1) {
    for (; bytes > 0 && !at_end(); --bytes, ++next_) {
      if (text_[next_] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(text_[next_]) & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }

  [[nodiscard]] Origin here(const Pointer& pointer) const { return {file_, pointer, line_, column_}; }

  [[nodiscard]] std::string found() const {
    if (at_end()) return "the file ends here";
    const auto c = static_cast<unsigned char>(peek());
    const std::size_t length = utf8_length(text_.substr(next_));
    if (c < 0x20 || length == 0) return "found byte " + std::to_string(c);
    return "found '" + std::string(text_.substr(next_, length)) + "'";
  }

  bool fail(std::string message, std::string expected) {
    problems_.error(here(""), std::move(message), std::move(expected));
    return false;
  }

  /// Spaces and comments.
  bool skip_blank() {
    while (!at_end()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        advance();
      } else if (starts("//")) {
        while (!at_end() && peek() != '\n') advance();
      } else if (starts("/*")) {
        const std::size_t end = text_.find("*/", next_ + 2);
        if (end == std::string_view::npos) return fail("a comment begins here and never ends", "*/");
        advance(end + 2 - next_);
      } else {
        break;
      }
    }
    return true;
  }

  bool value(Json& out, const Pointer& pointer, int depth) {
    if (left_ == 0) {
      return fail("too many values", "at most " + std::to_string(kMaxValues) + " in a scenario and its files");
    }
    --left_;
    out.origin = here(pointer);
    if (depth > kMaxDepth) return fail("nested too deeply", "at most " + std::to_string(kMaxDepth) + " levels");
    const char c = peek();
    if (c == '{') return object(out, pointer, depth);
    if (c == '[') return array(out, pointer, depth);
    if (c == '"') {
      out.kind = Json::Kind::String;
      return string(out.text);
    }
    if (c == '-' || is_json_digit(c)) return number(out);
    if (word("null")) return true;
    if (word("true") || word("false")) {
      out.kind = Json::Kind::Boolean;
      out.boolean = c == 't';
      return true;
    }
    return fail(found(), "a value");
  }

  bool word(std::string_view wanted) {
    if (!starts(wanted)) return false;
    const char after = next_ + wanted.size() < text_.size() ? text_[next_ + wanted.size()] : ' ';
    if ((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || is_json_digit(after)) return false;
    advance(wanted.size());
    return true;
  }

  bool number(Json& out) {
    const std::size_t begin = next_;
    const auto digits = [&] {
      const std::size_t from = next_;
      while (is_json_digit(peek())) advance();
      return next_ > from;
    };
    if (peek() == '-') advance();
    const std::size_t whole = next_;
    if (!digits()) return fail(found(), "a digit");
    if (text_[whole] == '0' && next_ - whole > 1) return fail("a number begins with 0", "no leading zeros");
    if (peek() == '.') {
      advance();
      if (!digits()) return fail(found(), "a digit");
    }
    if (peek() == 'e' || peek() == 'E') {
      advance();
      if (peek() == '+' || peek() == '-') advance();
      if (!digits()) return fail(found(), "a digit");
    }
    out.kind = Json::Kind::Number;
    out.text = text_.substr(begin, next_ - begin);
    return true;
  }

  bool string(std::string& out) {
    advance();
    while (true) {
      if (at_end()) return fail("the file ends within a text", "\"");
      const char c = peek();
      if (c == '"') {
        advance();
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail(c == '\n' ? "the line ends within a text" : "a control character within a text", "\" or an escape");
      }
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      const std::size_t length = utf8_length(text_.substr(next_));
      if (length == 0) return fail("bytes that are not UTF-8", "UTF-8");
      out += text_.substr(next_, length);
      advance(length);
    }
  }

  bool escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    advance();
    const std::size_t known = at_end() ? std::string_view::npos : kNames.find(peek());
    if (known != std::string_view::npos) {
      out += kValues[known];
      advance();
      return true;
    }
    if (peek() != 'u') return fail(found(), "one of \" \\ / b f n r t u after \\");
    std::uint32_t code = 0;
    if (!hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      if (!starts("\\u")) return fail("half of a surrogate pair", "\\u and its other half");
      advance();
      if (!hex(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair", "its other half");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) {
      return fail(code == 0 ? "\\u0000 in a text" : "half of a surrogate pair", "a character");
    }
    append_utf8(code, out);
    return true;
  }

  /// Called at the u of \uXXXX.
  bool hex(std::uint32_t& code) {
    advance();
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
      const std::size_t digit = std::string_view("0123456789abcdef").find(lower);
      if (at_end() || digit == std::string_view::npos) return fail(found(), "four hexadecimal digits after \\u");
      code = code * 16 + static_cast<std::uint32_t>(digit);
      advance();
    }
    return true;
  }

  /// Reads what follows an element: a comma and another one, or the end. Returns false on error; `more` says which.
  bool separator(char end, bool& more) {
    if (!skip_blank()) return false;
    more = peek() == ',';
    if (!more && peek() != end) return fail(found(), std::string("',' or '") + end + "'");
    const Origin comma = here("");
    advance();
    if (!more) return true;
    if (!skip_blank()) return false;
    if (peek() != end) return true;
    problems_.error(comma, std::string("found ',' before '") + end + "'", "no trailing comma");
    return false;
  }

  /// Takes the bracket that opens, and the one that closes if nothing stands between them.
  bool first(char close, bool& more) {
    advance();
    if (!skip_blank()) return false;
    more = peek() != close;
    if (!more) advance();
    return true;
  }

  bool array(Json& out, const Pointer& place, int depth) {
    const Pointer pointer = place.as_container();
    out.kind = Json::Kind::Array;
    bool more = false;
    if (!first(']', more)) return false;
    while (more) {
      Json item;
      if (!value(item, pointer.element(out.items.size()), depth + 1)) return false;
      out.items.push_back(std::move(item));
      if (!separator(']', more)) return false;
    }
    return true;
  }

  bool object(Json& out, const Pointer& place, int depth) {
    const Pointer pointer = place.as_container();
    Places known(out);
    out.kind = Json::Kind::Object;
    bool more = false;
    if (!first('}', more)) return false;
    while (more) {
      if (!member(out, known, pointer, depth) || !separator('}', more)) return false;
    }
    return true;
  }

  bool member(Json& out, Places& known, const Pointer& pointer, int depth) {
    Json::Name name{{}, here("")};
    if (peek() != '"') return fail(found(), "a name in quotes");
    if (!string(name.text) || !skip_blank()) return false;
    name.origin.pointer = pointer.member(name.text);
    if (peek() != ':') return fail(found(), "':'");
    advance();
    Json item;
    if (!skip_blank() || !value(item, name.origin.pointer, depth + 1)) return false;
    if (const auto first = known.find(name.text)) {
      problems_.error(name.origin, "duplicate key \"" + name.text + '"',
                      "one; the first is in line " + std::to_string(out.items[*first].origin.line));
      return true;
    }
    out.names.push_back(std::move(name));
    out.items.push_back(std::move(item));
    known.add_last();
    return true;
  }

  std::string_view text_;
  const SharedText file_;
  Problems& problems_;
  std::size_t& left_;
  std::size_t next_ = 0;
  int line_ = 1;
  int column_ = 1;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, const std::string& file, Problems& problems, std::size_t& left) {
  return Parser(text, file, problems, left).document();
}

std::optional<Json> parse_json(std::string_view text, const std::string& file, Problems& problems) {
  std::size_t left = kMaxValues;
  return parse_json(text, file, problems, left);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = text[0] == '\0' ? 0 : utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace freshet::loading
