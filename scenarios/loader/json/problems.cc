// Problems: their text, their order, and the nearest valid name.
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
  return out + printable(loading::did_you_mean(suggestion));
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
  return errors_ < kMostTold ? loading::nearest(name, candidates) : std::string();
}

std::vector<Problem> Problems::take() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.origin.line, a.origin.column) < std::tie(b.origin.line, b.origin.column);
  });
  return std::move(problems_);
}

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Optimal string alignment distance, letters compared without case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const Names& candidates) {
  constexpr std::size_t kLongestCompared = 100;
  constexpr std::size_t kMostCompared = 1'000'000;  // pairs of letters
  std::size_t compared = 0;
  if (name.size() > kLongestCompared) return {};
  std::size_t best = name.size() / 3 + 2;  // farther than this is another word, not a slip
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared || candidate == name) continue;
    const std::size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) >= best) continue;  // so many edits at least
    compared += (candidate.size() + 1) * (name.size() + 1);
    if (compared > kMostCompared) break;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best && distance < longer) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(const std::string& name) { return name.empty() ? "" : " (did you mean \"" + name + "\"?)"; }

std::string one_of(const Names& names) {
  constexpr std::size_t kMostListed = 64;
  const std::size_t listed = std::min(names.size(), kMostListed);
  std::string out;
  for (std::size_t i = 0; i < listed; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  if (listed < names.size()) out += " or one of " + std::to_string(names.size() - listed) + " more";
  return out;
}

}  // namespace freshet::loading
