#include "generator/format/avro_writer.h"

#include <bit>
#include <cstring>
#include <set>

#include "base/result.h"
#include "base/text/dates.h"
#include "base/text/json_text.h"
#include "generator/draw/random.h"

namespace freshet {
namespace {

constexpr std::size_t kMostVarint = 10;
/// The maximum size in bytes of a value that is not a text or a list, including its branch and the two lengths of a
/// list.
constexpr std::size_t kMostFixed = 2 + 2 * kMostVarint;
constexpr int kDecimalPrecision = 19;

inline char* put_long(char* at, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  while (rest >= 0x80) [[unlikely]] {
      *at++ = static_cast<char>(rest | 0x80);
      rest >>= 7;
    }
  *at++ = static_cast<char>(rest);
  return at;
}

void append_long(std::int64_t value, Buffer& out) { out.took(put_long(out.room(kMostVarint), value)); }

/// The unscaled value in the fewest bytes that include its sign, most significant first. Always writes eight bytes, so
/// that no branch depends on the number.
inline char* put_decimal_bytes(char* at, std::int64_t units) {
  const auto bits = static_cast<std::uint64_t>(units ^ (units >> 63)) | 1;
  const int size = (64 - std::countl_zero(bits) + 8) / 8;  // at most 8: `bits` does not include the sign
  *at++ = static_cast<char>(2 * size);                     // as a long
  const std::uint64_t text = __builtin_bswap64(static_cast<std::uint64_t>(units) << (64 - 8 * size));
  std::memcpy(at, &text, sizeof text);
  return at + size;
}

/// Days since the Unix epoch of "2026-11-21".
std::int64_t day_of(std::string_view date) {
  std::int64_t day = 0;
  FRESHET_CHECK(parse_date(date, day), "a date is YYYY-MM-DD");
  return day;
}

}  // namespace

/// Writes the schema and, along with it, the steps in its order.
class AvroWriter::Compiler {
 public:
  explicit Compiler(AvroWriter& writer) : writer_(writer) {}

  std::uint16_t record(const std::string& name, const RecordType& type, const std::vector<bool>& required) {
    const auto index = static_cast<std::uint16_t>(writer_.layouts_.size());
    writer_.layouts_.emplace_back();
    Layout layout;
    layout.width = type.width();
    const std::string full = unused(name);
    writer_.schema_ += R"({"type":"record","name":")" + full + R"(",)";
    if (index == 0) writer_.schema_ += R"("namespace":"freshet",)";
    writer_.schema_ += R"("fields":[)";
    if (type.width() > 0) members(full, type, required, 0, 0, layout);
    writer_.schema_ += "]}";
    writer_.measure(layout);
    writer_.layouts_[index] = std::move(layout);
    return index;
  }

 private:
  /// As in JSON: columns that share the name before a dot form one record, at the position of the first of them.
  void members(const std::string& record, const RecordType& type, const std::vector<bool>& required, std::size_t begin,
               std::size_t depth, Layout& layout) {
    for_each_json_member(type, begin, depth, [&](const JsonMember& member) {
      const std::string name(member.name);
      if (!member.first) writer_.schema_ += ',';
      writer_.schema_ += R"({"name":")" + name + R"(","type":)";
      if (member.inner > 0) {
        const std::string nested = unused(record + '_' + name);
        writer_.schema_ += R"({"type":"record","name":")" + nested + R"(","fields":[)";
        members(nested, type, required, member.column, member.inner, layout);
        writer_.schema_ += "]}}";
      } else {
        column(record + '_' + name, type.columns[member.column].type, member.column,
               member.column < required.size() && required[member.column], layout);
      }
    });
  }

  void column(const std::string& name, const ColumnType& type, std::size_t index, bool required, Layout& layout) {
    Step step;
    step.kind = type.kind;
    step.optional = !required;
    step.date = type.date;
    step.column = static_cast<std::uint32_t>(index);
    if (step.optional) writer_.schema_ += R"(["null",)";
    if (type.kind == Kind::List) {
      FRESHET_CHECK(type.item != nullptr, "a list column knows its items");
      writer_.schema_ += R"({"type":"array","items":)";
      step.item = record(name, *type.item, {});
      writer_.schema_ += '}';
    } else {
      writer_.schema_ += type_text(type);
    }
    writer_.schema_ += step.optional ? R"(],"default":null})" : "}";
    layout.steps.push_back(step);
  }

