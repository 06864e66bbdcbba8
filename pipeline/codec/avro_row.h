// Avro datums behind a schema registry's frame → typed rows, by Apache Avro's C library.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/row.h"
#include "clients/http/registry.h"

namespace freshet {

/// Decodes messages of a topic: a zero byte, four bytes of a schema's id, the datum. Each schema is asked of the
/// registry once. Fields are matched by name, as in JSON: one that is missing or null is Null, one that the record does
/// not know is skipped; nested records are dotted columns. Text wants a string, or an int (a date); Integer int or
/// long; Decimal bytes, read at the scale of its column; Time a long of microseconds; List an array of records. Reuses
/// its buffers; one thread.
class AvroRowDecoder {
 public:
  AvroRowDecoder(const RecordType& type, registry::Address registry);
  ~AvroRowDecoder();
  AvroRowDecoder(AvroRowDecoder&&) noexcept;
  AvroRowDecoder& operator=(AvroRowDecoder&&) noexcept;

  /// On an error `out` is of no use: Usage names the column, or says what is wrong with the message; Unreachable what
  /// the registry said, and the message may be given again.
  Status decode(std::string_view message, Row& out);
  /// A schema that the registry need not be asked for. Usage when it is none, or no record.
  Status add_schema(std::uint32_t id, std::string_view schema);

 private:
  class Schema;
  Result<Schema*> schema_of(std::uint32_t id);

  RecordType type_;
  registry::Address registry_;
  std::map<std::uint32_t, std::unique_ptr<Schema>> schemas_;
};

}  // namespace freshet
