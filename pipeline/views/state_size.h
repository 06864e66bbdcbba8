// The present and the largest size of the pipeline's state, which it reports at its end.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/views/view_graph.h"

namespace freshet {

/// Rows, groups (ViewGraph::Held) and their bytes.
struct StateSize {
  std::int64_t rows = 0;
  std::int64_t groups = 0;
  std::int64_t bytes = 0;
};

/// Measures a graph while it grows. For one thread.
class StateWatch {
 public:
  /// Call often, and right before anything is dropped. Counting bytes takes time, so they are counted when the number
  /// of items has grown by a few per cent.
  void look(const ViewGraph& graph);
  /// The maximum of each, as far as measured.
  [[nodiscard]] const StateSize& peak() const { return peak_; }

 private:
  StateSize peak_;
  std::int64_t next_ = 0;  // number of rows and groups at which to count next
};

[[nodiscard]] StateSize size_of(const ViewGraph& graph);
/// {"peak": {"rows": …, "groups": …, "bytes": …}, "end": {…}, "dropped": {"rows": …, "groups": …}}
[[nodiscard]] std::string state_json(const StateSize& peak, const ViewGraph& graph);

}  // namespace freshet
