// The SLO grammar (gate_parser.h): recursive descent over words. Each error says what was expected and at which
// character.
#include "scenarios/loader/read/gate_parser.h"

#include <array>
#include <cmath>
#include <vector>

#include "base/messages/nearest.h"
#include "scenarios/loader/json/units.h"

namespace freshet {
namespace {

template <std::size_t n>
Names names_of(const std::array<NamedQuantity, n>& table) {
  Names names;
  for (const NamedQuantity& entry : table) names.emplace_back(entry.name);
  return names;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '%';
}

/// The share of a statistic such as p99.9, or nullopt.
std::optional<double> parse_quantile(std::string_view word) {
  if (word.size() < 2 || word.front() != 'p') return std::nullopt;
  if (word == "p999") return 0.999;
  const auto percent = loading::parse_plain_number(word.substr(1));
  if (!percent || *percent <= 0 || *percent >= 100) return std::nullopt;
  return *percent / 100;
}

class GateParser {
 public:
  explicit GateParser(const std::string& text) : text_(text) { gate_.expression = text; }

  Result<Gate> parse() {
    if (!quantity() || !selector() || !comparator() || !bound() || !end()) return error_;
    return gate_;
  }

 private:
  void skip_spaces() {
    while (next_ < text_.size() && (text_[next_] == ' ' || text_[next_] == '\t')) ++next_;
  }

  /// The next word; empty at a sign or at the end. `begin_` is its position.
  std::string word() {
    skip_spaces();
    begin_ = next_;
    while (next_ < text_.size() && is_word_character(text_[next_])) ++next_;
    return text_.substr(begin_, next_ - begin_);
  }

  bool sign(char wanted) {
    skip_spaces();
    if (next_ >= text_.size() || text_[next_] != wanted) return false;
    ++next_;
    return true;
  }

  /// Reports that the text at `at` is not what was expected.
  bool fail(std::size_t at, const std::string& expected, const Names& candidates = {}) {
    std::size_t end = at;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    if (end == at && at < text_.size()) ++end;
    const std::string found = text_.substr(at, end - at);
    std::string message = "at character " + std::to_string(at + 1) + ": ";
    message += found.empty() ? "the expression ends" : "found \"" + found + '"';
    message += ", expected " + expected;
    message += did_you_mean(nearest(found, candidates));
    error_ = Error{ErrorKind::Usage, std::move(message), {}};
    return false;
  }

  bool quantity() {
    const std::string first = word();
    for (const NamedQuantity& entry : kCountNames) {
      if (first != entry.name) continue;
      gate_.quantity = entry.quantity;
      gate_.unit = "count";
      return true;
    }
    if (first == kAchievedRate) {
      gate_.quantity = Quantity::AchievedRate;
      gate_.unit = "ratio";
      return true;
    }
    if (first == "within") return within();
    gate_.unit = "s";
    if (first == "max") {
      gate_.quantile = 1;
    } else if (const auto quantile = parse_quantile(first)) {
      gate_.quantile = *quantile;
    } else {
      Names names{"max", "within", kAchievedRate};
      for (const std::string& name : names_of(kCountNames)) names.push_back(name);
      return fail(begin_, "p with a number between 0 and 100, " + one_of(names), names);
    }
    return latency();
  }

  bool within() {
    const std::string text = word();
    const auto micros = loading::parse_duration(text);
    if (!micros || *micros <= 0) return fail(begin_, "a duration such as 5m after \"within\"");
    gate_.within_s = *micros / 1e6;
    gate_.unit = "ratio";
    return latency();
  }

  bool latency() {
    const std::string name = word();
    for (const NamedQuantity& entry : kLatencyNames) {
      if (name != entry.name) continue;
      gate_.quantity = entry.quantity;
      return true;
    }
    return fail(begin_, one_of(names_of(kLatencyNames)), names_of(kLatencyNames));
  }

  bool selector() {
    if (!sign('{')) return true;
    do {
      if (!selection()) return false;
    } while (sign(','));
    return sign('}') || fail(next_, "',' or '}'");
  }

  bool selection() {
    const std::string name = word();
    const std::size_t name_at = begin_;
    const bool view = name == "view";
    if (!view && name != "op") return fail(name_at, "view or op", {"view", "op"});
    std::string& target = view ? gate_.view : gate_.operation;
    if (!target.empty()) return fail(name_at, "each name once");
    if (!sign('=')) return fail(next_, "'='");
    const std::string value = word();
    if (value.empty()) return fail(next_, "a value");
    const std::string operation = value.substr(value.rfind('.') + 1);
    const bool known = operation == "insert" || operation == "update" || operation == "delete";
    if (!view && !known) {
      return fail(begin_, "insert, update or delete, alone or after \"ENTITY.\"", {"insert", "update", "delete"});
    }
    target = value;
    return true;
  }

  bool comparator() {
    skip_spaces();
    const std::size_t at = next_;
    const char first = at < text_.size() ? text_[at] : '\0';
    const bool equals = at + 1 < text_.size() && text_[at + 1] == '=';
    if ((first != '<' && first != '>' && first != '=') || (first == '=' && !equals)) {
      return fail(at, "<, <=, >, >= or ==");
    }
    next_ += equals ? 2 : 1;
    if (first == '=') gate_.comparator = Comparator::Equal;
    if (first == '<') gate_.comparator = equals ? Comparator::LessEqual : Comparator::Less;
    if (first == '>') gate_.comparator = equals ? Comparator::GreaterEqual : Comparator::Greater;
    return true;
  }

  bool bound() {
    const std::string text = word();
    if (gate_.unit == "s") {
      const auto micros = loading::parse_duration(text);
      if (!micros) return fail(begin_, "a duration such as 250ms or 5m");
      gate_.bound = *micros / 1e6;
    } else if (gate_.unit == "ratio") {
      const auto share = loading::parse_percent(text);
      if (!share || *share > 1) return fail(begin_, "a share such as 99.9%, at most 100%");
      gate_.bound = *share;
    } else {
      const auto count = loading::parse_plain_number(text);
      if (!count || std::floor(*count) != *count) return fail(begin_, "a count such as 0");
      gate_.bound = *count;
    }
    return true;
  }

  bool end() {
    skip_spaces();
    return next_ == text_.size() || fail(next_, "the end of the expression");
  }

  const std::string& text_;
  std::size_t next_ = 0;
  std::size_t begin_ = 0;
  Gate gate_;
  Error error_;
};

}  // namespace

Result<Gate> parse_gate(const std::string& expression) { return GateParser(expression).parse(); }

}  // namespace freshet
