#include "scenarios/tables/mysql_table_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "scenarios/tables/sql_names.h"

namespace freshet::mysql {

namespace {

constexpr int kBytesPerCharacter = 4;
/// Longer texts are stored outside of the row, whose total size is limited.
constexpr int kLongestVarchar = 4'000;
/// Characters for a key whose maximum length is unknown; fewer if several such columns must fit.
constexpr int kUnknownKey = 190;
constexpr int kUnknownText = 255;
/// The shortest text that InnoDB may store outside of a row's page; a column of at most 255 bytes stays in it.
constexpr int kShortestOffPage = 64;

/// The width of texts: with more room than their longest value needs, exactly as long as that, or, if that is no
/// shorter in the page, long enough to be stored outside of it.
enum class Width : std::uint8_t { Roomy, Exact, OffPage };

/// A declared column: its SQL type, and its size in the row and in the row's page.
struct Declared {
  std::string sql;
  int characters = 0;  ///< for a VARCHAR
  int row_bytes = 0;
  int page_bytes = 0;
};

Declared fixed(std::string sql, int bytes) { return {std::move(sql), 0, bytes, bytes}; }

/// For a text that is stored elsewhere, the row contains the size of its length and an address, and its page a
/// reference.
Declared outside() { return {"LONGTEXT", 0, 4 + 8, 40 + 1}; }

Declared varchar(int characters, bool in_key) {
  const int bytes = characters * kBytesPerCharacter;
  const int length_bytes = bytes > 255 ? 2 : 1;
  // A reference, for a value that may be stored elsewhere; a key is always stored whole.
  const int in_page = in_key || characters < kShortestOffPage ? bytes + length_bytes : 40 + 1;
  return {fmt::format("VARCHAR({})", characters), characters, bytes + length_bytes, in_page};
}

/// Nine digits take four bytes, and fewer take fewer, before and after the point.
int decimal_bytes(int digits, int scale) {
  constexpr std::array kRest{0, 1, 1, 2, 2, 3, 3, 4, 4};
  const auto bytes = [&](int n) { return n / 9 * 4 + kRest[static_cast<std::size_t>(n % 9)]; };
  return bytes(digits - scale) + bytes(scale);
}

Declared declare(const TableColumn& column, Width width, int roomy, int unknown_key) {
  if (!column.stated.empty()) return fixed(std::string(column.stated), 8);
  switch (column.type.kind) {
    case Kind::Boolean:
      return fixed("TINYINT", 1);
    case Kind::Integer:
      return fixed("BIGINT", 8);
    case Kind::Decimal:
      return fixed(fmt::format("DECIMAL({},{})", column.digits, column.type.scale),
                   decimal_bytes(column.digits, column.type.scale));
    case Kind::Double:
      return fixed("DOUBLE", 8);
    case Kind::Time:
      return fixed("DATETIME(6)", 8);
    case Kind::List:
      return outside();
    case Kind::Null:
    case Kind::Text:
      break;
  }
  const int longest = column.type.max_length;
  if (column.in_key()) return varchar(longest > 0 ? longest : unknown_key, true);
  if (longest > kLongestVarchar) return outside();
  if (longest == 0) return varchar(kUnknownText, false);
  if (width == Width::Roomy) return varchar(std::max(longest, roomy), false);
  const bool shorter = width == Width::OffPage && longest * kBytesPerCharacter >= 40;
  return varchar(shorter ? std::max(longest, kShortestOffPage) : longest, false);
}

std::vector<Declared> declare_all(const std::vector<TableColumn>& columns, Width width, int roomy) {
  int known = 0;
  int unknown = 0;
  for (const TableColumn& column : columns) {
    if (!column.in_key()) continue;
    const bool text = column.type.kind == Kind::Text && column.type.max_length == 0;
    if (text) ++unknown;
    if (!text) known += declare(column, width, roomy, kUnknownKey).row_bytes;
  }
  const int room = unknown == 0 ? kUnknownKey : (kMostKeyBytes - known) / unknown / kBytesPerCharacter;
  std::vector<Declared> out;
  out.reserve(columns.size());
  for (const TableColumn& column : columns)
    out.push_back(declare(column, width, roomy, std::clamp(room, 1, kUnknownKey)));
  return out;
}

int null_bytes(const std::vector<TableColumn>& columns) {
  const auto nullable =
      std::count_if(columns.begin(), columns.end(), [](const TableColumn& each) { return each.nullable; });
  return (static_cast<int>(nullable) + 7) / 8;
}

int row_bytes(const std::vector<TableColumn>& columns, const std::vector<Declared>& declared) {
  int bytes = null_bytes(columns) + 1;
  for (const Declared& each : declared) bytes += each.row_bytes;
  return bytes;
}

std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  if (text.size() > 3) text.insert(text.size() - 3, ",");
  return text;
}

std::optional<Misfit> misfit_of_key(const std::vector<TableColumn>& columns, const std::vector<Declared>& declared) {
  int bytes = 0;
  std::size_t parts = 0;
  std::size_t widest = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].in_key()) continue;
    ++parts;
    const int characters = declared[i].characters;
    bytes += characters > 0 ? characters * kBytesPerCharacter : declared[i].row_bytes;
    if (widest == columns.size() || declared[i].row_bytes > declared[widest].row_bytes) widest = i;
    if (parts <= kMostKeyColumns) continue;
    return Misfit{i, fmt::format("the key has more columns than the {} of a table's key", kMostKeyColumns),
                  "fewer columns in the key"};
  }
  if (bytes <= kMostKeyBytes) return std::nullopt;
  const int others = bytes - declared[widest].characters * kBytesPerCharacter;
  const int room = std::max(kMostKeyBytes - others, 0) / kBytesPerCharacter;
  return Misfit{
      widest,
      fmt::format("the key has {} bytes at most, with {} characters of four bytes in this column, and a table's "
                  "key has {}",
                  with_commas(static_cast<std::size_t>(bytes)), declared[widest].characters,
                  with_commas(kMostKeyBytes)),
      fmt::format("a text of at most {} characters in the key", room)};
}

