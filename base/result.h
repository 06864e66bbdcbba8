// Result<T>: how errors of the environment are returned.
//
// There are three kinds of error with three treatments (docs/ARCHITECTURE.md). A programming error aborts through
// CHECK. An error of the environment is a Result; context is added once, near the cause. Errors in a scenario file are
// collected and reported together (scenarios/loader/loader.h). Exceptions do not cross folders.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace freshet {

/// What an error means for the run; base/exit_code.h has the exit code of each.
enum class ErrorKind {
  Internal,     ///< ours
  Usage,        ///< command line, scenario, or a refusal to touch what is not ours
  Unreachable,  ///< a database, broker or pipeline that cannot be reached, refused us or died
  Interrupted,  ///< the user asked us to stop
};

[[nodiscard]] constexpr const char* name_of(ErrorKind kind) {
  constexpr const char* kNames[] = {"internal", "usage", "unreachable", "interrupted"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// An error of the environment: what failed, on what, and optionally what to do about it. Owns its texts; never
/// contains a secret.
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string message;
  std::string hint;

  /// The same error with context prepended: "context: message".
  [[nodiscard]] Error in(const std::string& context) const { return Error{kind, context + ": " + message, hint}; }
};

/// A value or an Error. Reading the value of a failed Result is a programming error and aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return require_value(), std::get<0>(state_); }
  const T& value() const& { return require_value(), std::get<0>(state_); }
  T&& value() && { return require_value(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  void require_value() const {
    if (ok()) return;
    std::fprintf(stderr, "freshet: value of a failed Result: %s\n", error().message.c_str());
    std::abort();
  }
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

/// Aborts with file, line and message if `condition` is false. Enabled in all builds.
#define FRESHET_CHECK(condition, message)                                                   \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", __FILE__, __LINE__, #condition, \
                   static_cast<const char*>(message));                                      \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)

/// Returns the error of `expression` (a Status or Result) to the caller, if it has one.
#define FRESHET_TRY(expression)                                       \
  do {                                                                \
    if (auto&& freshet_status = (expression); !freshet_status.ok()) { \
      return freshet_status.error();                                  \
    }                                                                 \
  } while (false)

/// Assigns the value of `expression` (a Result) to `target`, a declaration or a variable, or returns its error to the
/// caller: FRESHET_ASSIGN(const auto port, port_of(url)). Moves the value. Several statements, one to a line: not the
/// body of an `if` without braces.
#define FRESHET_ASSIGN(target, expression) \
  FRESHET_ASSIGN_FROM(FRESHET_JOINED(freshet_result_, __LINE__), target, expression)
#define FRESHET_ASSIGN_FROM(result, target, expression) \
  auto&& result = (expression);                         \
  if (!result.ok()) return result.error();              \
  target = std::move(result).value()
#define FRESHET_JOINED(left, right) FRESHET_JOINED_TEXT(left, right)
#define FRESHET_JOINED_TEXT(left, right) left##right

}  // namespace freshet
