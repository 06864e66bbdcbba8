#include "generator/row/program.h"

#include <algorithm>

namespace freshet {

const Program::Alternative& Program::Condition::of(const Row& row, const Cell& cell) const {
  if (cell.kind == Kind::Null) return alternatives.back();
  if (text) {
    const std::string_view wanted = row.text_of(cell);
    const auto at = std::lower_bound(texts.begin(), texts.end(), wanted,
                                     [](const auto& each, std::string_view value) { return each.first < value; });
    return at != texts.end() && at->first == wanted ? alternatives[at->second] : alternatives.back();
  }
  const std::int64_t number = cell.kind == Kind::Double ? static_cast<std::int64_t>(as_double(cell)) : cell.number;
  const auto above = std::upper_bound(thresholds.begin(), thresholds.end(), number,
                                      [](std::int64_t value, const auto& each) { return value < each.first; });
  if (above == thresholds.begin()) return alternatives.back();
  const auto& [threshold, index] = *(above - 1);
  return at_least || threshold == number ? alternatives[index] : alternatives.back();
}

void Program::lend_texts() {
  const auto padded = [](std::string& text) {
    const std::size_t size = text.size();
    text.append(kAfterLent, '\0');
    return std::string_view(text).substr(0, size);
  };
  const auto lend = [&](Texts& texts) {
    for (auto& [text, cell] : texts) cell = lent_text(padded(text));
  };
  for (ChoiceTable& table : choices) lend(table.values);
  for (Texts& names : states) lend(names);
  for (Row& literal : literals) {
    if (literal.cells[0].kind == Kind::Text) literal.cells[0] = lent_text(padded(literal.text));
  }
}

}  // namespace freshet
