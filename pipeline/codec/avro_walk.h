// Checks that bytes are a datum of an Avro schema before Apache Avro's C library reads them: the library trusts the
// lengths of texts and lists in a datum, and would allocate that much memory or loop that often.
#pragma once

#include <avro.h>

#include <optional>
#include <string_view>

namespace freshet {

/// The number of bytes, from the beginning, that form one datum. Returns nullopt if there is none: truncated, a length
/// beyond the end, a list with more items than bytes, a union without such a branch, nested deeper than 64 levels.
[[nodiscard]] std::optional<std::size_t> avro_datum_size(avro_schema_t schema, std::string_view bytes);

}  // namespace freshet
