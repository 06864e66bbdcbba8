// The values of a column, derived from its layout: their kind of cell, their meaning to the server, and why some are
// not read.
#include <fmt/format.h>

#include "pipeline/capture/binlog/binlog_values.h"

namespace freshet {

namespace {

ServerKind kind_of(const ColumnLayout& column) {
  if (is_integer(column.type)) return ServerKind::Integer;
  switch (column.type) {
    case FieldType::Bit:
      return ServerKind::Bit;
    case FieldType::Float:
      return ServerKind::Float;
    case FieldType::Double:
      return ServerKind::Double;
    case FieldType::Decimal:
      return ServerKind::Decimal;
    case FieldType::Date:
      return ServerKind::Date;
    case FieldType::Time:
      return ServerKind::Clock;
    case FieldType::Datetime:
    case FieldType::Timestamp:
      return ServerKind::Moment;
    case FieldType::Enum:
    case FieldType::Set:
      return ServerKind::Text;
    default:
      return column.charset == Charset::Binary && column.meaning == Meaning::Plain ? ServerKind::Binary
                                                                                   : ServerKind::Text;
  }
}

}  // namespace

bool is_integer(FieldType type) {
  return type == FieldType::Tiny || type == FieldType::Short || type == FieldType::Int24 || type == FieldType::Long ||
         type == FieldType::LongLong || type == FieldType::Year;
}

bool has_length_prefix(FieldType type) {
  switch (type) {
    case FieldType::Vector:
    case FieldType::CompressedBlob:
    case FieldType::TinyBlob:
    case FieldType::MediumBlob:
    case FieldType::LongBlob:
    case FieldType::Blob:
    case FieldType::Geometry:
    case FieldType::Json:
      return true;
    default:
      return false;
  }
}

bool has_labels(FieldType type) { return type == FieldType::Enum || type == FieldType::Set; }

const char* refusal_of(const ColumnLayout& column) {
  if (column.meaning == Meaning::Unknown) return "has an unknown type";
  switch (column.type) {
    case FieldType::OldDecimal:
    case FieldType::OldTimestamp:
    case FieldType::OldTime:
    case FieldType::OldDatetime:
      return "is stored in a format from before MySQL 5.6 (rebuild the table to convert it)";
    case FieldType::CompressedBlob:
    case FieldType::CompressedVarChar:
      return "is a COMPRESSED column";
    case FieldType::Json:
      return "has MySQL's binary JSON type";
    case FieldType::Vector:
      return "has the type VECTOR";
    case FieldType::Geometry:
      return "has a geometry type";
    case FieldType::Enum:
    case FieldType::Set:
      return column.charset == Charset::Other ? "has labels in a character set other than utf8, ascii and latin1"
                                              : nullptr;
    case FieldType::VarChar:
    case FieldType::TinyBlob:
    case FieldType::MediumBlob:
    case FieldType::LongBlob:
    case FieldType::Blob:
    case FieldType::String:
      if (column.meaning != Meaning::Plain || column.charset != Charset::Other) return nullptr;
      return "has a character set other than utf8, ascii, latin1 and binary";
    case FieldType::Tiny:
    case FieldType::Short:
    case FieldType::Long:
    case FieldType::Float:
    case FieldType::Double:
    case FieldType::LongLong:
    case FieldType::Int24:
    case FieldType::Date:
    case FieldType::Year:
    case FieldType::Bit:
    case FieldType::Timestamp:
    case FieldType::Datetime:
    case FieldType::Time:
    case FieldType::Decimal:
      return nullptr;
  }
  return "has an unknown type";
}

bool can_be_passed_over(const ColumnLayout& column) {
  if (has_labels(column.type) || has_length_prefix(column.type)) return true;
  switch (column.type) {
    case FieldType::CompressedVarChar:
    case FieldType::VarChar:
    case FieldType::String:
      return true;
    default:
      return refusal_of(column) == nullptr;
  }
}

BinlogColumn describe_column(const ColumnLayout& column) {
  BinlogColumn described;
  described.declared =
      column.declared.empty() ? fmt::format("type {} of the binlog", static_cast<int>(column.type)) : column.declared;
  described.kind = kind_of(column);
  described.zero_fill = column.type == FieldType::Year ? 4 : column.zero_fill;
  described.fraction = described.kind == ServerKind::Moment ? column.scale : column.fraction;
  described.generated = column.generated;
  if (const char* reason = refusal_of(column)) {
    described.kind = ServerKind::Unread;
    described.refusal = reason;
  }
  return described;
}

ColumnType cell_type(const ColumnLayout& column) {
  if (is_integer(column.type)) return {.kind = Kind::Integer, .item = nullptr};
  switch (column.type) {
    case FieldType::Float:
    case FieldType::Double:
      return {.kind = Kind::Double, .item = nullptr};
    case FieldType::Decimal:
      if (column.precision <= kMostDecimalDigits) {
        return {.kind = Kind::Decimal, .scale = column.scale, .item = nullptr};
      }
      return {.kind = Kind::Text, .max_length = column.precision + 2, .item = nullptr};
    case FieldType::Bit:
      return {.kind = Kind::Integer, .item = nullptr};
    case FieldType::Datetime:
    case FieldType::Timestamp:
      return {.kind = Kind::Time, .item = nullptr};
    case FieldType::String:
    case FieldType::VarChar:
      return {.kind = Kind::Text, .max_length = static_cast<int>(column.length), .item = nullptr};
    default:
      return {.kind = Kind::Text, .item = nullptr};
  }
}

}  // namespace freshet
