#include "generator/write/mysql/mysql_statements.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "scenarios/tables/sql_names.h"
#include "scenarios/tables/tables.h"

namespace freshet {

namespace {

/// The text before, between and after the parameters, which are question marks outside of names.
std::vector<std::string> pieces_of(const std::string& sql) {
  std::vector<std::string> pieces(1);
  bool in_name = false;
  for (const char letter : sql) {
    in_name = in_name != (letter == '`');
    if (letter == '?' && !in_name) {
      pieces.emplace_back();
    } else {
      pieces.back() += letter;
    }
  }
  return pieces;
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view kSpecial("'\\\0", 3);
  out += '\'';
  for (;;) {
    const std::size_t at = text.find_first_of(kSpecial);
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    out += '\\';
    out += text[at] == '\0' ? '0' : text[at];
    text.remove_prefix(at + 1);
  }
  out += '\'';
}

std::string name_sql(const Column& column) { return mysql::column_identifier(column.name); }

}  // namespace

std::string create_table_sql(const Entity& entity, const std::string& table, std::string_view comment) {
  return declare_table(entity).create_sql(table, comment);
}

TableStatements table_statements(const Entity& entity, const std::string& table) {
  TableStatements out;
  out.table = table;
  const std::string name = mysql::identifier(table);
  const std::vector<Column>& columns = entity.record.columns;
  const mysql::Connection::BulkColumn key{0, columns[0].type};
  const std::string where_key = " WHERE " + name_sql(columns[0]) + " = ";

  std::string names;
  std::string marks;
  std::string assignments;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const mysql::Connection::BulkColumn bound{static_cast<int>(i), columns[i].type};
    names += (i == 0 ? "" : ", ") + name_sql(columns[i]);
    marks += i == 0 ? "?" : ", ?";
    out.insert.columns.push_back(bound);
    if (i == 0) continue;
    assignments += (i == 1 ? "" : ", ") + name_sql(columns[i]) + " = ?";
    out.update.columns.push_back(bound);
  }
  out.rekey.columns = out.insert.columns;
  out.rekey.columns.push_back(key);
  out.update.columns.push_back(key);
  out.erase.columns = {key};
  out.insert.sql = "INSERT INTO " + name + " (" + names + ") VALUES (" + marks + ")";
  out.update.sql = "UPDATE " + name + " SET " + assignments + where_key + "?";
  out.erase.sql = "DELETE FROM " + name + where_key + "?";
  const std::string comma = assignments.empty() ? "" : ", ";
  out.rekey.sql = "UPDATE " + name + " SET " + name_sql(columns[0]) + " = ?" + comma + assignments + where_key + "?";

  for (TableStatement* statement : {&out.insert, &out.update, &out.erase, &out.rekey})
    statement->pieces = pieces_of(statement->sql);

  out.key_type = columns[0].type;
  out.version_column = entity.version_column;
  const Column& version = columns[index_of(entity.version_column.value_or(ColumnIndex{0}))];
  out.select_version = "SELECT " + name_sql(version) + " FROM " + name + where_key;
  return out;
}

void append_literal(const Row& row, const Cell& cell, const ColumnType& type, std::string& out) {
  std::array<char, 32> digits;
  const auto append_number = [&](const auto... how) {
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), how...).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  switch (cell.kind) {
    case Kind::Null:
      out += "NULL";
      return;
    case Kind::Boolean:
    case Kind::Integer:
      return append_number(cell.number);
    case Kind::Decimal:
      return append_decimal(cell.number, type.scale, out);
    case Kind::Double:
      // With an exponent; otherwise the server reads a decimal.
      return append_number(as_double(cell), std::chars_format::scientific);
    case Kind::Time:
      out += '\'';
      append_sql_time(cell.number, out);
      out += '\'';
      return;
    case Kind::Text:
      return append_quoted(row.text_of(cell), out);
    case Kind::List: {
      std::string json;
      append_json(row, cell, type, json);
      return append_quoted(json, out);
    }
  }
}

void append_statement(const TableStatement& statement, const Row& row, bool joined, std::string& out) {
  out += joined ? std::string_view(", (") : std::string_view(statement.pieces.front());
  for (std::size_t i = 0; i < statement.columns.size(); ++i) {
    const mysql::Connection::BulkColumn& column = statement.columns[i];
    append_literal(row, row.cells[static_cast<std::size_t>(column.cell)], column.type, out);
    out += statement.pieces[i + 1];
  }
}

void append_rekey(const TableStatement& statement, const Row& before, const Row& row, std::string& out) {
  out += statement.pieces.front();
  for (std::size_t i = 0; i < statement.columns.size(); ++i) {
    const mysql::Connection::BulkColumn& column = statement.columns[i];
    const Row& from = i + 1 == statement.columns.size() ? before : row;
    append_literal(from, from.cells[static_cast<std::size_t>(column.cell)], column.type, out);
    out += statement.pieces[i + 1];
  }
}

}  // namespace freshet
