// Where a value was declared: file, JSON pointer, line, column. Every value of a scenario has an origin and hardly any
// is ever printed, so neighbours share their common parts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace freshet {

/// A text with many owners.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] bool empty() const { return text().empty(); }

 private:
  std::shared_ptr<const std::string> text_;
};

/// A JSON pointer (RFC 6901): the path from the root. Elements of a list share everything except their number.
class Pointer {
 public:
  Pointer() = default;
  /// A pointer as it is written; "" is the root.
  Pointer(std::string_view written);
  Pointer(const std::string& written) : Pointer(std::string_view(written)) {}
  Pointer(const char* written) : Pointer(std::string_view(written)) {}

  [[nodiscard]] Pointer member(std::string_view name) const;
  [[nodiscard]] Pointer element(std::size_t index) const;
  /// The same pointer, prepared so that its members and elements share it. Useful before making many of them.
  [[nodiscard]] Pointer as_container() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const { return step_ == nullptr && index_ == kNone; }

 private:
  struct Step {
    std::shared_ptr<const Step> above;
    std::string text;  // "/" and a name, escaped; for a pointer given as a whole, all of it
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::shared_ptr<const Step> step_;
  std::uint32_t index_ = kNone;  // index of an element below the step
};

/// The position of a declaration in the scenario file.
struct Origin {
  SharedText file;
  Pointer pointer;
  int line = 0;
  int column = 0;
};

}  // namespace freshet
