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

std::string value_text(const Row& row, std::size_t column, const ColumnType& type) {
  std::string text;
  append_json(row, row.cells[column], type, text);
  return text;
}

std::vector<AuditDifference> differences(const View& view, const Row* expected, const Row* found) {
  std::vector<AuditDifference> out;
  if (expected == nullptr || found == nullptr) return out;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ColumnType& type = view.columns[i].type;
    if (equal_cells(*expected, expected->cells[i], *found, found->cells[i], type)) continue;
    out.push_back({view.columns[i].name, value_text(*expected, i, type), value_text(*found, i, type)});
  }
  return out;
}

}  // namespace

void note_error(AuditReport& report, const View& view, std::int64_t& errors, const char* kind, const Row* expected,
                const Row* found) {
  if (++errors > static_cast<std::int64_t>(AuditReport::kExamples)) return;
  report.examples.push_back({kind, key_text(view, expected != nullptr ? *expected : *found), row_text(view, expected),
                             row_text(view, found), differences(view, expected, found)});
}

}  // namespace freshet
