#include "pipeline/capture/source.h"

namespace freshet {

Status pump(Source& source, std::size_t number, SourceQueue& queue, BatchPool<SourceBatch>& pool,
            const std::stop_token& stop) {
  auto batch = pool.take();
  SourceReading told;
  while (!stop.stop_requested()) {
    FRESHET_TRY(source.next(*batch));
    const SourceReading reading = source.reading();
    if (batch->empty() && reading == told) continue;
    told = batch->reading = reading;
    batch->source = number;
    source.position(batch->position);
    if (!queue.push(std::move(batch))) return {};
    batch = pool.take();
  }
  return {};
}

}  // namespace freshet
