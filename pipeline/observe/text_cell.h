// Converts values of a server's text protocol to cells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/observe/list_text.h"

namespace freshet {

/// Converts the values of one record's columns. A value that does not have its column's type is kept as Text, and so is
/// unequal to any expected value. For one thread.
class TextCells {
 public:
  /// `record` must outlive this.
  explicit TextCells(const RecordType& record);
  void set(std::size_t column, std::optional<std::string_view> value, Row& row);

 private:
  const RecordType& record_;
  std::vector<std::optional<ListText>> lists_;
};

}  // namespace freshet
