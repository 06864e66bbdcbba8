// The drill at work: between the operators and the sink of one view.
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

/// Takes what the operators emit and says what is written instead. Picks keys by a hash of their own text, each for one
/// class. It knows the truth as well as the lie, and counts at the end which lies stand (SEMANTICS.md §20). Memory: two
/// images per living key that it picked. One thread.
class DrillGate final : public SinkGate {
 public:
  enum class Class : std::uint8_t { None, Lose, Stale, Resurrect, Wrong, Delay };

  /// `view` and `stored` (the view's stored record) must outlive the gate.
  DrillGate(const Drill& drill, const View& view, const RecordType& stored);

  [[nodiscard]] Class class_of(std::string_view key) const;

  void admit(SinkChange& change, Instant at, SinkBatch& now) override;
  /// Deleted rows put back.
  void follow_up(SinkBatch& next) override;
  bool release(Instant at, SinkBatch& next) override;
  [[nodiscard]] bool holds() const override { return !held_.empty(); }
  [[nodiscard]] Instant next_due() const override { return held_.front().due; }

  /// Journal of one class as it stands. Of Delay: changes held, not keys.
  [[nodiscard]] DrillCount count(Class kind) const;
  /// The journal of all classes.
  [[nodiscard]] std::string journal() const override;

 private:
  struct KeyState {
    Class kind = Class::None;
    bool living = false;  // in truth
    bool erred = false;   // the sink was made to differ from the truth at some time
    bool put_back = false;
    std::string shown;  // packed: what the sink shows (stale), or the last image (resurrect)
    std::string truth;  // packed: the image as it should be (stale)
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
  std::unordered_set<std::string> delayed_living_;  ///< delayed keys whose row the sink has
  DrillCount delayed_;
  std::int64_t delayed_either_ = 0;
};

}  // namespace freshet
