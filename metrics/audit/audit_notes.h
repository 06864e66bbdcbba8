// Records the differences that audits find.
#pragma once

#include <string>

#include "metrics/audit/audit.h"

namespace freshet {

/// The report of one audit while it is being built. `view` must outlive it.
class AuditNotes {
 public:
  AuditNotes(const View& view, AuditBasis basis) : view_(view), basis_(std::move(basis)) {}

  [[nodiscard]] AuditReport& report() { return report_; }

  /// True if there is evidence for the whole load, but not for the row with this key. Of a marker this means that it
  /// was sent in addition to those that proved the load, and may still be on its way.
  [[nodiscard]] bool only_load_proven(const std::string& key) const;

  /// Records a difference of a class (`errors` is its counter in the report) about the row with `key` (canonical text).
  /// A null row means that there is none. The difference counts if it has evidence and persists. The first
  /// AuditReport::kExamples of a class are kept with their rows, and as many of those without evidence ("missing?").
  /// `claims`: what the row states beside its columns.
  void note(std::int64_t AuditReport::*errors, const char* kind, const std::string& key, const Row* expected,
            const Row* found, const std::vector<AuditDifference>& claims = {});

 private:
  [[nodiscard]] AuditExample example(std::string kind, const Row* expected, const Row* found,
                                     const std::vector<AuditDifference>& claims) const;
  [[nodiscard]] bool stands(const std::string& difference, std::uint64_t digest) const;

  const View& view_;
  const AuditBasis basis_;
  AuditReport report_;
};

}  // namespace freshet
