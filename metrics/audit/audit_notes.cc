#include "metrics/audit/audit_notes.h"

#include <functional>

namespace freshet {

namespace {

std::string key_text(const View& view, const Row& row) {
  std::string text;
  for (const ColumnIndex index : view.key) {
    const std::size_t at = index_of(index);
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

bool AuditNotes::only_load_proven(const std::string& key) const {
  return basis_.proven && basis_.proven(std::nullopt) && !basis_.proven(key);
}

bool AuditNotes::stands(const std::string& difference, std::uint64_t digest) const {
  if (basis_.before == nullptr) return true;
  const auto before = basis_.before->find(difference);
  return before != basis_.before->end() && before->second == digest;
}

AuditExample AuditNotes::example(std::string kind, const Row* expected, const Row* found,
                                 const std::vector<AuditDifference>& claims) const {
  AuditExample example{std::move(kind), key_text(view_, expected != nullptr ? *expected : *found),
                       row_text(view_, expected), row_text(view_, found), differences(view_, expected, found)};
  example.differences.insert(example.differences.end(), claims.begin(), claims.end());
  return example;
}

void AuditNotes::note(std::int64_t AuditReport::*errors, const char* kind, const std::string& key, const Row* expected,
                      const Row* found, const std::vector<AuditDifference>& claims) {
  const std::string found_text = row_text(view_, found);
  const std::string difference = kind + (kKeySeparator + key);
  const std::uint64_t digest = std::hash<std::string>{}(found_text);
  report_.differences[difference] = digest;
  // A row that was never written has no change of its own to be passed, so all changes must have been passed.
  const bool nobodys = errors == &AuditReport::phantom;
  if (basis_.proven && !basis_.proven(nobodys ? std::nullopt : std::optional(key))) {
    if (++report_.unproven <= static_cast<std::int64_t>(AuditReport::kExamples)) {
      report_.examples.push_back(example(std::string(kind) + "?", expected, found, claims));
    }
    return;
  }
  if (!stands(difference, digest)) {
    ++report_.in_flight;
    return;
  }
  if (++(report_.*errors) > static_cast<std::int64_t>(AuditReport::kExamples)) return;
  report_.examples.push_back(example(kind, expected, found, claims));
}

}  // namespace freshet
