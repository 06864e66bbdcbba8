#include "generator/format/sql_writer.h"

#include <algorithm>
#include <cmath>

#include "scenarios/tables/sql_names.h"

namespace freshet {
namespace {

/// Appends 'text', with a backslash before the characters that MySQL's parser would interpret.
void append_quoted(std::string_view text, Buffer& out) {
  char* at = out.room(2 * text.size() + 2);
  *at++ = '\'';
  for (const char c : text) {
    const char escape = c == '\0' ? '0' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\x1a' ? 'Z' : c;
    if (escape != c || c == '\'' || c == '\\') *at++ = '\\';
    *at++ = escape;
  }
  *at++ = '\'';
  out.took(at);
}

}  // namespace

std::string_view sql_prelude() {
  return "SET NAMES utf8mb4;\n"
         "SET time_zone = '+00:00';\n"
         "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';\n";
}

SqlWriter::SqlWriter(const std::string& table, const RecordType& type) : json_(type) {
  std::string names;
  for (const freshet::Column& column : type.columns) {
    std::string name = column.name;
    std::replace(name.begin(), name.end(), '.', '_');
    name = mysql::identifier(name);
    names += (names.empty() ? "" : ", ") + name;
    columns_.push_back(Column{(columns_.size() < 2 ? "" : ", ") + name + " = ", column.type.scale});
  }
  insert_ = "INSERT INTO " + mysql::identifier(table) + " (" + names + ") VALUES (";
  update_ = "UPDATE " + mysql::identifier(table) + " SET ";
  erase_ = "DELETE FROM " + mysql::identifier(table);
  where_ = " WHERE " + columns_[0].assignment;
}

void SqlWriter::append_assignments(const Row& row, Buffer& out) {
  for (std::size_t i = 1; i < columns_.size(); ++i) {
    out.append(columns_[i].assignment);
    append_literal(row, i, out);
  }
}

void SqlWriter::append_rekey(const Row& before, const Row& row, Buffer& out) {
  out.append(update_);
  out.append(columns_[0].assignment);
  append_literal(row, 0, out);
  if (columns_.size() > 1) out.append(", ");
  append_assignments(row, out);
  out.append(where_);
  append_literal(before, 0, out);
  out.append(";\n");
}

void SqlWriter::append(Operation operation, const Row& row, Buffer& out) {
  switch (operation) {
    case Operation::Insert:
      out.append(insert_);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out.append(", ");
        append_literal(row, i, out);
      }
      return out.append(");\n");
    case Operation::Update:
      out.append(update_);
      append_assignments(row, out);
      break;
    case Operation::Delete:
      out.append(erase_);
      break;
  }
  out.append(where_);
  append_literal(row, 0, out);
  out.append(";\n");
}

void SqlWriter::append_literal(const Row& row, std::size_t column, Buffer& out) {
  const Cell& cell = row.cells[column];
  switch (cell.kind) {
    case Kind::Null:
      return out.append("NULL");
    case Kind::Boolean:
    case Kind::Integer:
      return out.took(put_integer(out.room(kMostNumber), cell.number));
    case Kind::Decimal:
      return out.took(put_decimal(out.room(kMostNumber), cell.number, columns_[column].scale));
    case Kind::Double: {
      if (!std::isfinite(as_double(cell))) return out.append("NULL");
      // With an exponent the server reads a double; without, a decimal that it rounds to a double: the same value.
      return out.took(put_double(out.room(kMostNumber), as_double(cell)));
    }
    case Kind::Text:
      return append_quoted(row.text_of(cell), out);
    case Kind::Time: {
      char* at = out.room(TimeText::kMost + 2);
      *at++ = '\'';
      at = times_.put(at, cell.number, ' ');
      *at++ = '\'';
      return out.took(at);
    }
    case Kind::List:
      scratch_.clear();
      json_.append_value(row, column, scratch_);
      return append_quoted(scratch_.view(), out);
  }
}

}  // namespace freshet
