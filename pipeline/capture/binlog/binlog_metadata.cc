#include "pipeline/capture/binlog/binlog_metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "pipeline/capture/binlog/column_declaration.h"

namespace freshet {
namespace {

constexpr const char* kOlderLog =
    "the log is older than the table; set binlog_row_metadata=FULL on the server, so that the log names its columns";

Error malformed(std::string_view name, const char* reason) {
  return Error{ErrorKind::Internal,
               fmt::format("binlog: malformed TABLE_MAP event{}{}: {}", name.empty() ? "" : " of ", name, reason), ""};
}

// CHAR columns and related ones share the type STRING. Its first byte contains the real type; two of its bits,
// inverted, are the upper bits of the length.
void read_string_metadata(ByteReader& in, ColumnLayout& column) {
  constexpr unsigned kLengthBits = 0x30;
  const unsigned first = in.byte();
  const unsigned second = in.byte();
  column.type = static_cast<FieldType>(first | kLengthBits);
  column.length = second | ((first & kLengthBits) ^ kLengthBits) << 4;
  if (column.type != FieldType::String && column.type != FieldType::Enum && column.type != FieldType::Set) {
    in.fail("a text column has an impossible type");
  }
}

void read_decimal_metadata(ByteReader& in, ColumnLayout& column) {
  constexpr int kMostDigits = 65;
  column.precision = in.byte();
  column.scale = in.byte();
  if (column.precision == 0 || column.precision > kMostDigits || column.scale > column.precision) {
    in.fail("a decimal has impossible digits");
  }
}

void read_bit_metadata(ByteReader& in, ColumnLayout& column) {
  const unsigned bits = in.byte();
  column.length = in.byte() + (bits > 0 ? 1U : 0U);
}

// Takes the metadata bytes of the column's type; many types have none.
void read_column_metadata(ByteReader& in, ColumnLayout& column) {
  if (has_length_prefix(column.type)) {
    column.length = in.byte();
    return;
  }
  switch (column.type) {
    case FieldType::Float:
    case FieldType::Double:
      in.take(1);
      break;
    case FieldType::VarChar:
    case FieldType::CompressedVarChar:
      column.length = static_cast<std::uint32_t>(in.little(2));
      break;
    case FieldType::Timestamp:
    case FieldType::Datetime:
    case FieldType::Time:
      column.scale = in.byte();
      break;
    case FieldType::Bit:
      read_bit_metadata(in, column);
      break;
    case FieldType::Decimal:
      read_decimal_metadata(in, column);
      break;
    case FieldType::String:
      read_string_metadata(in, column);
      break;
    default:
      break;
  }
}

bool within(std::uint32_t value, std::uint32_t least, std::uint32_t most) { return value >= least && value <= most; }

// The conditions that decode_value relies on.
bool plausible(const ColumnLayout& column) {
  constexpr std::uint32_t kMostFractionDigits = 6;
  if (has_length_prefix(column.type)) return within(column.length, 1, 4);
  switch (column.type) {
    case FieldType::Enum:
      return within(column.length, 1, 2);
    case FieldType::Set:
    case FieldType::Bit:
      return within(column.length, 1, 8);
    case FieldType::Timestamp:
    case FieldType::Datetime:
    case FieldType::Time:
      return column.scale <= kMostFractionDigits;
    default:
      return true;
  }
}

// True for columns that have a sign. YEAR is among them: both servers derive it from an unsigned integer.
bool is_numeric(FieldType type) {
  return is_integer(type) || type == FieldType::Float || type == FieldType::Double || type == FieldType::Decimal;
}

// True for columns that have a character set. MariaDB gives one to geometries too.
bool is_text(FieldType type, Dialect dialect) {
  switch (type) {
    case FieldType::VarChar:
    case FieldType::String:
    case FieldType::TinyBlob:
    case FieldType::MediumBlob:
    case FieldType::LongBlob:
    case FieldType::Blob:
    case FieldType::CompressedBlob:
    case FieldType::CompressedVarChar:
      return true;
    case FieldType::Geometry:
      return dialect == Dialect::MariaDb;
    default:
      return false;
  }
}

// Collation numbers as both servers assign them. MariaDB's "nopad" variants are 1024 higher; its UCA 14 family starts
// at 2048.
Charset charset_of(std::uint64_t collation) {
  if (collation >= 1024 && collation < 2048) collation -= 1024;
  constexpr std::array<std::uint64_t, 8> kLatin1 = {5, 8, 15, 31, 47, 48, 49, 94};
  constexpr std::array<std::pair<std::uint64_t, std::uint64_t>, 12> kUtf8 = {{{11, 11},
                                                                              {33, 33},
                                                                              {45, 46},
                                                                              {65, 65},
                                                                              {76, 76},
                                                                              {83, 83},
                                                                              {192, 215},
                                                                              {223, 247},
                                                                              {255, 323},
                                                                              {576, 578},
                                                                              {608, 610},
                                                                              {2048, 2559}}};
  if (collation == 63) return Charset::Binary;
  if (std::find(kLatin1.begin(), kLatin1.end(), collation) != kLatin1.end()) return Charset::Latin1;
  for (const auto& [first, last] : kUtf8) {
    if (collation >= first && collation <= last) return Charset::Utf8;
  }
  return Charset::Other;
}

// The optional fields of a TABLE_MAP event, by number. Other fields are not needed here.
enum class MetadataField : std::uint8_t {
  Signedness = 1,
  DefaultCharset = 2,
  ColumnCharset = 3,
  ColumnName = 4,
  SetLabels = 5,
  EnumLabels = 6,
  PrimaryKey = 8,
  PrimaryKeyWithPrefix = 9,
  LabelDefaultCharset = 10,
  LabelColumnCharset = 11,
};

class OptionalFields {
 public:
  OptionalFields(TableMap& map, Dialect dialect) : map_(map), dialect_(dialect) {}

