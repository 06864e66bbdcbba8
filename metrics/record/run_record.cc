#include "metrics/record/run_record.h"

#include "base/exit_code.h"

namespace freshet {

const char* name_of(Verdict verdict) {
  constexpr const char* kNames[] = {"pass",       "fail",        "incorrect",   "invalid", "inconclusive",
                                    "regression", "interrupted", "unreachable", "error",   "not_judged"};
  return kNames[static_cast<std::size_t>(verdict)];
}

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
    case Verdict::NotJudged:
      return exit_code::kOk;
    case Verdict::Fail:
      return exit_code::kFail;
    case Verdict::Incorrect:
      return exit_code::kIncorrect;
    case Verdict::Invalid:
      return exit_code::kInvalid;
    case Verdict::Inconclusive:
      return exit_code::kInconclusive;
    case Verdict::Regression:
      return exit_code::kRegression;
    case Verdict::Interrupted:
      return exit_code::kInterrupted;
    case Verdict::Unreachable:
      return exit_code::kUnreachable;
    case Verdict::Error:
      return exit_code::kInternal;
  }
  return exit_code::kInternal;
}

const char* name_of(Judgement::Status status) {
  constexpr const char* kNames[] = {"pass", "fail", "inconclusive", "skipped"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace freshet
