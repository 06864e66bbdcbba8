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

/// For one thread. Appends without allocating once `out` has grown.
class JsonWriter {
 public:
  explicit JsonWriter(const RecordType& type);

  /// Appends the row as one object.
  void append(const Row& row, Buffer& out);
  /// Appends the value of one column of the row, as it follows its name in the object.
  void append_value(const Row& row, std::size_t column, Buffer& out);

 private:
  /// A literal, then the value of a column.
  struct Step {
    std::uint32_t literal = 0;  ///< offset in literals_
    std::uint32_t literal_size = 0;
    std::uint32_t column = 0;
    std::uint32_t rest = 0;  ///< maximum size from its value to the end of the object in bytes, without texts and lists
    std::uint16_t item = 0;  ///< List: layout of its items
    std::uint16_t scale = 0;
    std::uint16_t neighbours = 1;  ///< how many steps, starting with this one, belong to adjacent columns
    Fragments::Place place = 0;    ///< index of the run that begins here
  };
  struct Layout {
    std::vector<Step> steps;
    std::uint32_t tail = 0;
    std::uint32_t tail_size = 0;
    std::uint32_t most = 0;  ///< size of an object in bytes, without texts and lists
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

  std::string literals_;  ///< padded so that whole blocks can be copied
  std::vector<Layout> layouts_;
  std::vector<Step> by_column_;  ///< for layout 0
  Fragments::Place places_ = 0;
  Fragments fragments_;
  TimeText times_;
};

}  // namespace freshet
