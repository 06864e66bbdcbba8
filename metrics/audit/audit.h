// Audit: expected against found, row by row, class by class (SEMANTICS.md §4). Expected rows come from ledger and
// seed; found rows from a full scan of the sink.
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

/// A column in which a found row is not the expected one; values as JSON.
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
  std::vector<AuditDifference> differences = {};  ///< where both rows are there, in the order of the view's columns
};

/// What an audit found not to be as it must be: by class and key, a digest of what was found.
using Differences = std::unordered_map<std::string, std::uint64_t>;

/// What tells an error of the pipeline from what is still on its way (SEMANTICS.md 30).
struct AuditBasis {
  /// There is evidence for a finding about the row of that key, or about a row that nobody wrote. Empty: there always
  /// is.
  std::function<bool(const std::optional<std::string>& key)> proven = {};
  /// Of the look before. Null: this is the first, and everything that has evidence counts.
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
  std::int64_t indeterminate = 0;      ///< rows that hang on a change of unknown outcome
  std::int64_t unproven = 0;           ///< differences without evidence that the pipeline has passed the change
  std::int64_t in_flight = 0;          ///< differences that were others, or none, in the look before
  int looks = 1;                       ///< how often the sink was scanned
  double looks_apart_s = 0;            ///< from the last but one to the last
  Differences differences = {};        ///< all, whether they count or not
  std::vector<AuditExample> examples;  ///< the first kExamples of each class
  [[nodiscard]] std::int64_t errors() const { return missing + stale + duplicate + phantom + resurrected + wrong; }
  static constexpr std::size_t kExamples = 3;
};

[[nodiscard]] constexpr const char* name_of(AuditReport::Status status) {
  constexpr const char* kNames[] = {"done", "inconclusive", "skipped"};
  return kNames[static_cast<std::size_t>(status)];
}

class WindowAudit;

/// Audit of one view. One thread. Memory: one bit per root (16 where a view unnests), plus exceptions.
///
/// A row that appears twice under one key counts once in its class and is a duplicate from then on. The rows of a root
/// with a change of unknown outcome are only counted. A row that says it is of a version that never committed is wrong,
/// whatever else it holds.
class Audit {
 public:
  /// The ledger must be complete: every scheduled change settled.
  Audit(const Scenario& scenario, const Rows& rows, const Ledger& ledger, ViewId view, AuditBasis basis = {});
  ~Audit();
  /// A row of the scan, in the view's columns, and the versions that it says it is of (none: it does not say).
  void found(const Row& row, std::span<const Version> versions = {});
  /// Ends the scan and looks for what was not found. Once.
  [[nodiscard]] AuditReport finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::unique_ptr<WindowAudit> windows_;  ///< instead, of a view with windows
};

}  // namespace freshet
