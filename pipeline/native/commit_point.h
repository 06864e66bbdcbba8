// Where the state is sealed, and when that is committed: after the sinks have what came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/source_batch.h"
#include "pipeline/sink/view_sink.h"
#include "pipeline/state/state.h"

namespace freshet {

/// Between two batches of changes the tables hold what the sources gave up to some positions. There the state is
/// sealed, and the batches are counted that the sinks have to write until they have everything before it. When all
/// have, it is committed and the next seal is made. No thread waits for that: meanwhile the operators work on.
///
/// A source whose position is unknown (an XA transaction is prepared) has to tell one before anything is sealed that
/// holds its changes. The operators' thread, except that it may be another's once that has ended.
class CommitPoint {
 public:
  /// `state` and `sinks`, some of them null, must outlive this. `begin`: of each source, before its first change.
  CommitPoint(State& state, const std::vector<std::unique_ptr<ViewSink>>& sinks, Positions begin);

  /// The changes of this batch are in the tables. Takes its position away.
  void taken(SourceBatch& batch);
  /// Between two batches; `filling`: like the sinks, the rows that are not handed over yet, or null.
  Status advance(const std::vector<std::unique_ptr<SinkBatch>>& filling);
  /// The sinks do not have what was sealed last.
  [[nodiscard]] bool waits() const { return sealed_.has_value(); }

 private:
  [[nodiscard]] bool written() const;
  [[nodiscard]] bool may_seal() const;

  State& state_;
  const std::vector<std::unique_ptr<ViewSink>>& sinks_;
  Positions positions_;       // of what is in the tables
  std::vector<char> beyond_;  // by source: the tables hold more than its position says
  bool moved_ = true;         // since the last seal
  std::optional<State::Seal> sealed_;
  std::vector<std::uint64_t> needed_;  // by sink: how many of its batches are before the seal
};

}  // namespace freshet
