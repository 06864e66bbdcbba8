#include "metrics/record/run_record.h"

namespace freshet {

const char* name_of(Verdict verdict) {
  constexpr const char* kNames[] = {"pass",       "fail",        "incorrect",   "invalid", "inconclusive",
                                    "regression", "interrupted", "unreachable", "error",   "not_judged"};
  return kNames[static_cast<std::size_t>(verdict)];
}

int exit_code_of(Verdict verdict) {
  constexpr int kCodes[] = {0, 3, 7, 6, 5, 4, 130, 8, 1, 0};
  return kCodes[static_cast<std::size_t>(verdict)];
}

const char* name_of(Judgement::Status status) {
  constexpr const char* kNames[] = {"pass", "fail", "inconclusive", "skipped"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace freshet
