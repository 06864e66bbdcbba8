// Lives of instances: delays and shares of children, dwells, branches, what a transition sets.
//
// The end of the schedule hides later changes. A dwell that is seen ended before it, so it is tested by its
// distribution given that: F(dwell) / F(time left) is uniform, whatever was left, and no dwell has to be discarded. The
// number of instances that leave a state is compared with the sum of share × F(time left) over all that entered it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "fit/checks/judge.h"
#include "fit/watches/watch.h"

namespace freshet {

/// Durations of one distribution, divided by time_scale, of which only those are seen that end before the schedule.
class SpanWatch {
 public:
  /// `least`: shorter ones are drawn out to it.
  SpanWatch(const Distribution& law, double time_scale, Micros least);
  /// Probability of lasting at most so long, as seen.
  [[nodiscard]] double at_most(Micros span) const;
  /// One that could last `left` at most to be seen, and did end. Returns nothing to do otherwise.
  void see(Micros span, Micros left);
  void judge(FitCheck& check) const;

 private:
  Law law_;
  double time_scale_;
  Micros least_;
  Places places_;
  std::vector<double> shown_;  ///< those that were certain to be seen, before time_scale
};

/// The lives of an entity's instances.
class LifeWatch {
 public:
  LifeWatch(const FitInput& input, EntityId entity);
  void see(Ordinal ordinal, const std::vector<LifeEvent>& life);
  void conclude(std::vector<FitCheck>& out) const;

 private:
  struct State {
    std::string name;
    SpanWatch dwell;
    double share = 1;
    std::map<NextState, double> shares;  ///< by next state
    std::map<NextState, std::int64_t> next;
    std::int64_t strangers = 0;  ///< transitions to a state that is not allowed
    std::int64_t entered = 0;
    std::int64_t left = 0;
    double expected = 0;  ///< expected number that leave before the end, and its variance
    double variance = 0;
    std::vector<std::pair<std::size_t, std::unique_ptr<Watch>>> sets;  ///< by column
  };
  struct Sum {
    double seen = 0;
    double expected = 0;
    double variance = 0;
  };
  [[nodiscard]] State state_of(const LifeState& declared) const;
  /// None when it is no declared state.
  [[nodiscard]] std::optional<NextState> state_shown(Ordinal ordinal, const LifeEvent& event);
  void enter(State& state, Micros left, bool leaves);
  void count_operations(const State& state, double leaves, bool dead);
  void conclude_state(const State& state, std::vector<FitCheck>& out) const;

  const FitInput& input_;
  EntityId id_;
  const Entity& entity_;
  std::size_t state_column_ = 0;
  std::vector<State> states_;
  std::unique_ptr<State> revival_;
  std::array<Sum, kOperations> operations_{};
  std::int64_t instances_ = 0;
  Row row_;
};

/// Whether parents get a child, or how many, and after which delay.
class ChildWatch {
 public:
  ChildWatch(const FitInput& input, EntityId entity);
  /// Adds all children of the parent whose child has, or would have, this ordinal. Call in ascending order.
  void see(Ordinal child);
  void conclude(std::vector<FitCheck>& out) const;

 private:
  void conclude_share(std::vector<FitCheck>& out) const;
  void conclude_count(std::vector<FitCheck>& out) const;

  const FitInput& input_;
  EntityId id_;
  const Entity& entity_;
  SpanWatch delay_;
  std::optional<Ordinal> last_;        ///< parent
  std::vector<std::int64_t> numbers_;  ///< by number of children: parents that are certain to show all of theirs
  std::int64_t parents_ = 0;
  std::int64_t seen_ = 0;
  double expected_ = 0;
  double variance_ = 0;
  std::vector<LifeEvent> life_;
};

}  // namespace freshet
