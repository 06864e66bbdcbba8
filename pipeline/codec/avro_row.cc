#include "pipeline/codec/avro_row.h"

#include <avro.h>
#include <simdjson.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text/dates.h"
#include "pipeline/codec/avro_walk.h"

namespace freshet {

namespace {

constexpr std::size_t kFrame = 5;

Error unfit(const std::string& column) { return Error{ErrorKind::Usage, column + ": the value does not fit", ""}; }

/// Two's complement, the most significant byte first.
bool read_units(const void* bytes, std::size_t size, std::int64_t& units) {
  if (size == 0 || size > sizeof units) return false;
  const auto* digits = static_cast<const unsigned char*>(bytes);
  std::uint64_t number = digits[0] >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i) number = number << 8 | digits[i];
  units = static_cast<std::int64_t>(number);
  return true;
}

/// Reads a scalar that is not null.
bool read_cell(avro_value_t& value, const ColumnType& type, Cell& cell, Row& out) {
  const char* text = nullptr;
  std::size_t size = 0;
  std::int32_t small = 0;
  std::int64_t number = 0;
  int truth = 0;
  double real = 0;
  const void* bytes = nullptr;
  switch (avro_value_get_type(&value)) {
    case AVRO_STRING:
      if (type.kind != Kind::Text || avro_value_get_string(&value, &text, &size) != 0) return false;
      cell = out.add_text({text, size - 1});  // the library includes the terminator
      return true;
    case AVRO_INT32:
      if (avro_value_get_int(&value, &small) != 0) return false;
      if (type.kind == Kind::Text && type.date) {
        std::array<char, kMostDate> date;
        cell = out.add_text({date.data(), put_date(date.data(), small)});
        return true;
      }
      cell = integer_cell(small);
      return type.kind == Kind::Integer;
    case AVRO_INT64:
      if (avro_value_get_long(&value, &number) != 0) return false;
      cell = type.kind == Kind::Time ? time_cell(number) : integer_cell(number);
      return type.kind == Kind::Time || type.kind == Kind::Integer;
    case AVRO_BOOLEAN:
      if (avro_value_get_boolean(&value, &truth) != 0) return false;
      cell = boolean_cell(truth != 0);
      return type.kind == Kind::Boolean;
    case AVRO_DOUBLE:
      if (avro_value_get_double(&value, &real) != 0) return false;
      cell = double_cell(real);
      return type.kind == Kind::Double;
    case AVRO_BYTES:
      if (type.kind != Kind::Decimal || avro_value_get_bytes(&value, &bytes, &size) != 0) return false;
      if (!read_units(bytes, size, number)) return false;
      cell = decimal_cell(number);
      return true;
    default:
      return false;
  }
}

}  // namespace

/// A writer's schema, and the destinations of its fields.
class AvroRowDecoder::Schema {
 public:
  static Result<std::unique_ptr<Schema>> parse(std::string_view text, const RecordType& type) {
    std::unique_ptr<Schema> out(new Schema());
    if (avro_schema_from_json_length(text.data(), text.size(), &out->schema_) != 0) {
      return Error{ErrorKind::Usage, std::string("an Avro schema that cannot be read: ") + avro_strerror(), ""};
    }
    if (avro_typeof(out->schema_) != AVRO_RECORD) {
      return Error{ErrorKind::Usage, "an Avro schema that is not a record", ""};
    }
    out->iface_ = avro_generic_class_from_schema(out->schema_);
    if (out->iface_ == nullptr || avro_generic_value_new(out->iface_, &out->value_) != 0) {
      return Error{ErrorKind::Internal, "no memory for an Avro value", ""};
    }
    out->reader_ = avro_reader_memory(nullptr, 0);
    out->root_ = out->add_record(out->schema_, type, "");
    return out;
  }
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;
  ~Schema() {
    if (reader_ != nullptr) avro_reader_free(reader_);
    if (value_.iface != nullptr) avro_value_decref(&value_);
    if (iface_ != nullptr) avro_value_iface_decref(iface_);
    if (schema_ != nullptr) avro_schema_decref(schema_);
  }

  Status read(std::string_view datum, const RecordType& type, Row& out) {
    const std::optional<std::size_t> size = avro_datum_size(schema_, datum);
    if (!size) return Error{ErrorKind::Usage, "not a datum of its schema", ""};
    if (*size < datum.size()) return Error{ErrorKind::Usage, "trailing bytes after the datum", ""};
    avro_reader_memory_set_source(reader_, datum.data(), static_cast<std::int64_t>(datum.size()));
    avro_value_reset(&value_);
    if (avro_value_read(reader_, &value_) != 0) {
      return Error{ErrorKind::Usage, std::string("not a datum of its schema: ") + avro_strerror(), ""};
    }
    out.reset(type.width());
    return read_record(value_, root_, type, 0, out);
  }

 private:
  /// The destination of a field: a column, or the fields of a nested record; neither for an unknown field.
  struct Field {
    std::optional<ColumnIndex> column;
    std::optional<std::size_t> record;  ///< index in records_ for a nested record, or for the items of a list
  };
  using Record = std::vector<Field>;

  Schema() = default;

  static avro_schema_t without_null(avro_schema_t schema) {
    if (avro_typeof(schema) != AVRO_UNION) return schema;
    for (int branch = 0; branch < static_cast<int>(avro_schema_union_size(schema)); ++branch) {
      const avro_schema_t each = avro_schema_union_branch(schema, branch);
      if (avro_typeof(each) != AVRO_NULL) return each;
    }
    return schema;
  }

