// JSON text → typed rows: the values of topics, and lists that tables hold as JSON.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/row.h"

namespace freshet {

/// Decodes JSON objects into rows of one record type; dotted column names are nested objects. A missing or null member
/// is Null, a member that the record does not know is skipped. A value of another kind than its column's is an error:
/// Integer wants a whole number, Decimal a plain number (or its text) of at most `scale` digits after the point, Time
/// its text. Numbers become decimals digit by digit, never through a double. Reuses its buffers; one thread.
class JsonRowDecoder {
 public:
  explicit JsonRowDecoder(const RecordType& type);
  ~JsonRowDecoder();
  JsonRowDecoder(JsonRowDecoder&&) noexcept;
  JsonRowDecoder& operator=(JsonRowDecoder&&) noexcept;

  /// Fills `out` with the one object that `json` is. On an error (kind Usage, naming the column) `out` is of no use.
  Status decode(std::string_view json, Row& out);
  /// The row that a Debezium envelope is about: what "after" holds, or, of a delete, "before", and whether it is one.
  /// Members beside the two are not looked at. Errors as above.
  [[nodiscard]] Result<bool> decode_envelope(std::string_view json, Row& out);
  /// The list cell for `json`, an array of such objects; its items are appended to `out`. On an error the cells that
  /// `out` had are as they were.
  [[nodiscard]] Result<Cell> append_list(std::string_view json, Row& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
