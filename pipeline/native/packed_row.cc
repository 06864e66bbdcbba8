#include "pipeline/native/packed_row.h"

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

void pack_cells(const Row& row, std::size_t first, const RecordType& type, std::string& out) {
  for (std::size_t i = 0; i < type.width(); ++i) {
    const Cell& cell = row.cells[first + i];
    out.push_back(static_cast<char>(cell.kind));
    switch (cell.kind) {
      case Kind::Null:
        break;
      case Kind::Double:
        out.append(reinterpret_cast<const char*>(&cell.number), sizeof(cell.number));
        break;
      case Kind::Text:
        put_varint(cell.size, out);
        out.append(row.text_of(cell));
        break;
      case Kind::List: {
        const RecordType& items = *type.columns[i].type.item;
        put_varint(static_cast<std::uint64_t>(cell.number), out);
        for (std::size_t k = 0; k < static_cast<std::size_t>(cell.number); ++k) {
          pack_cells(row, cell.begin + k * items.width(), items, out);
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
}

void unpack_cells(const char*& at, const RecordType& type, std::size_t first, Row& out) {
  for (std::size_t i = 0; i < type.width(); ++i) {
    Cell cell;
    cell.kind = static_cast<Kind>(*at++);
    switch (cell.kind) {
      case Kind::Null:
        break;
      case Kind::Double:
        std::memcpy(&cell.number, at, sizeof(cell.number));
        at += sizeof(cell.number);
        break;
      case Kind::Text: {
        const auto size = static_cast<std::size_t>(take_varint(at));
        cell = out.add_text({at, size});
        at += size;
        break;
      }
      case Kind::List: {
        const RecordType& items = *type.columns[i].type.item;
        cell = out.add_list(static_cast<std::size_t>(take_varint(at)), items.width());
        for (std::size_t k = 0; k < static_cast<std::size_t>(cell.number); ++k) {
          unpack_cells(at, items, cell.begin + k * items.width(), out);
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

void pack_row(const Row& row, const RecordType& type, std::string& out) { pack_cells(row, 0, type, out); }

void unpack_row(std::string_view packed, const RecordType& type, Row& out) {
  out.reset(type.width());
  const char* at = packed.data();
  unpack_cells(at, type, 0, out);
  FRESHET_CHECK(at == packed.data() + packed.size(), "a packed row ends where its bytes end");
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