  static std::string type_text(const ColumnType& type) {
    switch (type.kind) {
      case Kind::Boolean:
        return R"("boolean")";
      case Kind::Integer:
        return R"("long")";
      case Kind::Double:
        return R"("double")";
      case Kind::Time:
        return R"({"type":"long","logicalType":"timestamp-micros"})";
      case Kind::Decimal:
        return R"({"type":"bytes","logicalType":"decimal","precision":)" + std::to_string(kDecimalPrecision) +
               R"(,"scale":)" + std::to_string(type.scale) + "}";
      case Kind::Null:
      case Kind::Text:
      case Kind::List:
        break;
    }
    return type.date ? R"({"type":"int","logicalType":"date"})" : R"("string")";
  }

  /// The names of records must be unique in a schema.
  std::string unused(const std::string& name) {
    std::string candidate = name;
    for (int i = 2; !names_.insert(candidate).second; ++i) candidate = name + '_' + std::to_string(i);
    return candidate;
  }

  AvroWriter& writer_;
  std::set<std::string> names_;
};

AvroWriter::AvroWriter(const std::string& name, const RecordType& type, const std::vector<bool>& required) {
  Compiler(*this).record(name, type, required);
}

AvroWriter::AvroWriter(const Entity& entity)
    : AvroWriter(entity.name, entity.record, [&entity] {
        std::vector<bool> required(entity.record.width(), false);
        if (!required.empty()) required[0] = true;
        for (const auto& stamp : {entity.version_column, entity.updated_at_column}) {
          if (stamp) required[index_of(*stamp)] = true;
        }
        return required;
      }()) {}

/// Computes `rest` and `neighbours`, from the end to the beginning.
void AvroWriter::measure(Layout& layout) {
  std::size_t rest = 0;
  for (std::size_t i = layout.steps.size(); i-- > 0;) {
    Step& step = layout.steps[i];
    rest += kMostFixed;
    step.rest = static_cast<std::uint32_t>(rest + kBeyond);
    step.place = places_++;
    if (i + 1 == layout.steps.size() || layout.steps[i + 1].column != step.column + 1) continue;
    step.neighbours = static_cast<std::uint16_t>(layout.steps[i + 1].neighbours + 1);
  }
}

void AvroWriter::append(const Row& row, Buffer& out, Fragments* fragments) const {
  Pen pen(out);
  for (const Step& step : layouts_[0].steps) {
    const Cell& cell = row.cells[step.column];
    const bool items = cell.kind == Kind::List && cell.number > 0;
    if (items && fragments != nullptr) fetch_runs(layouts_[step.item], row, cell, *fragments);
  }
  put_record(layouts_[0], row, 0, pen, fragments);
  pen.finish();
}

void AvroWriter::put_record(const Layout& layout, const Row& row, std::size_t first, Pen& pen,
                            Fragments* fragments) const {
  if (layout.steps.empty()) return;
  pen.need(layout.steps[0].rest);
  const Cell* const cells = row.cells.data() + first;
  const Step* const begin = layout.steps.data();
  const Step* const end = begin + layout.steps.size();
  char* at = pen.at;  // a local copy, so that the compiler knows that writing through it does not change it
  for (const Step* step = begin; step != end;) {
    const Cell& cell = cells[step->column];
    const bool given = cell.kind == step->kind;
    if (given && cell.kind == Kind::Decimal) {
      at = put_decimal_bytes(put_branch(at, *step), cell.number);
    } else if (given && (cell.kind == Kind::Integer || cell.kind == Kind::Time)) {
      at = put_long(put_branch(at, *step), cell.number);
    } else if (pen.at = at; cell.run > 1 && cell.run <= step->neighbours && fragments != nullptr) {
      put_run(layout, static_cast<std::size_t>(step - begin), row, first, pen, *fragments);
      at = pen.at;
      step += cell.run;
      continue;
    } else {
      put_cell(*step, row, cell, pen, fragments);
      at = pen.at;
    }
    ++step;
  }
  pen.at = at;
}

inline void AvroWriter::put_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen,
                                Fragments& fragments) const {
  const Step& step = layout.steps[begin];
  const std::string_view known = fragments.find(step.place, row.cells[first + step.column]);
  if (known.empty()) return put_new_run(layout, begin, row, first, pen, fragments);
  pen.need(known.size() + step.rest);
  pen.at = put_blocks(pen.at, known.data(), known.size());
}

