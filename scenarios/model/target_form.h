// What a target looks like in a scenario, for backends that the loader knows by nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// A member of the target's object; its value is a text.
struct TargetOption {
  std::string name;
  bool required = true;
  std::string expected;  ///< for messages: "the path of a file"
  std::string example;   ///< its value, as JSON
  bool (*fits)(std::string_view text) = nullptr;
};

struct TargetForm {
  std::string backend;   ///< the key of the target under the entity in "write"
  std::string kind;      ///< what the target fills: "table"
  std::string named_by;  ///< the option that names it; where it is not given, the entity's name does
  /// The option that says where the target is, so that no connection is declared for it: targets with the same value
  /// share a connection. Empty: the target has a "connection", as those of MySQL and Kafka.
  std::string place;
  std::vector<TargetOption> options;
};
using TargetForms = std::vector<TargetForm>;

}  // namespace freshet
