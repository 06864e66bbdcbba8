// Problems: their text and their order.
#include "scenarios/loader/json/problems.h"

#include <algorithm>
#include <tuple>

#include "base/messages/masked.h"
#include "base/messages/printable.h"

namespace freshet {

std::string Problem::text() const {
  std::string out = printable(origin.file.text());
  if (origin.line > 0) out += ':' + std::to_string(origin.line) + ':' + std::to_string(origin.column);
  out += ": ";
  if (!origin.pointer.empty()) out += printable(origin.pointer.text()) + ": ";
  if (severity == Severity::Warning) out += "warning: ";
  out += printable(masked(message));
  if (!expected.empty()) out += ", expected " + printable(masked(expected));
  return out + printable(did_you_mean(suggestion));
}

}  // namespace freshet

namespace freshet::loading {

void Problems::error(const Origin& origin, std::string message, std::string expected, std::string suggestion) {
  if (++errors_ > kMostTold) return;
  problems_.push_back(
      {Problem::Severity::Error, origin, std::move(message), std::move(expected), std::move(suggestion)});
}

void Problems::warning(const Origin& origin, std::string message, std::string expected) {
  if (++warnings_ > kMostTold) return;
  problems_.push_back({Problem::Severity::Warning, origin, std::move(message), std::move(expected), {}});
}

std::string Problems::nearest(std::string_view name, const Names& candidates) const {
  return errors_ < kMostTold ? freshet::nearest(name, candidates) : std::string();
}

std::vector<Problem> Problems::take() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.origin.line, a.origin.column) < std::tie(b.origin.line, b.origin.column);
  });
  return std::move(problems_);
}

}  // namespace freshet::loading
