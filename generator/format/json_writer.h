// JsonWriter: rows of one record type as JSON, by a layout compiled once. Names, braces and commas are literals that
// are copied; only values are rendered. The bytes are those of append_json_object (base/row.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "base/text/buffer.h"
#include "base/text/put.h"
#include "generator/format/fragments.h"

namespace freshet {

/// One thread; appends without allocating once `out` has grown.
class JsonWriter {
 public:
  explicit JsonWriter(const RecordType& type);

  /// The row as one object.
  void append(const Row& row, Buffer& out);
  /// The value of one column of the row: what stands after its name in the object.
  void append_value(const Row& row, std::size_t column, Buffer& out);

 private:
  /// A literal, then the value of a column.
  struct Step {
    std::uint32_t literal = 0;  ///< where in literals_
    std::uint32_t literal_size = 0;
    std::uint32_t column = 0;
    std::uint32_t rest = 0;  ///< most bytes from its value to the end of the object, texts and lists apart
    std::uint16_t item = 0;  ///< of a list: layout of its items
    std::uint16_t scale = 0;
    std::uint16_t neighbours = 1;  ///< so many steps from this one on are of columns side by side
    Fragments::Place place = 0;    ///< of a run that begins here
  };
  struct Layout {
    std::vector<Step> steps;
    std::uint32_t tail = 0;
    std::uint32_t tail_size = 0;
    std::uint32_t most = 0;  ///< bytes of an object, texts and lists apart
    std::size_t width = 0;
  };

  std::uint16_t compile(const RecordType& type);
  void compile_members(const RecordType& type, std::size_t begin, std::size_t depth, Layout& layout,
                       std::string& literal);
  void compile_value(const ColumnType& type, std::size_t column, Layout& layout, std::string& literal);
  void keep(const std::string& literal, std::uint32_t& at, std::uint32_t& size);
  void measure(Layout& layout);

  void put_object(const Layout& layout, const Row& row, std::size_t first, Pen& pen);
  void put_rare(const Step& step, const Row& row, const Cell& cell, Pen& pen);
  char* put_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen, char* at);
  void put_new_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen);
  void put_cell(const Step& step, const Row& row, const Cell& cell, Pen& pen);
  void put_list(const Step& step, const Row& row, const Cell& cell, Pen& pen);
  void fetch_runs(const Layout& item, const Row& row, const Cell& list) const;
  void put_literal(std::uint32_t at, std::uint32_t size, Pen& pen) const;

  std::string literals_;  ///< padded, so that whole blocks can be copied
  std::vector<Layout> layouts_;
  std::vector<Step> by_column_;  ///< of layout 0
  Fragments::Place places_ = 0;
  Fragments fragments_;
  TimeText times_;
};

}  // namespace freshet
