// Texts by pattern and by length, and true or false by chance.
//
//   pattern := { class | character } with a count after it if wanted: [A-Z]{3}-[0-9]{4,6}\\[x]
//   class   := "[" { character | character "-" character } "]"      count := "{" least [ "," most ] "}"
// A backslash takes the next character as it is. In classes and before counts there are characters of ASCII only: a
// part is drawn byte by byte.
#include <algorithm>

#include "scenarios/loader/values/distributions.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

constexpr int kMostRepeats = 1000;
constexpr std::size_t kMostText = 4096;

class PatternReader {
 public:
  explicit PatternReader(const std::string& text) : text_(text) {}

  /// The parts, or nullopt if the text is not a pattern; at() then says where.
  std::optional<std::vector<constructs::Pattern::Part>> read() {
    std::vector<constructs::Pattern::Part> parts;
    while (at_ < text_.size()) {
      constructs::Pattern::Part part;
      if (text_[at_] == '[') {
        if (!read_class(part.characters)) return std::nullopt;
      } else if (text_[at_] == ']' || text_[at_] == '{' || text_[at_] == '}' || !read_character(part.characters)) {
        return std::nullopt;
      }
      const bool counted = at_ < text_.size() && text_[at_] == '{';
      if (counted && (static_cast<unsigned char>(text_[at_ - 1]) >= 0x80 || !read_count(part))) return std::nullopt;
      parts.push_back(std::move(part));
    }
    if (parts.empty()) return std::nullopt;
    return parts;
  }

 private:
  bool read_character(std::string& out) {
    if (text_[at_] == '\\' && ++at_ >= text_.size()) return false;
    out += text_[at_++];
    return true;
  }

  bool read_class(std::string& out) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != ']') {
      if (static_cast<unsigned char>(text_[at_]) >= 0x80 || !read_character(out)) return false;
      if (at_ + 1 >= text_.size() || text_[at_] != '-' || text_[at_ + 1] == ']') continue;
      ++at_;
      std::string last;
      if (static_cast<unsigned char>(text_[at_]) >= 0x80 || !read_character(last) || last[0] < out.back()) return false;
      for (char c = out.back(); c != last[0];) out += ++c;
    }
    if (at_ >= text_.size() || out.empty()) return false;
    ++at_;
    return true;
  }

  bool read_number(int& out) {
    const std::size_t begin = at_;
    for (out = 0; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && out <= kMostRepeats; ++at_) {
      out = out * 10 + (text_[at_] - '0');
    }
    return at_ > begin && out <= kMostRepeats;
  }

  bool read_count(constructs::Pattern::Part& part) {
    ++at_;
    if (!read_number(part.least)) return false;
    part.most = part.least;
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      if (!read_number(part.most) || part.most < part.least) return false;
    }
    if (at_ >= text_.size() || text_[at_] != '}') return false;
    ++at_;
    return true;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

}  // namespace

ExpressionPtr read_pattern(const Json& value, Context& context) {
  const ObjectReader members(value, {"pattern"}, context.problems);
  const Json& pattern = *members.find("pattern");
  auto parts = pattern.is_text() ? PatternReader(pattern.text).read() : std::nullopt;
  if (!parts) {
    mismatch(pattern, "a pattern such as \"[A-Z]{3}-[0-9]{4,6}\"", context.problems);
    return nullptr;
  }
  std::size_t longest = 0;
  for (const constructs::Pattern::Part& part : *parts) longest += static_cast<std::size_t>(part.most);
  if (longest > kMostText) {
    context.problems.error(pattern.origin, "a pattern of up to " + std::to_string(longest) + " characters",
                           "at most " + std::to_string(kMostText));
    return nullptr;
  }
  return make_expression(constructs::Pattern{*std::move(parts)}, text_type(longest), value.origin);
}

ExpressionPtr read_words(const Json& value, Context& context) {
  const ObjectReader members(value, {"text"}, context.problems);
  const Json& length = *members.find("text");
  Distribution distribution;
  if (length.is_number()) {
    const auto count = read_integer(length, 1, static_cast<std::int64_t>(kMostText), context.problems);
    if (!count) return nullptr;
    distribution = constant_distribution(static_cast<double>(*count));
  } else {
    const auto drawn = read_distribution(length, DistributionUse::Value, context.problems);
    if (!drawn) return nullptr;
    distribution = drawn->distribution;
    if (drawn->type.kind != Kind::Integer || least_of(distribution) < 1 ||
        most_of(distribution) > static_cast<double>(kMostText)) {
      context.problems.error(length.origin,
                             "a length that is not a whole number from 1 to " + std::to_string(kMostText),
                             "characters, 40 or {\"uniform\": [20, 80]}");
      return nullptr;
    }
  }
  const ColumnType type = text_type(static_cast<std::size_t>(most_of(distribution)));
  return make_expression(constructs::Words{std::move(distribution)}, type, value.origin);
}

ExpressionPtr read_chance(const Json& value, Context& context) {
  const ObjectReader members(value, {"chance"}, context.problems);
  const auto share = read_share(*members.find("chance"), context.problems);
  if (!share) return nullptr;
  return make_expression(constructs::Chance{*share}, plain_type(Kind::Boolean), value.origin);
}

}  // namespace freshet::loading
