#include "pipeline/capture/binlog/column_declaration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace freshet {

namespace {

// The parts of "decimal(10,2) unsigned zerofill".
struct Declared {
  std::string_view type;
  std::array<int, 2> digits = {-1, -1};  // in brackets
  bool is_unsigned = false;
  bool zero_fill = false;
  bool compressed = false;
  bool old_format = false;
};

Declared parse(std::string_view text) {
  Declared declared;
  declared.type = text.substr(0, text.find_first_of(" ("));
  if (declared.type == "enum" || declared.type == "set") return declared;
  if (declared.type.size() < text.size() && text[declared.type.size()] == '(') {
    const char* at = text.data() + declared.type.size() + 1;
    for (int& digits : declared.digits) {
      const auto [end, error] = std::from_chars(at, text.data() + text.size(), digits);
      if (error != std::errc{} || *end != ',') break;
      at = end + 1;
    }
  }
  declared.is_unsigned = text.find(" unsigned") != std::string_view::npos;
  declared.zero_fill = text.find(" zerofill") != std::string_view::npos;
  declared.compressed = text.find(" COMPRESSED") != std::string_view::npos;
  declared.old_format = text.find("/* mariadb-5.3 */") != std::string_view::npos;
  return declared;
}

struct TypeName {
  std::string_view name;
  FieldType type;
};
constexpr TypeName kTypes[] = {{"tinyint", FieldType::Tiny},
                               {"smallint", FieldType::Short},
                               {"mediumint", FieldType::Int24},
                               {"int", FieldType::Long},
                               {"bigint", FieldType::LongLong},
                               {"year", FieldType::Year},
                               {"bit", FieldType::Bit},
                               {"float", FieldType::Float},
                               {"double", FieldType::Double},
                               {"decimal", FieldType::Decimal},
                               {"date", FieldType::Date},
                               {"time", FieldType::Time},
                               {"datetime", FieldType::Datetime},
                               {"timestamp", FieldType::Timestamp},
                               {"char", FieldType::String},
                               {"binary", FieldType::String},
                               {"uuid", FieldType::String},
                               {"inet4", FieldType::String},
                               {"inet6", FieldType::String},
                               {"varchar", FieldType::VarChar},
                               {"varbinary", FieldType::VarChar},
                               {"tinytext", FieldType::Blob},
                               {"text", FieldType::Blob},
                               {"mediumtext", FieldType::Blob},
                               {"longtext", FieldType::Blob},
                               {"tinyblob", FieldType::Blob},
                               {"blob", FieldType::Blob},
                               {"mediumblob", FieldType::Blob},
                               {"longblob", FieldType::Blob},
                               {"enum", FieldType::Enum},
                               {"set", FieldType::Set},
                               {"json", FieldType::Json},
                               {"vector", FieldType::Vector},
                               {"geometry", FieldType::Geometry},
                               {"point", FieldType::Geometry},
                               {"linestring", FieldType::Geometry},
                               {"polygon", FieldType::Geometry},
                               {"multipoint", FieldType::Geometry},
                               {"multilinestring", FieldType::Geometry},
                               {"multipolygon", FieldType::Geometry},
                               {"geometrycollection", FieldType::Geometry},
                               {"geomcollection", FieldType::Geometry}};

std::optional<FieldType> type_of(const Declared& declared) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeName& known) { return known.name == declared.type; });
  if (found == std::end(kTypes)) return std::nullopt;
  if (declared.compressed) {
    return found->type == FieldType::VarChar ? FieldType::CompressedVarChar : FieldType::CompressedBlob;
  }
  if (!declared.old_format) return found->type;
  return found->type == FieldType::Time       ? FieldType::OldTime
         : found->type == FieldType::Datetime ? FieldType::OldDatetime
                                              : FieldType::OldTimestamp;
}

// The log has one type for all texts and blobs.
FieldType family(FieldType type) {
  switch (type) {
    case FieldType::TinyBlob:
    case FieldType::MediumBlob:
    case FieldType::LongBlob:
      return FieldType::Blob;
    default:
      return type;
  }
}

Meaning meaning_of(std::string_view type) {
  if (type == "uuid") return Meaning::Uuid;
  if (type == "inet4") return Meaning::Inet4;
  if (type == "inet6") return Meaning::Inet6;
  return std::any_of(std::begin(kTypes), std::end(kTypes), [&](const TypeName& known) { return known.name == type; })
             ? Meaning::Plain
             : Meaning::Unknown;
}

