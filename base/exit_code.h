// The exit codes of the program: docs/reference/exit-codes.md. They are an interface. A verdict has its code in
// metrics/record, because results say it too.
#pragma once

#include "base/result.h"

namespace freshet::exit_code {

inline constexpr int kOk = 0;
inline constexpr int kInternal = 1;
inline constexpr int kUsage = 2;
inline constexpr int kFail = 3;
inline constexpr int kRegression = 4;
inline constexpr int kInconclusive = 5;
inline constexpr int kInvalid = 6;
inline constexpr int kIncorrect = 7;
inline constexpr int kUnreachable = 8;
inline constexpr int kInterrupted = 130;

[[nodiscard]] constexpr int of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Usage:
      return kUsage;
    case ErrorKind::Unreachable:
      return kUnreachable;
    case ErrorKind::Interrupted:
      return kInterrupted;
    case ErrorKind::Internal:
      return kInternal;
  }
  return kInternal;
}

}  // namespace freshet::exit_code