void AvroWriter::put_new_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen,
                             Fragments& fragments) const {
  const Step& step = layout.steps[begin];
  const Cell& cell = row.cells[first + step.column];
  const std::size_t offset = pen.offset();
  for (std::size_t i = begin; i < begin + cell.run; ++i) {
    put_cell(layout.steps[i], row, row.cells[first + layout.steps[i].column], pen, &fragments);
  }
  fragments.keep(step.place, cell, pen.since(offset));
}

/// Needs room for step.rest, and leaves room for the part of it after the value.
void AvroWriter::put_cell(const Step& step, const Row& row, const Cell& cell, Pen& pen, Fragments* fragments) const {
  if (cell.kind == Kind::Null) {
    FRESHET_CHECK(step.optional, "a required column is never null");
    *pen.at++ = 0;
    return;
  }
  FRESHET_CHECK(cell.kind == step.kind, "a cell is of its column's kind");
  pen.at = put_branch(pen.at, step);
  switch (step.kind) {
    case Kind::Null:
      return;
    case Kind::Boolean:
      *pen.at++ = cell.number != 0 ? 1 : 0;
      return;
    case Kind::Integer:
    case Kind::Time:
      pen.at = put_long(pen.at, cell.number);
      return;
    case Kind::Decimal:
      pen.at = put_decimal_bytes(pen.at, cell.number);
      return;
    case Kind::Double:
      std::memcpy(pen.at, &cell.number, sizeof cell.number);  // little-endian, as x86-64 and AArch64 store it
      pen.at += sizeof cell.number;
      return;
    case Kind::Text: {
      const std::string_view text = row.text_of(cell);
      if (step.date) {
        pen.at = put_long(pen.at, day_of(text));
        return;
      }
      pen.need(text.size() + step.rest);
      pen.at = put_bytes(put_long(pen.at, cell.size), text.data(), text.size());
      return;
    }
    case Kind::List:
      return put_list(step, row, cell, pen, fragments);
  }
}

/// Like JsonWriter::fetch_runs.
void AvroWriter::fetch_runs(const Layout& item, const Row& row, const Cell& list, const Fragments& fragments) {
  const Cell* cells = row.cells.data() + list.begin;
  for (const Step& step : item.steps) {
    if (cells[step.column].run < 2) continue;
    for (std::size_t i = 0; i < static_cast<std::size_t>(list.number); ++i) {
      fragments.fetch(step.place, cells[i * item.width + step.column]);
    }
    return;
  }
}

/// One block of items and the empty block that ends the array.
void AvroWriter::put_list(const Step& step, const Row& row, const Cell& cell, Pen& pen, Fragments* fragments) const {
  const Layout& item = layouts_[step.item];
  if (cell.number > 0) pen.at = put_long(pen.at, cell.number);
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    put_record(item, row, cell.begin + i * item.width, pen, fragments);
  }
  pen.need(step.rest);
  *pen.at++ = 0;
}

void append_registry_frame(std::uint32_t schema_id, Buffer& out) {
  char* at = out.room(5);
  *at++ = 0;
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<char>(schema_id >> shift);
  out.took(at);
}

AvroSync avro_sync(std::string_view schema) {
  AvroSync sync;
  const std::uint64_t first = hash_name(schema);
  const std::uint64_t second = mix64(first);
  std::memcpy(sync.data(), &first, sizeof first);
  std::memcpy(sync.data() + sizeof first, &second, sizeof second);
  return sync;
}

namespace {
void append_avro_text(std::string_view text, Buffer& out) {
  append_long(static_cast<std::int64_t>(text.size()), out);
  out.append(text);
}
}  // namespace

void append_avro_header(std::string_view schema, const AvroSync& sync, Buffer& out) {
  out.append({"Obj\x01", 4});
  append_long(2, out);  // the number of entries in the metadata map
  append_avro_text("avro.codec", out);
  append_avro_text("null", out);
  append_avro_text("avro.schema", out);
  append_avro_text(schema, out);
  append_long(0, out);
  append_avro_block_tail(sync, out);
}

void append_avro_block_head(std::int64_t datums, std::size_t bytes, Buffer& out) {
  append_long(datums, out);
  append_long(static_cast<std::int64_t>(bytes), out);
}

void append_avro_block_tail(const AvroSync& sync, Buffer& out) { out.append({sync.data(), sync.size()}); }

}  // namespace freshet
