// Audit: compares expected with found rows, class by class (SEMANTICS.md §4). Expected rows come from the ledger and
// the seed; found rows from a full scan of the sink.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rows.h"
#include "metrics/ledger/ledger.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// A column in which a found row differs from the expected one; values as JSON.
struct AuditDifference {
  std::string column;
  std::string expected;
  std::string found;
};

struct AuditExample {
  std::string kind;                               ///< missing, stale, duplicate, phantom, resurrected, wrong
  std::string key;                                ///< columns and values, "invoiceNumber=…, line=3"
  std::string expected;                           ///< JSON of the row, or "no row"
  std::string found;                              ///< JSON of the row, or "no row"
  std::vector<AuditDifference> differences = {};  ///< if both rows exist, in the order of the view's columns
};

/// The differences that an audit found: a digest of the found row, by class and key.
using Differences = std::unordered_map<std::string, std::uint64_t>;

/// Distinguishes an error of the pipeline from a change still on its way (SEMANTICS.md 30).
struct AuditBasis {
  /// True if there is evidence for a finding about the row with that key, or about a row that was never written (no
  /// key). Empty means always true.
  std::function<bool(const std::optional<std::string>& key)> proven = {};
  /// The differences of the previous look. Null for the first look; then every difference with evidence counts.
  const Differences* before = nullptr;
};

struct AuditReport {
  enum class Status { Done, Inconclusive, Skipped } status = Status::Skipped;
  std::string reason;
  std::int64_t scanned = 0;  ///< rows read
  std::int64_t expected = 0;
  std::int64_t found = 0;  ///< expected rows that were found, right or not
  std::int64_t missing = 0;
  std::int64_t stale = 0;
  std::int64_t duplicate = 0;
  std::int64_t phantom = 0;
  std::int64_t resurrected = 0;
  std::int64_t wrong = 0;
  std::int64_t indeterminate = 0;      ///< rows that depend on a change whose outcome is unknown
  std::int64_t unproven = 0;           ///< differences without evidence that the pipeline has passed the change
  std::int64_t late_markers = 0;       ///< the number of those that are markers without which the load is proven
  std::int64_t in_flight = 0;          ///< differences that the previous look did not have in this form
  int looks = 1;                       ///< how often the sink was scanned
  double looks_apart_s = 0;            ///< between the last two scans
  Differences differences = {};        ///< all of them, whether they count or not
  std::vector<AuditExample> examples;  ///< the first kExamples of each class
  [[nodiscard]] std::int64_t errors() const { return missing + stale + duplicate + phantom + resurrected + wrong; }
  static constexpr std::size_t kExamples = 3;
};

[[nodiscard]] constexpr const char* name_of(AuditReport::Status status) {
  constexpr const char* kNames[] = {"done", "inconclusive", "skipped"};
  return kNames[static_cast<std::size_t>(status)];
}

class WindowAudit;

/// Audits one view. One thread. Memory: one bit per root (16 where a view unnests), plus exceptions.
///
/// A row that appears twice under one key counts once in its class; further copies are duplicates. The rows of a root
/// that has a change with an unknown outcome are only counted. A row that claims a version that never committed is
/// wrong, whatever else it contains.
class Audit {
 public:
  /// The ledger must be complete: every scheduled change has an outcome.
  Audit(const Scenario& scenario, const Rows& rows, const Ledger& ledger, ViewId view, AuditBasis basis = {});
  ~Audit();
  /// Takes a row of the scan, in the view's columns, and the versions that the row claims (empty if it claims none).
  void found(const Row& row, std::span<const Version> versions = {});
  /// Ends the scan and looks for rows that were not found. Call once.
  [[nodiscard]] AuditReport finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::unique_ptr<WindowAudit> windows_;  ///< used instead for a view with windows
};

}  // namespace freshet
