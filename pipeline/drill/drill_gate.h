// Executes a drill between the operators and the sink of one view.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "pipeline/drill/drill.h"
#include "pipeline/sink/sink_gate.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Takes what the operators emit and decides what is written instead. Picks keys by a hash of their text, each for at
/// most one class. It knows the correct rows as well as the planted errors, and counts the errors that are present at
/// the end (SEMANTICS.md §20). Memory: two images per picked living key. For one thread.
class DrillGate final : public SinkGate {
 public:
  enum class Class : std::uint8_t { None, Lose, Stale, Resurrect, Wrong, Delay };

  /// `view` and `stored` (the view's stored record) must outlive the gate.
  DrillGate(const Drill& drill, const View& view, const RecordType& stored);

  [[nodiscard]] Class class_of(std::string_view key) const;

  void admit(SinkChange& change, Instant at, SinkBatch& now) override;
  /// Restores deleted rows.
  void follow_up(SinkBatch& next) override;
  bool release(Instant at, SinkBatch& next) override;
  [[nodiscard]] bool holds() const override { return !held_.empty(); }
  [[nodiscard]] Instant next_due() const override { return held_.front().due; }

  /// The journal of one class so far. For Delay it counts held changes, not keys.
  [[nodiscard]] DrillCount count(Class kind) const;
  /// The journal of all classes.
  [[nodiscard]] std::string journal() const override;

 private:
  struct KeyState {
    Class kind = Class::None;
    bool living = false;  // in the correct view
    bool erred = false;   // the sink has differed from the correct row at some time
    bool put_back = false;
    std::string shown;  // packed: the image in the sink (stale), or the last image (resurrect)
    std::string truth;  // packed: the correct image (stale)
  };
  struct Held {
    Instant due{};
    SinkChange change;
  };

  void delay(SinkChange& change, Instant at);
  void lose(const SinkChange& change, KeyState& state);
  void leave_stale(SinkChange& change, KeyState& state, SinkBatch& now);
  void resurrect(SinkChange& change, KeyState& state, SinkBatch& now);
  void falsify(SinkChange& change, KeyState& state, SinkBatch& now);
  void alter(Row& row, ColumnIndex column) const;
  [[nodiscard]] bool stands(const KeyState& state) const;
  void pack_image(const Row& row, std::string& out) const;

  const Drill drill_;
  const View& view_;
  const RecordType& stored_;
  std::optional<ColumnIndex> altered_column_;
  std::unordered_map<std::string, KeyState> keys_;
  std::vector<std::string> to_put_back_;
  std::deque<Held> held_;
  std::unordered_set<std::string> delayed_living_;  ///< delayed keys whose row is in the sink
  DrillCount delayed_;
  std::int64_t delayed_either_ = 0;
};

}  // namespace freshet
