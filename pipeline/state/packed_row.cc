#include "pipeline/state/packed_row.h"

#include <array>
#include <cstring>

#include "base/result.h"

namespace freshet {

namespace {

void put_varint(std::uint64_t value, std::string& out) {
  char bytes[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

std::uint64_t take_varint(const char*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

// How a text is stored, in addition to its kind.
constexpr std::uint8_t kPooled = 0x40;
constexpr std::uint8_t kUuid = 0x80;
constexpr std::uint8_t kKey = 0xC0;
constexpr std::uint8_t kNibbles = 0x20;
constexpr std::uint8_t kForms = 0xE0;

constexpr std::size_t kShortestNumeral = 6;  // below this length at most a byte is saved
constexpr std::size_t kUuidText = 36;
constexpr std::size_t kUuidBytes = 16;

bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

/// The value of each small hexadecimal digit; below 0: none.
constexpr std::array<signed char, 256> kHexDigits = [] {
  std::array<signed char, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < 10; ++i) table['0' + i] = static_cast<signed char>(i);
  for (std::size_t i = 0; i < 6; ++i) table['a' + i] = static_cast<signed char>(10 + i);
  return table;
}();

/// Appends the bytes of a UUID; false, and nothing appended, when the text is not one. Every look for a key begins
/// here: the bytes are gathered in words, because single bytes that are read again at once would hold the processor up.
bool put_uuid(std::string_view text, std::string& out) {
  if (text.size() != kUuidText) return false;
  std::uint64_t words[2] = {};
  int digits = 0;
  std::size_t at = 0;
  for (std::uint64_t& word : words) {
    for (std::size_t i = 0; i < sizeof(word); ++i) {
      if (is_dash(at) && text[at++] != '-') return false;
      const int high = kHexDigits[static_cast<unsigned char>(text[at])];
      const int low = kHexDigits[static_cast<unsigned char>(text[at + 1])];
      digits |= high | low;
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(high * 16 + low)) << (8 * i);
      at += 2;
    }
  }
  if (digits < 0) return false;
  for (const std::uint64_t word : words) out.append(reinterpret_cast<const char*>(&word), sizeof(word));
  return true;
}

void take_uuid(const char*& at, char* text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t to = 0; to < kUuidText;) {
    if (is_dash(to)) {
      text[to++] = '-';
      continue;
    }
    const auto byte = static_cast<unsigned char>(*at++);
    text[to++] = kHex[byte >> 4];
    text[to++] = kHex[byte & 15];
  }
}

// The characters of instants, dates and numbers: two per byte.
constexpr std::string_view kNumerals = "0123456789-:T+.Z";
constexpr std::uint8_t kNoNumeral = 0xFF;

/// Appends length and half bytes. Returns false, and appends nothing, if the text has other characters.
bool put_numerals(std::string_view text, std::string& out) {
  static constexpr auto kNibbleOf = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoNumeral);
    for (std::size_t i = 0; i < kNumerals.size(); ++i) {
      table[static_cast<unsigned char>(kNumerals[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
  }();
  const auto nibble = [&](std::size_t at) { return kNibbleOf[static_cast<unsigned char>(text[at])]; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (nibble(at) == kNoNumeral) return false;
  }
  put_varint(text.size(), out);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const std::uint8_t second = at + 1 < text.size() ? nibble(at + 1) : std::uint8_t{0};
    out.push_back(static_cast<char>(nibble(at) << 4 | second));
  }
  return true;
}

Cell take_numerals(const char*& at, Row& out) {
  const auto size = static_cast<std::size_t>(take_varint(at));
  std::string text(size, '\0');
  for (std::size_t to = 0; to < size; ++to) {
    const auto byte = static_cast<unsigned char>(at[to / 2]);
    text[to] = kNumerals[to % 2 == 0 ? byte >> 4 : byte & 15];
  }
  at += (size + 1) / 2;
  return out.add_text(text);
}

/// The number of columns of a record, including those of its lists: each has its own pool.
std::size_t leaves_of(const ColumnType& type) {
  if (type.kind != Kind::List) return 1;
  std::size_t leaves = 0;
  for (const Column& column : type.item->columns) leaves += leaves_of(column.type);
  return leaves;
}

void pack_text(std::string_view text, std::size_t leaf, std::string& out, TextPool* pool) {
  const auto kind = static_cast<std::uint8_t>(Kind::Text);
  out.push_back(static_cast<char>(kind | kUuid));
  if (put_uuid(text, out)) return;
  const std::uint32_t number = pool != nullptr ? pool->number(leaf, text) : TextPool::kNone;
  if (number != TextPool::kNone) {
    out.back() = static_cast<char>(kind | kPooled);
    put_varint(number, out);
    return;
  }
  out.back() = static_cast<char>(kind | kNibbles);
  if (text.size() >= kShortestNumeral && put_numerals(text, out)) return;
  out.back() = static_cast<char>(kind);
  put_varint(text.size(), out);
  out.append(text);
}

void pack_cell(const Row& row, const Cell& cell, const ColumnType& type, std::size_t leaf, std::string& out,
               TextPool* pool) {
  if (cell.kind == Kind::Text) return pack_text(row.text_of(cell), leaf, out, pool);
  out.push_back(static_cast<char>(cell.kind));
  switch (cell.kind) {
    case Kind::Null:
    case Kind::Text:
      break;
    case Kind::Double:
      out.append(reinterpret_cast<const char*>(&cell.number), sizeof(cell.number));
      break;
    case Kind::List: {
      const RecordType& items = *type.item;
      put_varint(static_cast<std::uint64_t>(cell.number), out);
      for (std::size_t at = cell.begin; at < cell.begin + static_cast<std::size_t>(cell.number) * items.width();) {
        std::size_t below = leaf;
        for (const Column& column : items.columns) {
          pack_cell(row, row.cells[at++], column.type, below, out, pool);
          below += leaves_of(column.type);
        }
      }
      break;
    }
    case Kind::Boolean:
    case Kind::Integer:
    case Kind::Decimal:
    case Kind::Time:
      put_varint(zigzag(cell.number), out);
      break;
  }
}

Cell unpack_text(std::uint8_t form, const char*& at, std::size_t leaf, Row& out, const PackingOptions& options) {
  if (form == kKey) return out.add_text(options.key);
  if (form == kPooled) return out.add_text(options.pool->text(leaf, static_cast<std::uint32_t>(take_varint(at))));
  if (form == kNibbles) return take_numerals(at, out);
  if (form == kUuid) {
    char text[kUuidText];
    take_uuid(at, text);
    return out.add_text({text, kUuidText});
  }
  const auto size = static_cast<std::size_t>(take_varint(at));
  const Cell cell = out.add_text({at, size});
  at += size;
  return cell;
}

void unpack_cells(const char*& at, const RecordType& type, std::size_t first, std::size_t leaf, Row& out,
                  const PackingOptions& options) {
  for (std::size_t i = 0; i < type.width(); leaf += leaves_of(type.columns[i].type), ++i) {
    Cell cell;
    const auto head = static_cast<std::uint8_t>(*at++);
    cell.kind = static_cast<Kind>(head & ~kForms);
    switch (cell.kind) {
      case Kind::Null:
        break;
      case Kind::Double:
        std::memcpy(&cell.number, at, sizeof(cell.number));
        at += sizeof(cell.number);
        break;
      case Kind::Text:
        cell = unpack_text(head & kForms, at, leaf, out, options);
        break;
      case Kind::List: {
        const RecordType& items = *type.columns[i].type.item;
        cell = out.add_list(static_cast<std::size_t>(take_varint(at)), items.width());
        for (std::size_t k = 0; k < static_cast<std::size_t>(cell.number); ++k) {
          unpack_cells(at, items, cell.begin + k * items.width(), leaf, out, options);
        }
        break;
      }
      case Kind::Boolean:
      case Kind::Integer:
      case Kind::Decimal:
      case Kind::Time:
        cell.number = unzigzag(take_varint(at));
        break;
    }
    out.cells[first + i] = cell;
  }
}

}  // namespace

void pack_row(const Row& row, const RecordType& type, std::string& out, const PackingOptions& options) {
  const bool key = !options.key.empty() && row.cells[0].kind == Kind::Text && row.text_of(row.cells[0]) == options.key;
  std::size_t leaf = 0;
  for (std::size_t i = 0; i < type.width(); ++i) {
    if (i == 0 && key) {
      out.push_back(static_cast<char>(static_cast<std::uint8_t>(Kind::Text) | kKey));
    } else if (options.columns != nullptr && (*options.columns)[i] == 0) {
      out.push_back(static_cast<char>(Kind::Null));
    } else {
      pack_cell(row, row.cells[i], type.columns[i].type, leaf, out, options.pool);
    }
    leaf += leaves_of(type.columns[i].type);
  }
}

void unpack_row(std::string_view packed, const RecordType& type, Row& out, const PackingOptions& options) {
  out.reset(type.width());
  const char* at = packed.data();
  unpack_cells(at, type, 0, 0, out, options);
  FRESHET_CHECK(at == packed.data() + packed.size(), "a packed row ends where its bytes end");
}

void pack_key(std::string_view key, std::string& out) {
  // A varint of length + 1 is never 0.
  out.push_back('\0');
  if (put_uuid(key, out)) return;
  out.pop_back();
  put_varint(key.size() + 1, out);
  out.append(key);
}

void unpack_key(std::string_view& packed, std::string& out) {
  const char* at = packed.data();
  const std::uint64_t size = take_varint(at);
  if (size == 0) {
    char text[kUuidText];
    take_uuid(at, text);
    out.append(text, kUuidText);
  } else {
    out.append(at, static_cast<std::size_t>(size - 1));
    at += size - 1;
  }
  packed.remove_prefix(static_cast<std::size_t>(at - packed.data()));
}

void copy_cell(const Row& from, const Cell& cell, const ColumnType& type, Row& to, std::size_t at) {
  if (cell.kind == Kind::Text) {
    to.cells[at] = to.add_text(from.text_of(cell));
  } else if (cell.kind == Kind::List) {
    const RecordType& items = *type.item;
    const Cell list = to.add_list(static_cast<std::size_t>(cell.number), items.width());
    to.cells[at] = list;
    for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number) * items.width(); ++i) {
      copy_cell(from, from.cells[cell.begin + i], items.columns[i % items.width()].type, to, list.begin + i);
    }
  } else {
    to.cells[at] = cell;
  }
}

}  // namespace freshet
