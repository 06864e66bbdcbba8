// Whether bytes are a datum of an Avro schema, looked through before Apache Avro's C library reads them: it believes
// what a datum says of the length of its texts and lists, and asks for so much memory or takes so many turns.
#pragma once

#include <avro.h>

#include <optional>
#include <string_view>

namespace freshet {

/// How many bytes from the beginning are one datum; nothing where they are none: cut short, a length beyond the end, a
/// list of more items than there are bytes, a union without such a branch, deeper than 64 levels.
[[nodiscard]] std::optional<std::size_t> avro_datum_size(avro_schema_t schema, std::string_view bytes);

}  // namespace freshet