  void read(ByteReader& in) {
    while (in.left() > 0) {
      const auto field = static_cast<MetadataField>(in.byte());
      ByteReader value(in.take(in.length_encoded()));
      if (in.ok()) read_field(field, value);
      if (!value.ok()) in.fail(value.reason());
    }
  }

 private:
  void read_field(MetadataField field, ByteReader& in) {
    switch (field) {
      case MetadataField::Signedness:
        return read_signs(in);
      case MetadataField::DefaultCharset:
        return read_default_charset(in, texts());
      case MetadataField::LabelDefaultCharset:
        return read_default_charset(in, labelled());
      case MetadataField::ColumnCharset:
        return read_charsets(in, texts());
      case MetadataField::LabelColumnCharset:
        return read_charsets(in, labelled());
      case MetadataField::ColumnName:
        return read_names(in);
      case MetadataField::SetLabels:
        return read_labels(in, FieldType::Set);
      case MetadataField::EnumLabels:
        return read_labels(in, FieldType::Enum);
      case MetadataField::PrimaryKey:
      case MetadataField::PrimaryKeyWithPrefix:
        return read_primary_key(in, field == MetadataField::PrimaryKeyWithPrefix);
    }
  }

  // One bit for each numeric column, most significant first: 1 = unsigned.
  void read_signs(ByteReader& in) {
    const Bytes bits = in.take_rest();
    std::size_t index = 0;
    for (ColumnLayout& column : map_.columns) {
      if (!is_numeric(column.type)) continue;
      if (index / 8 >= bits.size()) return in.fail("signs are missing");
      column.is_unsigned = ((std::to_integer<unsigned>(bits[index / 8]) >> (7 - index % 8)) & 1U) != 0;
      ++index;
    }
  }

  [[nodiscard]] std::vector<ColumnLayout*> texts() const {
    std::vector<ColumnLayout*> found;
    for (ColumnLayout& column : map_.columns) {
      if (is_text(column.type, dialect_)) found.push_back(&column);
    }
    return found;
  }
  [[nodiscard]] std::vector<ColumnLayout*> labelled() const {
    std::vector<ColumnLayout*> found;
    for (ColumnLayout& column : map_.columns) {
      if (has_labels(column.type)) found.push_back(&column);
    }
    return found;
  }

  // A collation for all of these columns, then pairs of (index among these columns, collation).
  static void read_default_charset(ByteReader& in, const std::vector<ColumnLayout*>& columns) {
    const Charset charset = charset_of(in.length_encoded());
    for (ColumnLayout* column : columns) column->charset = charset;
    while (in.left() > 0) {
      const std::uint64_t index = in.length_encoded();
      const Charset exception = charset_of(in.length_encoded());
      if (index >= columns.size()) return in.fail("charset entry refers to a column out of range");
      columns[index]->charset = exception;
    }
  }

  static void read_charsets(ByteReader& in, const std::vector<ColumnLayout*>& columns) {
    for (ColumnLayout* column : columns) column->charset = charset_of(in.length_encoded());
  }

  void read_names(ByteReader& in) {
    for (ColumnLayout& column : map_.columns) column.name = in.length_encoded_text();
    map_.described = true;
  }

  void read_labels(ByteReader& in, FieldType type) {
    for (ColumnLayout& column : map_.columns) {
      if (column.type != type) continue;
      const std::uint64_t count = in.length_encoded();
      column.labels.clear();
      for (std::uint64_t i = 0; i < count && in.ok(); ++i) column.labels.emplace_back(in.length_encoded_text());
    }
  }

