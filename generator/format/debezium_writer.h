// DebeziumWriter: changes in the envelope that Debezium's connectors send (JSON, without a schema): the row before and
// after, c, u or d, and the source with its times. Row images are Freshet's JSON rows: decimals as numbers, times as
// ISO 8601 texts; the fields around them are in Debezium's order. A delete is followed by a tombstone, which the caller
// sends, since it has no value to write.
#pragma once

#include <string>

#include "base/change.h"
#include "base/row.h"
#include "base/text/buffer.h"
#include "generator/format/json_writer.h"

namespace freshet {

/// For one thread.
class DebeziumWriter {
 public:
  struct Source {
    std::string name;  ///< logical name of the server: the name of the scenario
    std::string table;
    WallTime epoch{};  ///< of the schedule's zero
  };
  DebeziumWriter(const Source& source, const RecordType& type);

  /// `row` as of the change; for a delete the last image. `before`: for an update, the previous version; otherwise
  /// unused.
  void append(const Change& change, const Row& row, const Row* before, Buffer& out);

 private:
  JsonWriter image_;
  std::string source_;  ///< up to its ts_ms
  std::string table_;   ///< from its table on, up to the value of op
  WallTime epoch_;
};

}  // namespace freshet
