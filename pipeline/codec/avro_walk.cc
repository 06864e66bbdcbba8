#include "pipeline/codec/avro_walk.h"

#include <cstdint>

namespace freshet {

namespace {

class Walk {
 public:
  explicit Walk(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t at() const { return at_; }

  bool datum(avro_schema_t schema, int depth) {
    constexpr int kDeepest = 64;
    if (depth > kDeepest) return false;
    std::int64_t number = 0;
    switch (avro_typeof(schema)) {
      case AVRO_NULL:
        return true;
      case AVRO_BOOLEAN:
        return skip(1);
      case AVRO_INT32:
      case AVRO_INT64:
        return read(number);
      case AVRO_ENUM:
        return read(number) && number >= 0 && number < avro_schema_enum_number_of_symbols(schema);
      case AVRO_FLOAT:
        return skip(sizeof(float));
      case AVRO_DOUBLE:
        return skip(sizeof(double));
      case AVRO_BYTES:
      case AVRO_STRING:
        return read(number) && skip(number);
      case AVRO_FIXED:
        return skip(avro_schema_fixed_size(schema));
      case AVRO_UNION:
        return read(number) && number >= 0 && number < static_cast<std::int64_t>(avro_schema_union_size(schema)) &&
               datum(avro_schema_union_branch(schema, static_cast<int>(number)), depth + 1);
      case AVRO_LINK:
        return datum(avro_schema_link_target(schema), depth + 1);
      case AVRO_ARRAY:
        return blocks(avro_schema_array_items(schema), false, depth);
      case AVRO_MAP:
        return blocks(avro_schema_map_values(schema), true, depth);
      case AVRO_RECORD:
        return fields(schema, depth);
      default:
        return false;
    }
  }

 private:
  bool skip(std::int64_t size) {
    if (size < 0 || static_cast<std::uint64_t>(size) > bytes_.size() - at_) return false;
    at_ += static_cast<std::size_t>(size);
    return true;
  }

  /// ZigZag LEB128, at most ten bytes.
  bool read(std::int64_t& number) {
    std::uint64_t bits = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == bytes_.size()) return false;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      bits |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte >= 0x80) continue;
      number = static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
      return true;
    }
    return false;
  }

  bool fields(avro_schema_t record, int depth) {
    const std::size_t count = avro_schema_record_size(record);
    for (std::size_t i = 0; i < count; ++i) {
      if (!datum(avro_schema_record_field_get_by_index(record, static_cast<int>(i)), depth + 1)) return false;
    }
    return true;
  }

  /// Reads an array or a map: each block is a count, or a negative one and its size in bytes, and the items; 0 ends
  /// them.
  bool blocks(avro_schema_t item, bool keys, int depth) {
    for (;;) {
      std::int64_t count = 0, size = 0;
      if (!read(count)) return false;
      if (count == 0) return true;
      if (count == INT64_MIN || (count < 0 && (!read(size) || size < 0))) return false;
      if (count < 0) count = -count;
      if (static_cast<std::uint64_t>(count) > bytes_.size() - at_) return false;
      for (; count > 0; --count) {
        if (keys && (!read(size) || !skip(size))) return false;
        if (!datum(item, depth + 1)) return false;
      }
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::size_t> avro_datum_size(avro_schema_t schema, std::string_view bytes) {
  Walk walk(bytes);
  return walk.datum(schema, 0) ? std::optional(walk.at()) : std::nullopt;
}

}  // namespace freshet
