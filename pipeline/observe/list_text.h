// Lists as a sink shows them: JSON arrays of objects → cells.
//
// The pipeline has a decoder of its own (codec/json_row.h). They share nothing but the parser of JSON, so that what one
// misreads the other does not excuse.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/row.h"

namespace freshet {

/// Reuses its buffers. One thread.
class ListText {
 public:
  /// `item`: the record of the items, dotted names for objects in them. Must outlive this.
  explicit ListText(const RecordType& item);
  ~ListText();
  ListText(ListText&&) noexcept;
  ListText& operator=(ListText&&) noexcept;

  /// The list, its items appended to `row`; nothing when the text is no list of such items: members that the record
  /// does not know are skipped, those that are missing are Null, and a value of another kind than its column's, or a
  /// number with more digits than that has, is none.
  [[nodiscard]] std::optional<Cell> read(std::string_view json, Row& row);

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace freshet
