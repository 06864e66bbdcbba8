// A writer with behaviour: slow, late with its answers, corked, refusing, silent or lying, on a virtual clock. What it
// really stored is kept apart from what it reported, so that a test can compare the two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/seams.h"
#include "fakes/fake_clock.h"

namespace freshet::fakes {

/// What a fake target holds: every change that took effect, in order, and the present image of each instance.
struct FakeStore {
  struct Stored {
    Change change;
    Row row;
    Instant at{};
  };
  std::vector<Stored> log;
  std::map<std::pair<EntityId, Ordinal>, std::size_t> images;  ///< index in log; deleted instances are absent
  std::function<void(const Stored&)> on_stored;                ///< a change took effect: where a fake pipeline listens

  void store(const Change& change, const Row& row, Instant at) {
    log.push_back(Stored{change, row, at});
    const std::pair<EntityId, Ordinal> instance{change.entity, change.ordinal};
    if (change.operation == Operation::Delete) {
      images.erase(instance);
    } else {
      images[instance] = log.size() - 1;
    }
    if (on_stored) on_stored(log.back());
  }
};

/// How the target answers one change.
struct Answer {
  Outcome reported = Outcome::Committed;
  bool stored = true;      ///< false with Committed reported: a lie
  std::uint32_t code = 0;  ///< reported
  static Answer commit() { return {}; }
  static Answer reject(std::uint32_t code) { return {Outcome::Rejected, false, code}; }
  static Answer unknown(bool stored) { return {Outcome::Unknown, stored, 0}; }
  static Answer lie() { return {Outcome::Committed, false, 0}; }
};

/// Obeys the rule of writers that within a batch nothing is sent after a failed version of the same instance. One
/// thread.
class FakeWriter final : public Writer {
 public:
  struct Behaviour {
    Nanos service{};  ///< how long write() takes, like a database that commits before it returns
    Nanos delay{};    ///< how long after write() the answers come, like a broker's delivery reports
    /// Asked once per change; `nth` counts from 1. Empty: everything commits.
    std::function<Answer(const Change& change, std::int64_t nth)> answer;
    int batch_max = 0;  ///< as it says to the lane
  };

  FakeWriter(const FakeClock& clock, FakeStore& store, OutcomeSink sink)
      : clock_(clock), store_(store), sink_(std::move(sink)) {}

  Behaviour behaviour;
  [[nodiscard]] int batch_max() const override { return behaviour.batch_max; }
  std::vector<std::size_t> batches;  ///< sizes of the batches, in order

  void write(std::span<const Write> batch) override {
    batches.push_back(batch.size());
    const Instant released = clock_.now();
    for (const Write& write : batch) {
      held_.emplace_back(next_id_++, Held{write.change, *write.row, released, decide(write.change)});
    }
    if (behaviour.service > Nanos{}) clock_.run_until(released + behaviour.service);
    failed_in_batch_.clear();
    if (corked_) return;
    if (behaviour.delay == Nanos{}) return answer_up_to(next_id_);
    clock_.at(clock_.now() + behaviour.delay, [this, up_to = next_id_] {
      if (!corked_) answer_up_to(up_to);
    });
  }

  void flush(Instant deadline) override {
    while (!held_.empty() && clock_.now() < deadline) {
      const std::optional<Instant> next = clock_.next_event();
      clock_.run_until(next ? std::min(*next, deadline) : deadline);
    }
    for (auto& [id, held] : held_) held.answer = Answer::unknown(false);
    answer_up_to(next_id_);
  }

  /// From now on nothing is stored or answered, until uncork().
  void cork() { corked_ = true; }
  void uncork() {
    corked_ = false;
    answer_up_to(next_id_);
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  struct Held {
    Change change;
    Row row;
    Instant released;
    Answer answer;
  };

  Answer decide(const Change& change) {
    const std::pair<EntityId, Ordinal> instance{change.entity, change.ordinal};
    if (failed_in_batch_.contains(instance)) return Answer{Outcome::Withheld, false, 0};
    const Answer answer = behaviour.answer ? behaviour.answer(change, ++asked_) : Answer::commit();
    if (answer.reported != Outcome::Committed) failed_in_batch_.insert(instance);
    return answer;
  }

  void answer_up_to(std::uint64_t id) {
    while (!held_.empty() && held_.front().first < id) {
      const Held held = std::move(held_.front().second);
      held_.erase(held_.begin());
      if (held.answer.stored) store_.store(held.change, held.row, clock_.now());
      const bool withheld = held.answer.reported == Outcome::Withheld;
      const Settled settled{held.change, held.answer.reported, held.answer.code, withheld ? Instant{} : held.released,
                            withheld ? Instant{} : clock_.now()};
      sink_({&settled, 1});
    }
  }

  const FakeClock& clock_;
  FakeStore& store_;
  const OutcomeSink sink_;
  std::vector<std::pair<std::uint64_t, Held>> held_;  ///< sent, not answered, in order
  std::set<std::pair<EntityId, Ordinal>> failed_in_batch_;
  std::uint64_t next_id_ = 0;
  std::int64_t asked_ = 0;
  bool corked_ = false;
};

}  // namespace freshet::fakes
