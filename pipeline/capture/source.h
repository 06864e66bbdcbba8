// A source turns a binlog or topics into changes of entities; a thread reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

#include "base/recycled.h"
#include "base/result.h"
#include "pipeline/capture/source_batch.h"
#include "pipeline/capture/source_clock.h"

namespace freshet {

/// A positioned source. For one thread.
class Source {
 public:
  virtual ~Source() = default;
  /// "binlog of HOST:PORT": for messages and records.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Appends what comes next, waiting at most about 100 ms. Errors are final. Messages of a topic that cannot be
  /// understood are skipped, logged and counted.
  virtual Status next(SourceBatch& out) = 0;
  [[nodiscard]] virtual std::int64_t rejects() const = 0;
  /// How far next() has come.
  [[nodiscard]] virtual SourceReading reading() const = 0;
  /// Where a restart would read on after what next() has given; nothing while none can. Assigns into the buffers of
  /// `out`.
  virtual void position(Position& out) const = 0;
};

/// Passes the batches of a source, which has this number, to `queue` until stopped, failed, or the queue is closed. An
/// empty batch means that the source was read further.
Status pump(Source& source, std::size_t number, SourceQueue& queue, BatchPool<SourceBatch>& pool,
            const std::stop_token& stop);

}  // namespace freshet