std::uint32_t size_of(Meaning meaning) { return meaning == Meaning::Inet4 ? 4 : 16; }

// The width to which the server pads a number with zeros.
int zero_fill_of(const Declared& declared) {
  if (!declared.zero_fill) return 0;
  const int width = declared.digits[0];
  if (declared.type == "decimal") return width + (declared.digits[1] > 0 ? 1 : 0);
  if (width > 0) return width;
  return declared.type == "float" ? 12 : 22;
}

// The labels of "enum('a','it''s')" as COLUMN_TYPE quotes them.
std::vector<std::string> labels_of(std::string_view column_type) {
  std::vector<std::string> labels;
  bool inside = false;
  for (std::size_t i = column_type.find('('); i < column_type.size(); ++i) {
    const char c = column_type[i];
    const char next = i + 1 < column_type.size() ? column_type[i + 1] : '\0';
    if (!inside) {
      if (c == '\'') labels.emplace_back();
      inside = c == '\'';
    } else if (c == '\'' && next != '\'') {
      inside = false;
    } else if (c == '\'' || c == '\\') {
      labels.back() += c == '\'' || next == '\\' ? next : next == 'n' ? '\n' : next == 'r' ? '\r' : '\0';
      ++i;
    } else {
      labels.back() += c;
    }
  }
  return labels;
}

Charset charset_named(std::string_view name) {
  if (name.empty() || name == "binary") return Charset::Binary;
  if (name == "ascii" || name.starts_with("utf8")) return Charset::Utf8;
  return name == "latin1" ? Charset::Latin1 : Charset::Other;
}

}  // namespace

bool declares(const SchemaColumn& declaration, const ColumnLayout& column) {
  const Declared declared = parse(declaration.column_type);
  const std::optional<FieldType> type = type_of(declared);
  // Servers may log unknown types, and MariaDB its vectors, as a type of another name.
  if (!type || type == FieldType::Vector) return true;
  const Meaning meaning = meaning_of(declared.type);
  if (meaning != Meaning::Plain) return column.type == type && column.length == size_of(meaning);
  return family(*type) == family(column.type);
}

void complete(ColumnLayout& column, const SchemaColumn& declaration) {
  const Declared declared = parse(declaration.column_type);
  column.declared = declaration.column_type;
  column.meaning = meaning_of(declared.type);
  if (declared.type == "vector" && column.type != FieldType::Vector) column.meaning = Meaning::Unknown;
  column.zero_fill = zero_fill_of(declared);
  column.fraction = declared.type == "float" || declared.type == "double" ? declared.digits[1] : -1;
  column.generated = declaration.generated;
  // Labels in a character set that we cannot read: information_schema has converted them.
  if (has_labels(column.type) && column.charset == Charset::Other) {
    std::vector<std::string> labels = labels_of(declaration.column_type);
    if (labels.size() != column.labels.size()) return;
    column.labels = std::move(labels);
    column.charset = Charset::Utf8;
  }
}

void describe(ColumnLayout& column, const SchemaColumn& declaration) {
  complete(column, declaration);
  column.name = declaration.name;
  column.charset = charset_named(declaration.charset);
  if (has_labels(column.type)) {
    column.labels = labels_of(declaration.column_type);
    column.charset = Charset::Utf8;  // information_schema has converted them
  } else {
    column.is_unsigned = parse(declaration.column_type).is_unsigned;
  }
}

ColumnLayout layout_of(const SchemaColumn& declaration) {
  const Declared declared = parse(declaration.column_type);
  ColumnLayout column;
  column.type = type_of(declared).value_or(FieldType::String);
  if (column.type == FieldType::Decimal) {
    column.precision = static_cast<std::uint8_t>(std::clamp(declared.digits[0], 1, 65));
    column.scale = static_cast<std::uint8_t>(std::clamp(declared.digits[1], 0, 38));
  } else if (column.type == FieldType::Datetime || column.type == FieldType::Timestamp) {
    column.scale = static_cast<std::uint8_t>(std::clamp(declared.digits[0], 0, 6));
  }
  describe(column, declaration);
  return column;
}

}  // namespace freshet
