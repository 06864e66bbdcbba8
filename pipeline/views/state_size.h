// How large the pipeline's state is, and was: what it tells at its end.
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

/// Watches a graph grow. One thread.
class StateWatch {
 public:
  /// To be asked often, and right before something is forgotten: counting bytes takes time, so that is done when there
  /// is more than before by a few per cent.
  void look(const ViewGraph& graph);
  /// The most of each, as far as was looked.
  [[nodiscard]] const StateSize& peak() const { return peak_; }

 private:
  StateSize peak_;
  std::int64_t next_ = 0;  // how many rows and groups make the next count worth it
};

[[nodiscard]] StateSize size_of(const ViewGraph& graph);
/// {"peak": {"rows": …, "groups": …, "bytes": …}, "end": {…}, "dropped": {"rows": …, "groups": …}}
[[nodiscard]] std::string state_json(const StateSize& peak, const ViewGraph& graph);

}  // namespace freshet
