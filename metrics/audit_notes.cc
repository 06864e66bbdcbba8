#include "metrics/audit_notes.h"

namespace freshet {

namespace {

std::string key_text(const View& view, const Row& row) {
  std::string text;
  for (const int index : view.key) {
    const auto at = static_cast<std::size_t>(index);
    if (!text.empty()) text += ", ";
    text += view.columns[at].name + "=";
    append_text(row, row.cells[at], view.columns[at].type, text);
  }
  return text;
}

std::string row_text(const View& view, const Row* row) {
  if (row == nullptr) return "no row";
  std::string text;
  append_json_object(*row, 0, view.record, text);
  return text;
}

}  // namespace

void note_error(AuditReport& report, const View& view, std::int64_t& errors, const char* kind, const Row* expected,
                const Row* found) {
  if (++errors > static_cast<std::int64_t>(AuditReport::kExamples)) return;
  report.examples.push_back({kind, key_text(view, expected != nullptr ? *expected : *found), row_text(view, expected),
                             row_text(view, found)});
}

}  // namespace freshet