  void read_primary_key(ByteReader& in, bool with_prefix) {
    map_.primary_key.clear();
    while (in.left() > 0) {
      const std::uint64_t column = in.length_encoded();
      if (with_prefix) in.length_encoded();
      if (column >= map_.columns.size()) return in.fail("key entry refers to a column out of range");
      map_.primary_key.push_back(static_cast<std::uint32_t>(column));
    }
  }

  TableMap& map_;
  const Dialect dialect_;
};

TableIdentity read_identity(ByteReader& in) {
  TableIdentity identity;
  identity.id = in.little(6);
  in.take(2);  // flags
  identity.database = in.text(in.byte());
  in.take(1);  // a zero after each name
  identity.name = in.text(in.byte());
  in.take(1);
  return identity;
}

void read_columns(ByteReader& in, std::vector<ColumnLayout>& columns) {
  const Bytes types = in.take(in.length_encoded());
  ByteReader metadata(in.take(in.length_encoded()));
  in.take((types.size() + 7) / 8);  // which columns may be null
  columns.resize(in.ok() ? types.size() : 0);
  for (std::size_t i = 0; i < columns.size() && metadata.ok(); ++i) {
    columns[i].type = static_cast<FieldType>(types[i]);
    read_column_metadata(metadata, columns[i]);
    if (!plausible(columns[i])) metadata.fail("a column's size is impossible");
  }
  if (!metadata.ok()) in.fail(metadata.reason());
}

// Labels are in their column's character set; one that we cannot read is refused when the table is planned.
void labels_to_utf8(ColumnLayout& column) {
  if (!has_labels(column.type) || column.charset != Charset::Latin1) return;
  for (std::string& label : column.labels) {
    std::string text;
    if (append_utf8(std::as_bytes(std::span(label)), column.charset, text)) label = std::move(text);
  }
  column.charset = Charset::Utf8;
}

}  // namespace

Result<TableIdentity> identify_table(Bytes body) {
  ByteReader in(body);
  const TableIdentity identity = read_identity(in);
  if (!in.ok()) return malformed("", in.reason());
  return identity;
}

Result<TableMap> parse_table_map(Bytes body, Dialect dialect) {
  ByteReader in(body);
  TableMap map;
  const TableIdentity identity = read_identity(in);
  map.id = identity.id;
  map.database = identity.database;
  map.name = identity.name;
  read_columns(in, map.columns);
  if (in.ok()) OptionalFields(map, dialect).read(in);
  if (!in.ok()) return malformed(fmt::format("{}.{}", map.database, map.name), in.reason());
  for (ColumnLayout& column : map.columns) labels_to_utf8(column);
  return map;
}

Status describe(TableMap& map, std::span<const SchemaColumn> schema) {
  if (map.described) {
    for (ColumnLayout& column : map.columns) {
      const auto declared = std::find_if(schema.begin(), schema.end(),
                                         [&](const SchemaColumn& candidate) { return candidate.name == column.name; });
      if (declared != schema.end() && declares(*declared, column)) complete(column, *declared);
    }
    return {};
  }
  if (schema.empty()) {
    return Error{
        ErrorKind::Usage,
        fmt::format(
            "binlog: table {}.{} has rows in the log but no longer exists: the names of its columns are unknown",
            map.database, map.name),
        "start the pipeline again, or set binlog_row_metadata=FULL, so that the log names its columns"};
  }
  if (schema.size() != map.columns.size()) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: table {}.{} has {} columns in the log and {} in information_schema", map.database,
                             map.name, map.columns.size(), schema.size()),
                 kOlderLog};
  }
  for (std::size_t i = 0; i < schema.size(); ++i) {
    ColumnLayout& column = map.columns[i];
    if (!declares(schema[i], column)) {
      return Error{
          ErrorKind::Usage,
          fmt::format("binlog: column {}.{}.{} is {} in information_schema, and of another type in the log "
                      "(binlog type {})",
                      map.database, map.name, schema[i].name, schema[i].column_type, static_cast<int>(column.type)),
          kOlderLog};
    }
    describe(column, schema[i]);
  }
  map.described = true;
  return {};
}

Result<TablePlan> plan_table(TableMap map) {
  auto table = std::make_shared<BinlogTable>();
  for (const ColumnLayout& column : map.columns) {
    if (!can_be_passed_over(column)) {
      return Error{ErrorKind::Usage,
                   fmt::format("binlog: column {}.{}.{} {}, which is not decoded (binlog type {})", map.database,
                               map.name, column.name, refusal_of(column), static_cast<int>(column.type)),
                   ""};
    }
    table->record.columns.push_back({column.name, cell_type(column)});
    table->columns.push_back(describe_column(column));
  }
  table->database = std::move(map.database);
  table->name = std::move(map.name);
  return TablePlan{std::move(table), std::move(map.columns)};
}

}  // namespace freshet
