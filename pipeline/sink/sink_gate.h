// An optional gate between the operators and the sink of one view that changes what is written.
#pragma once

#include <string>

#include "base/clock.h"
#include "pipeline/sink/sink_batch.h"

namespace freshet {

/// For one thread.
class SinkGate {
 public:
  virtual ~SinkGate() = default;

  /// Takes one change, and appends to `now` what is to be written now, possibly altered. Swaps the buffers of `change`.
  virtual void admit(SinkChange& change, Instant at, SinkBatch& now) = 0;
  /// Appends what must follow in a pass of its own, after `now` was written.
  virtual void follow_up(SinkBatch& next) = 0;

  /// Appends held changes that are due at `at`, in order, up to the second change of one key. Returns false if there
  /// was none. Each call's changes are written before the next call.
  virtual bool release(Instant at, SinkBatch& next) = 0;
  [[nodiscard]] virtual bool holds() const = 0;
  /// When the oldest held change is due.
  [[nodiscard]] virtual Instant next_due() const = 0;

  /// What it did, as JSON.
  [[nodiscard]] virtual std::string journal() const = 0;
};

}  // namespace freshet
