// AvroWriter: rows of one record type in Avro's binary encoding (Apache Avro 1.11 specification, "Binary Encoding"), by
// a list of steps compiled once, and the schema that tells readers what the bytes are.
//
// Types: Text string, or int with logical type date · Integer long · Boolean boolean · Double double · Decimal bytes
// with logical type decimal (precision 19: every 64-bit value fits) · Time long with timestamp-micros · List array of
// records · dotted columns ("store.id") nested records, where their first column stands. A column is the union of null
// and its type, default null, unless it is required: so a scenario that begins to leave a field empty keeps its schema.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "base/text/buffer.h"
#include "generator/format/fragments.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Immutable and thread-safe. Appends without allocating once `out` has grown.
class AvroWriter {
 public:
  /// `name` of the record: a letter, then letters, digits and _. `required[i]`: column i is never null; columns beyond
  /// its size may be null.
  AvroWriter(const std::string& name, const RecordType& type, const std::vector<bool>& required);
  /// A writer for an entity: key and stamp columns are required.
  explicit AvroWriter(const Entity& entity);

  /// The schema as JSON, without white space.
  [[nodiscard]] const std::string& schema() const { return schema_; }
  /// Appends one datum. Aborts on a cell that is not of its column's kind, or null where required. `fragments`: the
  /// cache of this writer and one thread; null: no cache.
  void append(const Row& row, Buffer& out, Fragments* fragments = nullptr) const;

 private:
  struct Step {
    Kind kind = Kind::Text;
    bool optional = true;
    bool date = false;
    std::uint16_t item = 0;  ///< List: layout of its items
    std::uint32_t column = 0;
    std::uint32_t rest = 0;  ///< maximum size from here to the end of the record in bytes, without texts and lists
    std::uint16_t neighbours = 1;  ///< how many steps, starting with this one, belong to adjacent columns
    Fragments::Place place = 0;    ///< index of the run that begins here
  };
  struct Layout {
    std::vector<Step> steps;
    std::size_t width = 0;
  };
  class Compiler;

  void measure(Layout& layout);
  void put_record(const Layout& layout, const Row& row, std::size_t first, Pen& pen, Fragments* fragments) const;
  void put_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen,
               Fragments& fragments) const;
  void put_new_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen,
                   Fragments& fragments) const;
  /// Writes the branch of the union: always the second. Nothing if there is no union.
  static char* put_branch(char* at, const Step& step) {
    *at = 2;
    return at + (step.optional ? 1 : 0);
  }
  void put_cell(const Step& step, const Row& row, const Cell& cell, Pen& pen, Fragments* fragments) const;
  static void fetch_runs(const Layout& item, const Row& row, const Cell& list, const Fragments& fragments);
  void put_list(const Step& step, const Row& row, const Cell& cell, Pen& pen, Fragments* fragments) const;

  std::string schema_;
  std::vector<Layout> layouts_;
  Fragments::Place places_ = 0;
};

/// The five bytes before a datum in a Kafka message that tell a reader its schema in the registry.
void append_registry_frame(std::uint32_t schema_id, Buffer& out);

/// Object container files: a header, then blocks of whole datums. `sync` follows each block and is in the header.
using AvroSync = std::array<char, 16>;
[[nodiscard]] AvroSync avro_sync(std::string_view schema);
void append_avro_header(std::string_view schema, const AvroSync& sync, Buffer& out);
/// What precedes and follows the datums of a block.
void append_avro_block_head(std::int64_t datums, std::size_t bytes, Buffer& out);
void append_avro_block_tail(const AvroSync& sync, Buffer& out);

}  // namespace freshet
