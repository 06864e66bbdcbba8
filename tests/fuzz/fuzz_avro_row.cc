// No message may harm the decoder of Avro, whatever it says of the lengths in it; a refusal says why; and after an
// error the decoder is as good as new.
#include <string>

#include "base/column_types.h"
#include "fuzz/targets.h"
#include "pipeline/codec/avro_row.h"

namespace freshet::fuzz {

namespace {

using columns::list_of;
using columns::of;

const RecordType& record() {
  static const RecordType kRecord{{{"id", of(Kind::Text)},
                                   {"store.id", of(Kind::Text)},
                                   {"number", of(Kind::Integer)},
                                   {"total", of(Kind::Decimal, 2)},
                                   {"weight", of(Kind::Double)},
                                   {"paid", of(Kind::Boolean)},
                                   {"at", of(Kind::Time)},
                                   {"items", list_of({{"sku", of(Kind::Text)}, {"price", of(Kind::Decimal, 2)}})}}};
  return kRecord;
}

/// With what a record of ours never has, too: fields that are not known, maps, enums, a schema that holds itself.
constexpr const char* kSchema = R"({"type": "record", "name": "r", "fields": [
  {"name": "id", "type": "string"},
  {"name": "store", "type": ["null", {"type": "record", "name": "s", "fields": [{"name": "id", "type": "string"}]}]},
  {"name": "number", "type": ["null", "int", "long"]},
  {"name": "total", "type": ["null", "bytes"]},
  {"name": "weight", "type": "double"},
  {"name": "paid", "type": "boolean"},
  {"name": "at", "type": "long"},
  {"name": "items", "type": ["null", {"type": "array", "items": {"type": "record", "name": "i", "fields": [
    {"name": "sku", "type": "string"}, {"name": "price", "type": ["null", "bytes"]}]}}]},
  {"name": "tags", "type": {"type": "map", "values": "float"}},
  {"name": "kind", "type": {"type": "enum", "name": "e", "symbols": ["a", "b"]}},
  {"name": "hash", "type": {"type": "fixed", "name": "f", "size": 3}},
  {"name": "before", "type": ["null", "r"]}]})";

}  // namespace

void fuzz_avro_row(Input input) {
  AvroRowDecoder decoder(record(), {});
  promise(decoder.add_schema(1, kSchema).ok(), "the schema is one");
  const std::string frame("\0\0\0\0\1", 5);
  Row row;
  const Status read =
      decoder.decode(frame + std::string(reinterpret_cast<const char*>(input.data()), input.size()), row);
  promise(!read.ok() || row.cells.size() >= record().width(), "a row has all of its columns");
  promise(read.ok() || !read.error().message.empty(), "a refusal says why");
  // id "x", no store, no number, no total, 0.0, false, 0, no items, no tags, a, "abc", no before.
  const std::string least = frame + std::string("\2x") + std::string(16, '\0') + "abc" + std::string(1, '\0');
  promise(decoder.decode(least, row).ok(), "the decoder is of use afterwards");
}

}  // namespace freshet::fuzz