  // Records are in a vector that grows while nested ones are added, so only indexes are stable.
  std::size_t add_record(avro_schema_t schema, const RecordType& type, const std::string& prefix) {
    const std::size_t index = records_.size();
    records_.emplace_back();
    for (int i = 0; i < static_cast<int>(avro_schema_record_size(schema)); ++i) {
      const std::string name = prefix + avro_schema_record_field_name(schema, i);
      const avro_schema_t each = without_null(avro_schema_record_field_get_by_index(schema, i));
      Field field;
      field.column = type.find(name);
      const bool list = field.column && type[*field.column].type.kind == Kind::List;
      if (avro_typeof(each) == AVRO_RECORD) field.record = add_record(each, type, name + ".");
      if (avro_typeof(each) == AVRO_ARRAY && list) {
        const avro_schema_t item = without_null(avro_schema_array_items(each));
        const RecordType& item_type = *type[*field.column].type.item;
        if (avro_typeof(item) == AVRO_RECORD) field.record = add_record(item, item_type, "");
      }
      records_[index].push_back(field);
    }
    return index;
  }

  /// The value itself, or the branch of a union that it has.
  static bool unwrap(avro_value_t& value) {
    avro_value_t branch;
    if (avro_value_get_type(&value) != AVRO_UNION) return true;
    if (avro_value_get_current_branch(&value, &branch) != 0) return false;
    value = branch;
    return true;
  }

  Status read_record(avro_value_t& record, std::size_t of, const RecordType& type, std::size_t first, Row& out) {
    const Record& fields = records_[of];
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const Field field = fields[i];
      if (!field.column && !field.record) continue;
      avro_value_t value;
      const char* name = nullptr;
      if (avro_value_get_by_index(&record, i, &value, &name) != 0 || !unwrap(value)) return unfit("a field");
      const avro_type_t kind = avro_value_get_type(&value);
      if (kind == AVRO_NULL) continue;
      if (kind == AVRO_RECORD && field.record) {
        FRESHET_TRY(read_record(value, *field.record, type, first, out));
      } else if (field.column) {
        FRESHET_TRY(read_column(value, field, type[*field.column], first, out));
      }
    }
    return {};
  }

  Status read_column(avro_value_t& value, const Field& field, const Column& column, std::size_t first, Row& out) {
    Cell cell;
    if (column.type.kind != Kind::List) {
      if (!read_cell(value, column.type, cell, out)) return unfit(column.name);
    } else {
      std::size_t count = 0;
      const std::size_t width = column.type.item->width();
      if (!field.record || avro_value_get_size(&value, &count) != 0) return unfit(column.name);
      cell = out.add_list(count, width);
      for (std::size_t i = 0; i < count; ++i) {
        avro_value_t item;
        const char* none = nullptr;
        if (avro_value_get_by_index(&value, i, &item, &none) != 0 || !unwrap(item)) return unfit(column.name);
        FRESHET_TRY(read_record(item, *field.record, *column.type.item, cell.begin + i * width, out));
      }
    }
    out.cells[first + index_of(*field.column)] = cell;
    return {};
  }

  avro_schema_t schema_ = nullptr;
  avro_value_iface_t* iface_ = nullptr;
  avro_value_t value_ = {nullptr, nullptr};
  avro_reader_t reader_ = nullptr;
  std::vector<Record> records_;
  std::size_t root_ = 0;
};

AvroRowDecoder::AvroRowDecoder(const RecordType& type, registry::Address registry)
    : type_(type), registry_(std::move(registry)) {}
AvroRowDecoder::~AvroRowDecoder() = default;
AvroRowDecoder::AvroRowDecoder(AvroRowDecoder&&) noexcept = default;
AvroRowDecoder& AvroRowDecoder::operator=(AvroRowDecoder&&) noexcept = default;

Result<AvroRowDecoder::Schema*> AvroRowDecoder::schema_of(std::uint32_t id) {
  const auto known = schemas_.find(id);
  if (known != schemas_.end()) return known->second.get();
  const Result<std::string> answer = registry::find_schema(registry_, id);
  if (!answer.ok()) return answer.error();
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view text;
  if (parser.parse(answer.value()).get(document) || document["schema"].get(text)) {
    return Error{ErrorKind::Usage, "an answer of the schema registry without a schema", ""};
  }
  FRESHET_TRY(add_schema(id, text));
  return schemas_.at(id).get();
}

Status AvroRowDecoder::add_schema(std::uint32_t id, std::string_view schema) {
  Result<std::unique_ptr<Schema>> parsed = Schema::parse(schema, type_);
  if (!parsed.ok()) return parsed.error();
  schemas_[id] = std::move(parsed.value());
  return {};
}

Status AvroRowDecoder::decode(std::string_view message, Row& out) {
  if (message.size() < kFrame || message[0] != 0) {
    return Error{ErrorKind::Usage, "a message without the frame of a schema registry", ""};
  }
  std::uint32_t id = 0;
  for (std::size_t i = 1; i < kFrame; ++i) id = id << 8 | static_cast<unsigned char>(message[i]);
  const Result<Schema*> schema = schema_of(id);
  FRESHET_TRY(schema);
  return schema.value()->read(message.substr(kFrame), type_, out);
}

}  // namespace freshet
