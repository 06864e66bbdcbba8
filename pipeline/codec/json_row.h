// Converts JSON text to typed rows: the values of topics, and lists that tables store as JSON.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/row.h"

namespace freshet {

/// Decodes JSON objects into rows of one record type; dotted column names are nested objects. A missing or null member
/// is Null; an unknown member is skipped. A value of another kind than its column's is an error: Integer requires a
/// whole number, Decimal a plain number (or its text) with at most `scale` digits after the point, Time its text.
/// Numbers become decimals digit by digit, never through a double. Reuses its buffers; for one thread.
class JsonRowDecoder {
 public:
  explicit JsonRowDecoder(const RecordType& type);
  ~JsonRowDecoder();
  JsonRowDecoder(JsonRowDecoder&&) noexcept;
  JsonRowDecoder& operator=(JsonRowDecoder&&) noexcept;

  /// Fills `out` with the one object in `json`. After an error (Usage, naming the column) `out` is invalid.
  Status decode(std::string_view json, Row& out);
  /// Reads the row of a Debezium envelope: "after" or, for a delete, "before". Returns whether it is a delete. Other
  /// members are ignored. Errors as above.
  [[nodiscard]] Result<bool> decode_envelope(std::string_view json, Row& out);
  /// The list cell for `json`, an array of such objects; its items are appended to `out`. After an error the earlier
  /// cells of `out` are unchanged.
  [[nodiscard]] Result<Cell> append_list(std::string_view json, Row& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
