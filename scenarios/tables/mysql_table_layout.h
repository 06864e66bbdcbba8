// How a table for the columns of a record is declared, and what such a table can hold. The limits are those of InnoDB
// with pages of 16 KiB, dynamic row format and utf8mb4, four bytes per character.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace freshet::mysql {

/// All columns of a row, without texts that are stored outside of it.
inline constexpr int kMostRowBytes = 65'535;
/// The part of a row that must fit in half a page: everything except the ends of long texts.
inline constexpr int kMostPageBytes = 8'125;
inline constexpr int kMostKeyBytes = 3'072;
inline constexpr std::size_t kMostKeyColumns = 16;
inline constexpr std::size_t kMostColumns = 1'017;
inline constexpr std::size_t kMostNameLength = 64;

struct TableColumn {
  std::string name;  ///< with dots, as in its record
  ColumnType type;
  int key_place = 0;  ///< position in the primary key, from 1; 0 = not in it
  bool nullable = true;
  int digits = 18;               ///< of a decimal, before and after the point
  std::string_view stated = {};  ///< overrides the SQL type: "INT UNSIGNED"

  [[nodiscard]] bool in_key() const { return key_place > 0; }
};

/// A column that a table cannot have.
struct Misfit {
  std::size_t column = 0;
  std::string problem;   ///< "the key has 3,200 bytes and a table's has at most 3,072"
  std::string expected;  ///< what would fit
};

struct TableLayout {
  std::vector<std::string> types;  ///< SQL, one for each column
  std::optional<Misfit> misfit;    ///< set if the table cannot be created
};

/// The widest layout whose row fits: texts with room for at least `roomy` characters; texts as long as their longest
/// value; the longest of them outside of the row.
[[nodiscard]] TableLayout lay_out(const std::vector<TableColumn>& columns, int roomy);

/// The options after the columns of CREATE TABLE: everything that a server would otherwise take from its own settings.
/// The collation compares bytes and, unlike those of older servers, does not ignore trailing spaces. Its name depends
/// on the server, which reads its own name in a comment. `comment` is quoted here.
[[nodiscard]] std::string table_options(std::string_view comment);

/// CREATE TABLE with the primary key and everything that a server would otherwise take from its own settings: engine,
/// row format, and a collation that compares bytes and keeps trailing spaces. `table` and `comment` are quoted here.
[[nodiscard]] std::string create_table(const std::string& table, const std::vector<TableColumn>& columns,
                                       const TableLayout& layout, std::string_view comment);

}  // namespace freshet::mysql