std::optional<Misfit> misfit_of_row(const std::vector<TableColumn>& columns, const std::vector<Declared>& declared) {
  if (columns.size() > kMostColumns) {
    return Misfit{kMostColumns,
                  fmt::format("a table has at most {} columns, and this one would have {}", with_commas(kMostColumns),
                              with_commas(columns.size())),
                  "fewer columns"};
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name.size() <= kMostNameLength) continue;
    return Misfit{i,
                  fmt::format("its name has {} characters, and a column's has at most {}", columns[i].name.size(),
                              kMostNameLength),
                  "shorter names"};
  }
  if (auto key = misfit_of_key(columns, declared)) return key;
  constexpr int kHeader = 5 + 6 + 7;  // the row's header, its transaction id and its undo pointer
  int bytes = kHeader + null_bytes(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    bytes += declared[i].page_bytes;
    if (bytes <= kMostPageBytes) continue;
    return Misfit{
        i,
        fmt::format("with this column, the {} of {}, a row has more than the {} bytes that must fit into half a "
                    "page of InnoDB, where a text of ten characters or more takes 41",
                    i + 1, columns.size(), with_commas(kMostPageBytes)),
        "fewer columns, or shorter texts"};
  }
  return std::nullopt;
}

}  // namespace

TableLayout lay_out(const std::vector<TableColumn>& columns, int roomy) {
  std::vector<Declared> declared = declare_all(columns, Width::Roomy, roomy);
  const auto wide = [&] { return row_bytes(columns, declared) > kMostRowBytes; };
  if (wide() || misfit_of_row(columns, declared)) declared = declare_all(columns, Width::Exact, roomy);
  if (misfit_of_row(columns, declared)) declared = declare_all(columns, Width::OffPage, roomy);
  while (wide()) {
    std::size_t longest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].in_key() || declared[i].row_bytes <= outside().row_bytes) continue;
      if (longest == columns.size() || declared[i].row_bytes > declared[longest].row_bytes) longest = i;
    }
    if (longest == columns.size()) break;  // the key is too long, which is reported below
    declared[longest] = outside();
  }
  TableLayout layout;
  layout.misfit = misfit_of_row(columns, declared);
  for (Declared& each : declared) layout.types.push_back(std::move(each.sql));
  return layout;
}

std::string table_options(std::string_view comment) {
  std::string options =
      "ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 /*M!100202 COLLATE=utf8mb4_nopad_bin */ "
      "/*!80017 COLLATE=utf8mb4_0900_bin */ COMMENT='";
  for (const char letter : comment) {
    if (letter == '\'' || letter == '\\') options += '\\';
    options += letter;
  }
  return options + '\'';
}

std::string create_table(const std::string& table, const std::vector<TableColumn>& columns, const TableLayout& layout,
                         std::string_view comment) {
  std::string sql = "CREATE TABLE " + identifier(table) + " (";
  std::string key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string name = column_identifier(columns[i].name);
    sql += name + " " + layout.types[i] + (columns[i].nullable ? " NULL, " : " NOT NULL, ");
    if (columns[i].in_key()) key += (key.empty() ? "" : ", ") + name;
  }
  return sql + "PRIMARY KEY (" + key + ")) " + table_options(comment);
}

}  // namespace freshet::mysql
