#include "base/messages/nearest.h"

#include <algorithm>

#include "base/text/lower_case.h"

namespace freshet {

namespace {

/// Optimal string alignment distance; case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower_case(a[i - 1]) == lower_case(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower_case(a[i - 1]) == lower_case(b[j - 2]) &&
                           lower_case(a[i - 2]) == lower_case(b[j - 1]);
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
  constexpr std::size_t kMostCompared = 1'000'000;  // pairs of letters to compare
  std::size_t compared = 0;
  if (name.size() > kLongestCompared) return {};
  std::size_t best = name.size() / 3 + 2;  // beyond this distance it is another word, not a typo
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared || candidate == name) continue;
    const std::size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) >= best) continue;  // a lower bound of the distance
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

}  // namespace freshet
