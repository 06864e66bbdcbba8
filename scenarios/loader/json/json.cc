// JSON values with positions: look-up, pointers, text. The parser is json_parser.cc.
#include "scenarios/loader/json/json.h"

#include <algorithm>

namespace freshet::loading {

bool Json::is_whole_number() const { return kind == Kind::Number && text.find_first_of(".eE") == std::string::npos; }

const Json* Json::find(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].text == name) return &items[i];
  }
  return nullptr;
}

Json* Json::find(std::string_view name) {
  return const_cast<Json*>(static_cast<const Json*>(this)->find(name));  // *this is not const here
}

Places::Places(const Json& object) : object_(object) {
  for (std::size_t i = 0; i < object.names.size(); ++i) add(i);
}

void Places::add(std::size_t place) {
  places_.emplace(std::hash<std::string_view>{}(object_.names[place].text), static_cast<std::uint32_t>(place));
}

void Places::add_last() { add(object_.names.size() - 1); }

std::optional<std::size_t> Places::find(std::string_view name) const {
  const auto [begin, end] = places_.equal_range(std::hash<std::string_view>{}(name));
  for (auto at = begin; at != end; ++at) {
    if (object_.names[at->second].text == name) return at->second;
  }
  return std::nullopt;
}

void set_pointers(Json& value, const Pointer& pointer) {
  value.origin.pointer = pointer;
  const Pointer above = value.items.empty() ? pointer : pointer.as_container();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool member = value.is_object();
    const Pointer child = member ? above.member(value.names[i].text) : above.element(i);
    if (member) value.names[i].origin.pointer = child;
    set_pointers(value.items[i], child);
  }
}

std::string describe(const Json& value) {
  switch (value.kind) {
    case Json::Kind::Null:
      return "null";
    case Json::Kind::Boolean:
      return value.boolean ? "true" : "false";
    case Json::Kind::Number:
      return "the number " + value.text;
    case Json::Kind::String:
      return "the text \"" + value.text + '"';
    case Json::Kind::Array:
      return value.items.empty() ? "an empty list" : "a list";
    case Json::Kind::Object:
      return value.items.empty() ? "an empty object" : "an object";
  }
  return {};
}

namespace {

void append_string(const std::string& text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_scalar(const Json& value) { return !value.is_array() && !value.is_object(); }

void append_value(const Json& value, std::size_t indent, std::string& out);

/// Containers of scalars stay on one line; others get a line per element.
void append_container(const Json& value, std::size_t indent, std::string& out) {
  const bool object = value.is_object();
  const bool flat = value.items.size() <= 4 && std::all_of(value.items.begin(), value.items.end(), is_scalar);
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) out += flat ? ", " : ",";
    if (!flat) out += '\n' + std::string(indent + 2, ' ');
    if (object) {
      append_string(value.names[i].text, out);
      out += ": ";
    }
    append_value(value.items[i], indent + 2, out);
  }
  if (!flat) out += '\n' + std::string(indent, ' ');
  out += object ? '}' : ']';
}

void append_value(const Json& value, std::size_t indent, std::string& out) {
  switch (value.kind) {
    case Json::Kind::Null:
      out += "null";
      return;
    case Json::Kind::Boolean:
      out += value.boolean ? "true" : "false";
      return;
    case Json::Kind::Number:
      out += value.text;
      return;
    case Json::Kind::String:
      append_string(value.text, out);
      return;
    case Json::Kind::Array:
    case Json::Kind::Object:
      append_container(value, indent, out);
      return;
  }
}

}  // namespace

std::string to_text(const Json& value) {
  std::string out;
  append_value(value, 0, out);
  out += '\n';
  return out;
}

}  // namespace freshet::loading
