// No message may harm the JSON decoder; a row that it reads is read back from its own JSON as the same row; and after
// an error the decoder is as good as new.
#include <string>

#include "fuzz/targets.h"
#include "pipeline/codec/json_row.h"
#include "pipeline/codec/sale_record.h"

namespace freshet::fuzz {

namespace {

using columns::list_of;
using columns::of;

/// Every kind, nested objects, lists of lists.
const RecordType& record() {
  static const RecordType kRecord =
      columns::sale_record({{"name", of(Kind::Text)},
                            {"price", of(Kind::Decimal, 4)},
                            {"tags", list_of({{"tag", of(Kind::Text)}, {"at", of(Kind::Time)}})}});
  return kRecord;
}

std::string json_of(const Row& row) {
  std::string json;
  append_json_object(row, 0, record(), json);
  return json;
}

}  // namespace

void fuzz_json_row(Input input) {
  JsonRowDecoder decoder(record());
  Row row;
  const Status read = decoder.decode({reinterpret_cast<const char*>(input.data()), input.size()}, row);
  if (read.ok()) {
    promise(row.cells.size() >= record().width(), "a row has all of its columns");
    const std::string json = json_of(row);
    Row back;
    promise(decoder.decode(json, back).ok(), "the JSON of a row can be read");
    promise(json_of(back) == json, "the JSON of a row is read as the same row");
  } else {
    promise(!read.error().message.empty(), "a refusal says why");
  }
  promise(decoder.decode(R"({"id":"x"})", row).ok(), "the decoder is of use afterwards");
}

}  // namespace freshet::fuzz
