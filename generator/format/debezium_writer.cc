#include "generator/format/debezium_writer.h"

#include "base/result.h"
#include "base/text/json_text.h"
#include "base/text/put.h"

namespace freshet {
namespace {

std::string quoted(const std::string& text) {
  std::string out;
  append_json_text(text, out);
  return out;
}

char code_of(Operation operation) {
  return operation == Operation::Insert ? 'c' : operation == Operation::Update ? 'u' : 'd';
}

void append_number(std::string_view name, std::int64_t number, Buffer& out) {
  out.append(name);
  out.took(put_integer(out.room(kMostNumber), number));
}

void append_millis(std::int64_t at, Buffer& out) {
  append_number(R"(,"ts_ms":)", at / 1000 - (at % 1000 < 0 ? 1 : 0), out);
}

/// Appends the digits of nanoseconds as text: as a number they would overflow in the year 2262.
void append_finer(std::int64_t at, Buffer& out) {
  append_number(R"(,"ts_us":)", at, out);
  append_number(R"(,"ts_ns":)", at, out);
  if (at != 0) out.append("000");
}

}  // namespace

DebeziumWriter::DebeziumWriter(const Source& source, const RecordType& type)
    : image_(type),
      source_(R"(,"source":{"version":"1","connector":"freshet","name":)" + quoted(source.name)),
      table_(R"(,"table":)" + quoted(source.table) + R"(},"transaction":null,"op":")"),
      epoch_(source.epoch) {}

void DebeziumWriter::append(const Change& change, const Row& row, const Row* before, Buffer& out) {
  FRESHET_CHECK(change.operation != Operation::Update || before != nullptr, "an update has an image before it");
  out.append(R"({"before":)");
  if (change.operation == Operation::Insert) {
    out.append("null");
  } else {
    image_.append(change.operation == Operation::Update ? *before : row, out);
  }
  out.append(R"(,"after":)");
  if (change.operation == Operation::Delete) {
    out.append("null");
  } else {
    image_.append(row, out);
  }
  const std::int64_t at = epoch_micros(epoch_ + change.intended);
  out.append(source_);
  append_millis(at, out);
  out.append(R"(,"snapshot":"false","db":"freshet","sequence":null)");
  append_finer(at, out);
  out.append(table_);
  out.push_back(code_of(change.operation));
  out.push_back('"');
  append_millis(at, out);
  append_finer(at, out);
  out.push_back('}');
}

}  // namespace freshet
