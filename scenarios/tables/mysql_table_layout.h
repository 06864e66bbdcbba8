// How a table is declared that holds the columns of a record, and what such a table can hold. The limits are those of
// InnoDB with pages of 16 KiB, rows of the dynamic format and utf8mb4, four bytes a character.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace freshet::mysql {

/// All columns of a row, texts that are stored outside of it not counted.
inline constexpr int kMostRowBytes = 65'535;
/// What of a row must find room in half a page: all but the ends of long texts.
inline constexpr int kMostPageBytes = 8'125;
inline constexpr int kMostKeyBytes = 3'072;
inline constexpr std::size_t kMostKeyColumns = 16;
inline constexpr std::size_t kMostColumns = 1'017;
inline constexpr std::size_t kMostNameLength = 64;

struct TableColumn {
  std::string name;  ///< with dots, as in its record
  ColumnType type;
  int key_place = 0;  ///< in the primary key, from 1; 0 = not in it
  bool nullable = true;
  int digits = 18;               ///< of a decimal, before and after the point
  std::string_view stated = {};  ///< the SQL type that it has whatever `type` says: "INT UNSIGNED"

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
  std::optional<Misfit> misfit;    ///< the table cannot be made
};

/// The narrowest of these whose row fits: texts with room for `roomy` characters at least; with as many as their
/// longest value has; the longest of them outside of the row.
[[nodiscard]] TableLayout lay_out(const std::vector<TableColumn>& columns, int roomy);

/// What stands behind the columns of CREATE TABLE: everything that a server would else choose by settings of its own.
/// The collation compares bytes and does not ignore trailing spaces, as those of the older servers do; what it is
/// called depends on the server, which reads its own name in a comment. The comment is quoted here.
[[nodiscard]] std::string table_options(std::string_view comment);

/// CREATE TABLE with the primary key and everything that a server would else choose by its own settings: engine, row
/// format, and a collation that compares bytes and keeps trailing spaces apart. `table` is quoted here, `comment` too.
[[nodiscard]] std::string create_table(const std::string& table, const std::vector<TableColumn>& columns,
                                       const TableLayout& layout, std::string_view comment);

}  // namespace freshet::mysql
