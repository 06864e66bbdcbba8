#include "pipeline/capture/source_batch.h"

#include <fmt/format.h>

namespace freshet {

void RejectLog::add(const std::string& position, const std::string& reason) {
  ++count_;
  if (count_ < next_told_) return;
  next_told_ *= 10;
  if (log_) log_(fmt::format("{}: left out {} so far, now {}: {}", source_, count_, position, reason));
}

}  // namespace freshet
