// Phrases of the reports: the verdict in one line, an example of an audit in a few.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/messages/printable.h"
#include "base/messages/units.h"
#include "metrics/report/report.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

namespace {

constexpr std::size_t kLongestValue = 60;
constexpr std::size_t kLongestRow = 160;
constexpr std::size_t kMostColumns = 5;
/// How much of the common beginning of two long values is shown before the point where they differ.
constexpr std::size_t kShownBefore = 12;

/// The values of a key or a row, whose canonical text joins them by a control character.
std::string columns_text(const std::string& canonical) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t to = canonical.find(kKeySeparator, from);
    out += printable(std::string_view(canonical).substr(from, to - from));
    if (to == std::string::npos) return out;
    out += " | ";
    from = to + 1;
  }
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// At most `most` bytes of `text`, starting at the character at `from`; "…" marks what is left out.
std::string excerpt(const std::string& text, std::size_t from, std::size_t most) {
  if (from == 0 && text.size() <= most) return text;
  while (from > 0 && continues_character(text[from])) --from;
  std::size_t end = std::min(text.size(), from + most);
  while (end < text.size() && continues_character(text[end])) ++end;
  return (from > 0 ? "…" : "") + text.substr(from, end - from) + (end < text.size() ? "…" : "");
}

/// Shows two values so that their difference is visible, however long they are.
std::string pair_text(const AuditDifference& difference) {
  const std::string &expected = difference.expected, &found = difference.found;
  std::size_t same = 0;
  while (same < expected.size() && same < found.size() && expected[same] == found[same]) ++same;
  const bool fits = expected.size() <= kLongestValue && found.size() <= kLongestValue;
  // The values may differ only in that the shorter one ends.
  same = std::min({same, expected.size() - 1, found.size() - 1});
  const std::size_t from = fits || same < kShownBefore * 2 ? 0 : same - kShownBefore;
  return fmt::format("expected {}, found {}", excerpt(expected, from, kLongestValue),
                     excerpt(found, from, kLongestValue));
}

/// "salescompleted 5 phantom, lines 2 missing".
std::string allowed_differences(const RunRecord& record) {
  std::string text;
  for (const ViewRecord& view : record.views) {
    const AuditReport& audit = view.audit;
    const std::pair<std::int64_t, const char*> counts[] = {
        {audit.missing, "missing"},         {audit.stale, "stale"},
        {audit.duplicate, "duplicate"},     {audit.phantom, "phantom"},
        {audit.resurrected, "resurrected"}, {audit.wrong, "wrong"}};
    for (const auto& [count, name] : counts) {
      if (count > 0) text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", view.name, human_count(count), name);
    }
  }
  return text;
}

std::string meaning_of_pass(const RunRecord& record) {
  if (record.null_target) return "the generator keeps this schedule; nothing was written, no view was judged";
  if (record.views.empty()) return "every gate holds; no view is observed, so no row was judged";
  const std::string differences = allowed_differences(record);
  if (!differences.empty())
    return "every gate holds; the differences in the sink are within what the gates allow: " + differences;
  return record.gates.empty() ? "every row is right; there are no gates" : "every gate holds and every row is right";
}

std::string meaning_of(const RunRecord& record) {
  switch (record.verdict) {
    case Verdict::Pass:
      return meaning_of_pass(record);
    case Verdict::Fail:
      return "a gate does not hold";
    case Verdict::Incorrect:
      return "the content of the sink is wrong";
    case Verdict::Invalid:
      return "the run itself was not valid; its numbers say nothing about the pipeline";
    case Verdict::Inconclusive:
      return "not enough evidence to pass or fail";
    case Verdict::Regression:
      return "worse than the baseline";
    case Verdict::Interrupted:
      return "interrupted before the end";
    case Verdict::Unreachable:
      return "a server or the pipeline was unreachable or died";
    case Verdict::Error:
      return "Freshet failed";
    case Verdict::NotJudged:
      return "the data was written and every change has an outcome; nothing was judged";
  }
  return "";
}

}  // namespace

std::string verdict_line(const RunRecord& record) {
  std::string name = name_of(record.verdict);
  for (char& letter : name) letter = static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
  std::replace(name.begin(), name.end(), '_', ' ');
  return fmt::format("{}  {} (exit {})", name, meaning_of(record), exit_code_of(record.verdict));
}

std::string size_text(const StateRecord::Size& size) {
  std::string out = human_bytes(size.bytes) + " for " + human_count(size.rows) + " rows";
  if (size.groups > 0) out += " and " + human_count(size.groups) + " groups";
  return out;
}

std::string example_text(const AuditExample& example) {
  std::string out = fmt::format("    {:<12} {}\n", example.kind, excerpt(columns_text(example.key), 0, kLongestRow));
  if (example.differences.empty()) {
    const bool absent = example.found == "no row";
    const std::string& row = absent ? example.expected : example.found;
    const char* what = absent ? "expected" : "found";
    // A duplicate or phantom row: there is nothing to compare it with.
    return out + fmt::format("      {} {}\n", what, excerpt(columns_text(row), 0, kLongestRow));
  }
  for (std::size_t i = 0; i < std::min(kMostColumns, example.differences.size()); ++i) {
    out += "      " + printable(example.differences[i].column + ": " + pair_text(example.differences[i])) + "\n";
  }
  if (example.differences.size() > kMostColumns) {
    out += fmt::format("      and {} more columns\n", example.differences.size() - kMostColumns);
  }
  return out;
}

}  // namespace freshet
