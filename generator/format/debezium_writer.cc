#include "generator/format/debezium_writer.h"

#include "base/result.h"
#include "generator/format/put.h"

namespace freshet {
namespace {

std::string quoted(const std::string& text) {
  Buffer out;
  append_json_text(text, out);
  return std::string(out.view());
}

char code_of(Operation operation) {
  return operation == Operation::Insert ? 'c' : operation == Operation::Update ? 'u' : 'd';
}

}  // namespace

DebeziumWriter::DebeziumWriter(const Source& source, const RecordType& type)
    : image_(type),
      source_(R"(,"source":{"version":"1","connector":"freshet","name":)" + quoted(source.name) + R"(,"ts_ms":)"),
      rest_(R"(,"snapshot":"false","db":"freshet","table":)" + quoted(source.table) + R"(},"op":")"),
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
  const Micros at = epoch_ + change.intended;
  const std::int64_t millis = at / 1000 - (at % 1000 < 0 ? 1 : 0);
  out.append(source_);
  out.took(put_integer(out.room(kMostNumber), millis));
  out.append(rest_);
  out.push_back(code_of(change.operation));
  out.append(R"(","ts_ms":)");
  out.took(put_integer(out.room(kMostNumber), millis));
  out.push_back('}');
}

}  // namespace freshet
