// Variables in the texts of connections.
//
//   text     := { character | variable }
//   variable := "${" NAME [ ":-" text ] "}"        the text of a default ends at the first "}" of its own level
#include "base/text/variables.h"

namespace freshet {
namespace {

constexpr int kMaxNesting = 16;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Parses the grammar in one pass and replaces variables on the way.
class Expander {
 public:
  Expander(const std::string& text, const Environment& environment) : text_(text), environment_(environment) {}

  /// `wanted`: the result is used, so a variable without a value is an error.
  std::string expand(bool wanted, int nesting) {
    std::string out;
    while (next_ < text_.size() && !malformed_) {
      if (text_.compare(next_, 2, "${") == 0) {
        out += variable(wanted, nesting);
      } else if (nesting > 0 && text_[next_] == '}') {
        break;
      } else {
        out += text_[next_++];
      }
    }
    return out;
  }

  [[nodiscard]] const std::optional<std::size_t>& malformed() const { return malformed_; }
  [[nodiscard]] const std::optional<std::string>& missing() const { return missing_; }

 private:
  std::string variable(bool wanted, int nesting) {
    const std::size_t begin = next_;
    next_ += 2;
    std::string name;
    while (next_ < text_.size() && is_name_character(text_[next_])) name += text_[next_++];
    const char* set = name.empty() ? nullptr : environment_(name);
    const bool has_value = set != nullptr && *set != '\0';
    const bool has_default = text_.compare(next_, 2, ":-") == 0;
    std::string fallback;
    if (has_default && nesting < kMaxNesting) {
      next_ += 2;
      fallback = expand(wanted && !has_value, nesting + 1);
    }
    if (malformed_) return {};
    if (name.empty() || next_ >= text_.size() || text_[next_] != '}') {
      malformed_ = begin;
      return {};
    }
    ++next_;
    if (has_value) return set;
    if (!has_default && wanted && !missing_) missing_ = name;
    return fallback;
  }

  const std::string& text_;
  const Environment& environment_;
  std::size_t next_ = 0;
  std::optional<std::size_t> malformed_;
  std::optional<std::string> missing_;
};

}  // namespace

Result<std::string> expand_variables(const std::string& text, const Environment& environment) {
  Expander expander(text, environment);
  std::string out = expander.expand(true, 0);
  if (expander.malformed()) return Error{ErrorKind::Usage, "a ${…} in its URL is not well formed", {}};
  if (expander.missing()) {
    return Error{ErrorKind::Unreachable, "the variable " + *expander.missing() + " is not set", {}};
  }
  return out;
}

std::optional<std::size_t> malformed_variable(const std::string& text) {
  const Environment empty = [](const std::string&) -> const char* { return nullptr; };
  Expander expander(text, empty);
  (void)expander.expand(false, 0);
  return expander.malformed();
}

}  // namespace freshet
