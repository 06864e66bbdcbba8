// Changes of base entities on their way from the sources to the operators.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/change.h"
#include "base/recycled.h"
#include "base/row.h"
#include "pipeline/capture/position.h"
#include "pipeline/capture/source_clock.h"

namespace freshet {

/// `row` has the entity's record; for a delete only `key`, its canonical key text, counts.
struct SourceChange {
  EntityId entity{};
  bool deleted = false;
  Row row;
  std::string key;
  /// Columns that an update did not contain: they are as in the row of `key`, which this replaces.
  std::vector<std::size_t> missing;
  std::string position;  ///< for a change with `missing`: where it was read
  WallTime at{};         ///< it had committed by then, as its source says
};

/// Changes of one source, in its order.
struct SourceBatch : Recycled<SourceChange> {
  std::size_t source = 0;  ///< number of the source
  SourceReading reading;   ///< how far it had been read, including these changes
  Position position;       ///< behind these, where a restart may begin; nothing where none may
};
using SourceQueue = BoundedQueue<std::unique_ptr<SourceBatch>>;

/// Receives a line of the pipeline's own log. Called from any of its threads.
using PipelineLog = std::function<void(const std::string&)>;

/// What a source could not read and skipped: counted, and logged for the 1st, 10th, 100th…
class RejectLog {
 public:
  RejectLog(std::string source, PipelineLog log) : source_(std::move(source)), log_(std::move(log)) {}
  void add(const std::string& position, const std::string& reason);
  [[nodiscard]] std::int64_t count() const { return count_; }

 private:
  std::string source_;
  PipelineLog log_;
  std::int64_t count_ = 0;
  std::int64_t next_told_ = 1;
};

}  // namespace freshet
