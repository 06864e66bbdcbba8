// Writes row changes of one view where its readers look: the seam of a kind of sink.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "pipeline/sink/sink_batch.h"

namespace freshet {

/// One view, one thread.
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;

  /// Writes one pass. Ok: the sink has all of it and keeps it, as its own promises go. A pass of which nothing is known
  /// may be written again. Waiting ends when `give_up` says so. The changes are read only.
  virtual Status write(std::span<SinkBatch* const> batches, const std::function<bool()>& give_up) = 0;
  Status write(std::span<SinkBatch* const> batches) { return write(batches, {}); }

  struct Counts {
    std::int64_t passes = 0;
    std::int64_t statements = 0;
    std::int64_t upserts = 0;
    std::int64_t deletes = 0;
    std::int64_t coalesced = 0;  ///< changes made unnecessary by a later one of the same pass
    std::int64_t retries = 0;
  };
  [[nodiscard]] virtual const Counts& counts() const = 0;
};

}  // namespace freshet
