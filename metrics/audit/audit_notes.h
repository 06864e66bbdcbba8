// How audits write down what is not right.
#pragma once

#include <string>

#include "metrics/audit/audit.h"

namespace freshet {

/// The report of one audit while it grows. `view` outlives it.
class AuditNotes {
 public:
  AuditNotes(const View& view, AuditBasis basis) : view_(view), basis_(std::move(basis)) {}

  [[nodiscard]] AuditReport& report() { return report_; }

  /// A difference of a class of `errors` (a count of the report), about the row of `key` (canonical text). Null: no
  /// row. Counts where it has evidence and stands. The first AuditReport::kExamples of a class are kept with their
  /// rows, and as many of those without evidence ("missing?"). `claims`: what the row says beside its columns.
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
