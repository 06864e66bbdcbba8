// The one thread that owns all operator state: takes changes from the sources, hands row changes to the sinks, and
// commits how far both are.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/source_batch.h"
#include "pipeline/native/commit_point.h"
#include "pipeline/sink/view_sink.h"
#include "pipeline/views/state_size.h"
#include "pipeline/views/view_graph.h"

namespace freshet {

class OperatorThread {
 public:
  /// `sinks` are indexed like Scenario::views, null where a view is not observed. All arguments outlive this.
  /// `begin`: where each source that fills the queue begins.
  OperatorThread(const Scenario& scenario, const std::vector<ViewId>& views, State& state,
                 std::vector<std::unique_ptr<ViewSink>>& sinks, SourceQueue& queue, BatchPool<SourceBatch>& pool,
                 std::size_t batch_max, Positions begin);

  /// The body of the thread. Runs until the queue is closed and drained, a sink has ended, or a change cannot be
  /// applied (then it closes the queue). Usage error: an update that lacks columns came for an unknown row.
  Status run();
  /// After run(), when the sinks have ended: commits what they have written.
  Status settle();

  // After run():
  [[nodiscard]] std::int64_t changes() const { return changes_; }
  [[nodiscard]] const ViewGraph& graph() const { return graph_; }
  [[nodiscard]] const StateSize& peak() const { return watch_.peak(); }

 private:
  enum class Hurry { No, Yes };
  [[nodiscard]] std::optional<std::unique_ptr<SourceBatch>> next();
  Status apply(SourceBatch& batch);
  [[nodiscard]] Error not_held(const SourceChange& change) const;
  void hand_over(Hurry hurry);

  std::vector<std::unique_ptr<ViewSink>>& sinks_;
  std::vector<std::unique_ptr<SinkBatch>> filling_;  // like sinks_
  SourceQueue& queue_;
  BatchPool<SourceBatch>& pool_;
  const Scenario& scenario_;
  const std::size_t batch_max_;
  ViewGraph graph_;
  StateWatch watch_;
  SourceClock clock_;  // over all sources
  CommitPoint commit_point_;
  std::int64_t changes_ = 0;
  bool waiting_ = false;  // some rows were held back because their sink is busy
  bool ended_ = false;    // a sink has ended
};

}  // namespace freshet
