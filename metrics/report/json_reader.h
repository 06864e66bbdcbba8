// Reads members of a JSON object into variables, and collects the problems.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace freshet {

using OrderedJson = nlohmann::ordered_json;

/// All problems found, by JSON pointer.
class JsonProblems {
 public:
  void add(const std::string& pointer, const std::string& what);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// The first few problems, in one line.
  [[nodiscard]] std::string text() const;

 private:
  static constexpr std::size_t kShown = 10;
  std::string text_;
  std::size_t count_ = 0;
};

/// An object of the document. If the object itself is missing, its members are not reported as well. The document and
/// the problems must outlive it.
class JsonReader {
 public:
  JsonReader(const OrderedJson& object, std::string pointer, JsonProblems& problems)
      : object_(&object), pointer_(std::move(pointer)), problems_(&problems) {}
  explicit operator bool() const { return object_ != nullptr; }

  /// Reads a required member.
  template <typename T>
  void need(const std::string& name, T& out) const {
    if (object_ == nullptr) return;
    const OrderedJson* value = find(name);
    if (value == nullptr) return wrong(name, "is missing");
    take(pointer_to(name), *value, out);
  }
  /// Reads an optional member; if it is missing or null, `out` stays as it is.
  template <typename T>
  void may(const std::string& name, T& out) const {
    const OrderedJson* value = object_ != nullptr ? find(name) : nullptr;
    if (value != nullptr && !value->is_null()) take(pointer_to(name), *value, out);
  }
  template <typename T>
  void may(const std::string& name, std::optional<T>& out) const {
    const OrderedJson* value = object_ != nullptr ? find(name) : nullptr;
    if (value != nullptr && !value->is_null()) take(pointer_to(name), *value, out.emplace());
  }
  /// Reads a required member whose value is the name_of() of one of these.
  template <typename E, std::size_t N>
  void name(const std::string& name, E& out, const E (&choices)[N]) const {
    std::string text;
    need(name, text);
    if (object_ == nullptr) return;
    for (const E value : choices) {
      if (text == name_of(value)) return void(out = value);
    }
    wrong(name, "\"" + text + "\" is unknown");
  }

  /// Reads an optional object; if it is missing or null, the returned reader is false.
  [[nodiscard]] JsonReader object(const std::string& name) const;
  [[nodiscard]] JsonReader required_object(const std::string& name) const;
  using Visit = std::function<void(const JsonReader&)>;
  /// Visits each object of a required list.
  void each(const std::string& name, const Visit& visit) const;
  /// Visits each object of an optional list.
  void each_if_any(const std::string& name, const Visit& visit) const;
  /// Visits each member, which must be an object, of a required object.
  void members(const std::string& name, const std::function<void(const std::string&, const JsonReader&)>& visit) const;

  void wrong(const std::string& name, const std::string& what) const;

 private:
  JsonReader(std::nullptr_t, std::string pointer, JsonProblems& problems)
      : object_(nullptr), pointer_(std::move(pointer)), problems_(&problems) {}
  [[nodiscard]] const OrderedJson* find(const std::string& name) const;
  [[nodiscard]] std::string pointer_to(const std::string& name) const;

  void take(const std::string& pointer, const OrderedJson& value, bool& out) const;
  void take(const std::string& pointer, const OrderedJson& value, double& out) const;
  void take(const std::string& pointer, const OrderedJson& value, std::string& out) const;
  template <typename T>
  requires std::is_integral_v<T>
  void take(const std::string& pointer, const OrderedJson& value, T& out) const {
    const bool fits = value.is_number_unsigned()
                          ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                          : value.is_number_integer() && std::is_signed_v<T> &&
                                value.get<std::int64_t>() >= static_cast<std::int64_t>(std::numeric_limits<T>::min());
    if (!fits) return problems_->add(pointer, "expected an integer");
    out = value.get<T>();
  }
  template <typename T>
  void take(const std::string& pointer, const OrderedJson& value, std::vector<T>& out) const {
    if (!value.is_array()) return problems_->add(pointer, "expected a list");
    for (const OrderedJson& item : value) {
      const std::string place = pointer + "/" + std::to_string(out.size());
      take(place, item, out.emplace_back());
    }
  }
  template <typename T>
  void take(const std::string& pointer, const OrderedJson& value, std::map<std::string, T>& out) const {
    if (!value.is_object()) return problems_->add(pointer, "expected an object");
    const JsonReader inner(value, pointer, *problems_);
    for (const auto& [key, item] : value.items()) take(inner.pointer_to(key), item, out[key]);
  }

  const OrderedJson* object_;
  std::string pointer_;
  JsonProblems* problems_;
};

}  // namespace freshet
