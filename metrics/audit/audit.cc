#include "metrics/audit/audit.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "metrics/audit/audit_notes.h"
#include "metrics/audit/window_audit.h"
#include "metrics/oracle/root_history.h"
#include "metrics/oracle/view_model.h"

namespace freshet {

namespace {

/// The rows of a root that get one bit each; further rows go into a set.
constexpr std::size_t kLinesInBits = 16;

bool unnests(const Scenario& scenario, const View& view) {
  return view.unnest_column.has_value() || std::ranges::any_of(view.inputs, [&](const View::Input& input) {
           return input.view && unnests(scenario, scenario.view(*input.view));
         });
}

/// Marks the expected rows that were found, by root and position among its expected rows.
class Marks {
 public:
  Marks(std::size_t roots, std::size_t per_root) : per_root_(per_root), bits_(roots * per_root) {}

  /// Returns false if it was already marked.
  bool mark(std::size_t root, std::size_t place) {
    if (place >= per_root_) return beyond_.insert({root, place}).second;
    const bool fresh = !bits_[root * per_root_ + place];
    bits_[root * per_root_ + place] = true;
    return fresh;
  }
  [[nodiscard]] bool marked(std::size_t root, std::size_t place) const {
    return place < per_root_ ? bits_[root * per_root_ + place] : beyond_.contains({root, place});
  }

 private:
  const std::size_t per_root_;
  std::vector<bool> bits_;
  std::set<std::pair<std::size_t, std::size_t>> beyond_;
};

}  // namespace

struct Audit::State {
  State(const Scenario& given, const Rows& rows, const Ledger& ledger, ViewId id, AuditBasis basis)
      : scenario(given),
        view(scenario.view(id)),
        model(scenario, rows, id),
        history(rows, ledger, model, view),
        count(rows.count(scenario.family_of(view.versions_of[0]))),
        canaries(RootHistory::canaries(scenario, rows, ledger, view)),
        marks(count + canaries.size(), unnests(scenario, view) ? kLinesInBits : 1),
        notes(view, std::move(basis)) {
    for (std::size_t i = 0; i < canaries.size(); ++i) canary_places[canaries[i]] = count + i;
  }

  /// The position of a root in the marks; nullopt for an ordinal that the schedule does not use.
  [[nodiscard]] std::optional<std::size_t> place_of(Ordinal root) const {
    if (root < count) return root;
    const auto canary = canary_places.find(root);
    return canary == canary_places.end() ? std::nullopt : std::optional(canary->second);
  }

  [[nodiscard]] bool same_image(const Row& a, const Row& b) const {
    for (std::size_t i = 0; i < view.columns.size(); ++i) {
      if (!equal_cells(a, a.cells[i], b, b.cells[i], view.columns[i].type)) return false;
    }
    return true;
  }

  /// Judges a found row that is expected to exist now.
  void classify_expected(const Row& row, std::span<const Version> versions, const ExpectedRow& expected,
                         std::size_t root, std::size_t place) {
    if (!marks.mark(root, place)) return note(&AuditReport::duplicate, "duplicate", &expected.image, &row);
    ++notes.report().found;
    const std::vector<AuditDifference> claims = of_no_commit(versions);
    if (!claims.empty()) return notes.note(&AuditReport::wrong, "wrong", key, &expected.image, &row, claims);
    if (same_image(row, expected.image)) return;
    const bool older =
        history.ever(expected.key, [&](const ExpectedRow& earlier) { return same_image(row, earlier.image); });
    if (older) return note(&AuditReport::stale, "stale", &expected.image, &row);
    note(&AuditReport::wrong, "wrong", &expected.image, &row);
  }

  void classify_unexpected(const Row& row) {
    const bool was_there = history.ever(key, [](const ExpectedRow&) { return true; });
    if (was_there) return note(&AuditReport::resurrected, "resurrected", nullptr, &row);
    note(&AuditReport::phantom, "phantom", nullptr, &row);
  }

  /// The versions in the row that never committed: too high a version, or 0 (no version).
  [[nodiscard]] std::vector<AuditDifference> of_no_commit(std::span<const Version> versions) const {
    std::vector<AuditDifference> claims;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (history.committed(i, versions[i])) continue;
      claims.push_back({scenario.entity(view.versions_of[i]).name + "_version", "one that committed",
                        versions[i] == 0 ? "none" : std::to_string(versions[i])});
    }
    return claims;
  }

  void look_for_missing(Ordinal root, std::size_t mark_place) {
    const bool of_load = root < count;
    history.turn_to(root);
    if (history.indeterminate()) {
      notes.report().indeterminate += history.indeterminate_rows();
      return;
    }
    const std::vector<ExpectedRow>& expected = history.expected();
    notes.report().expected += static_cast<std::int64_t>(expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (marks.marked(mark_place, i)) continue;
      key = expected[i].key;
      // The load is proven without this marker, and a slow pipeline must not suffer from how often markers are sent.
      if (!of_load && notes.only_load_proven(key)) ++notes.report().late_markers;
      note(&AuditReport::missing, "missing", &expected[i].image, nullptr);
    }
  }

  /// Records a difference about the current row.
  void note(std::int64_t AuditReport::*errors, const char* kind, const Row* expected, const Row* found) {
    notes.note(errors, kind, key, expected, found);
  }

  const Scenario& scenario;
  const View& view;
  const ViewModel model;
  RootHistory history;
  const Ordinal count;
  const std::vector<Ordinal> canaries;
  std::unordered_map<Ordinal, std::size_t> canary_places;
  Marks marks;
  std::string key;  ///< of the current row
  AuditNotes notes;
};

Audit::Audit(const Scenario& scenario, const Rows& rows, const Ledger& ledger, ViewId view, AuditBasis basis) {
  if (scenario.view(view).tumble) {
    windows_ = std::make_unique<WindowAudit>(scenario, rows, ledger, view, std::move(basis));
  } else {
    state_ = std::make_unique<State>(scenario, rows, ledger, view, std::move(basis));
  }
}
Audit::~Audit() = default;

void Audit::found(const Row& row, std::span<const Version> versions) {
  if (windows_) return windows_->found(row);
  State& state = *state_;
  ++state.notes.report().scanned;
  Ordinal root = 0;
  std::uint32_t line = 0;
  const bool ours = state.model.locate(row, root, line);
  const auto mark_place = ours ? state.place_of(root) : std::nullopt;
  state.model.key_of(row, state.key);
  if (!mark_place) return state.note(&AuditReport::phantom, "phantom", nullptr, &row);
  state.history.turn_to(root);
  if (state.history.indeterminate()) return;
  const std::vector<ExpectedRow>& expected = state.history.expected();
  const auto match = std::ranges::find(expected, state.key, &ExpectedRow::key);
  if (match == expected.end()) return state.classify_unexpected(row);
  state.classify_expected(row, versions, *match, *mark_place, static_cast<std::size_t>(match - expected.begin()));
}

AuditReport Audit::finish() {
  if (windows_) return windows_->finish();
  State& state = *state_;
  for (Ordinal root = 0; root < state.count; ++root) state.look_for_missing(root, root);
  for (const Ordinal root : state.canaries) state.look_for_missing(root, *state.place_of(root));
  state.notes.report().status = AuditReport::Status::Done;
  return std::move(state.notes.report());
}

}  // namespace freshet
