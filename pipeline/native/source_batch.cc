#include "pipeline/native/source_batch.h"

#include <fmt/format.h>

#include <cstdio>

namespace freshet {

void RejectLog::add(const std::string& position, const std::string& reason) {
  ++count_;
  if (count_ < next_told_) return;
  next_told_ *= 10;
  fmt::print(stderr, "freshet pipeline: {}: left out {} so far, now {}: {}\n", source_, count_, position, reason);
}

}  // namespace freshet
