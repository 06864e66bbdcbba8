// Row changes of one view on their way from the operators to its sink.
#pragma once

#include <memory>
#include <string>

#include "base/bounded_queue.h"
#include "base/recycled.h"
#include "base/row.h"

namespace freshet {

/// `row` has the view's stored record: columns, then versions. See ViewDelta.
struct SinkChange {
  Row row;
  std::string key;
  bool deleted = false;
};

using SinkBatch = Recycled<SinkChange>;
using SinkQueue = BoundedQueue<std::unique_ptr<SinkBatch>>;

}  // namespace freshet
