// Converts Avro datums after a schema registry's frame to typed rows, with Apache Avro's C library.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/row.h"
#include "clients/http/registry.h"

namespace freshet {

/// Decodes messages of a topic: a zero byte, four bytes of a schema's id, the datum. Each schema is requested from the
/// registry once. Fields are matched by name, as in JSON: a missing or null one is Null, an unknown one is skipped;
/// nested records are dotted columns. Text requires a string, or an int (a date); Integer an int or long; Decimal
/// bytes, read at the scale of its column; Time a long of microseconds; List an array of records. Reuses its buffers;
/// for one thread.
class AvroRowDecoder {
 public:
  AvroRowDecoder(const RecordType& type, registry::Address registry);
  ~AvroRowDecoder();
  AvroRowDecoder(AvroRowDecoder&&) noexcept;
  AvroRowDecoder& operator=(AvroRowDecoder&&) noexcept;

  /// After an error `out` is invalid. Usage names the column, or what is wrong with the message; Unreachable has the
  /// registry's error, and the message may be passed again.
  Status decode(std::string_view message, Row& out);
  /// Adds a schema, so that the registry need not be asked for it. Usage error if it is not a schema, or not a record.
  Status add_schema(std::uint32_t id, std::string_view schema);

 private:
  class Schema;
  Result<Schema*> schema_of(std::uint32_t id);

  RecordType type_;
  registry::Address registry_;
  std::map<std::uint32_t, std::unique_ptr<Schema>> schemas_;
};

}  // namespace freshet
