// Sources with a temper, on a virtual clock: a database that commits before it returns, and a topic that answers later,
// message by message. Both are slow by a distribution, refuse, fall silent, lose their connection, and lie on request.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/seams.h"
#include "fakes/dice.h"
#include "fakes/fake_clock.h"

namespace freshet::fakes {

struct Temper {
  Nanos commit = 2 * kNanosPerMilli;     ///< mean from release to commit
  Nanos answer = kNanosPerMilli / 2;     ///< mean from commit to answer
  double refused = 0;                    ///< share of changes
  double silent = 0;                     ///< share whose answer never comes; half of them took effect
  double lies = 0;                       ///< share of the load that is called committed and is not
  double lost = 0;                       ///< share of writes that meet a lost connection
  Nanos outage = 300 * kNanosPerMilli;   ///< mean length of such a loss
  Nanos patience = 2 * kNanosPerSecond;  ///< how long a silent change is waited for
};

/// A change took effect at the source: where a pipeline listens.
using Stored = std::function<void(const Change& change, const Row& row)>;

inline constexpr std::uint32_t kRefusal = 1205;

/// Whether a fault of that share meets a change. Markers are spared: they tell what is lost from what is late.
inline bool meets(double share, const Change& change, Dice& dice) {
  return dice.chance(share) && change.phase != Phase::Canary;
}

/// What both have in common.
class FakeSource : public Writer {
 public:
  FakeSource(const FakeClock& clock, const Temper& temper, Dice dice, Stored stored, OutcomeSink sink)
      : clock_(clock), temper_(temper), dice_(dice), stored_(std::move(stored)), sink_(std::move(sink)) {}

  /// From now on it behaves so.
  void turn(const Temper& temper) { temper_ = temper; }
  /// The outcome of the next transaction, or message, stays unknown.
  void fall_silent_once() { silent_once_ = true; }
  /// From now on nothing takes effect, and nothing is answered.
  void die() { dead_ = true; }

 protected:
  const FakeClock& clock_;
  Temper temper_;
  Dice dice_;
  const Stored stored_;
  const OutcomeSink sink_;
  bool silent_once_ = false;
  bool dead_ = false;
};

/// A transaction per batch; every change has its outcome when write() returns.
class FakeDatabase final : public FakeSource {
 public:
  using FakeSource::FakeSource;

  void write(std::span<const Write> batch) override {
    const Instant released = clock_.now();
    if (dead_) return answer_nothing(batch, released);
    clock_.run_until(released + dice_.wait(temper_.commit));
    bool silent = dice_.chance(temper_.silent) || std::exchange(silent_once_, false);
    if (dice_.chance(temper_.lost)) {
      clock_.run_until(clock_.now() + dice_.wait(temper_.outage));
      silent = silent || dice_.chance(0.2);  // else the table tells what became of the transaction
    }
    const bool takes_effect = !silent || dice_.chance(0.5);
    std::set<std::pair<EntityId, Ordinal>> failed;
    std::vector<Settled> settled;
    for (const Write& write : batch) {
      const std::pair<EntityId, Ordinal> instance{write.change.entity, write.change.ordinal};
      Settled one{write.change, Outcome::Committed, 0, released, {}};
      if (failed.contains(instance)) {
        one.outcome = Outcome::Withheld;
        one.released = Instant{};
      } else if (meets(temper_.refused, write.change, dice_)) {
        one.outcome = Outcome::Rejected;
        one.code = kRefusal;
      } else {
        if (silent) one.outcome = Outcome::Unknown;
        if (takes_effect && !meets(temper_.lies, write.change, dice_)) stored_(write.change, *write.row);
      }
      if (one.outcome != Outcome::Committed) failed.insert(instance);
      settled.push_back(one);
    }
    clock_.run_until(clock_.now() + (silent ? temper_.patience : dice_.wait(temper_.answer)));
    for (Settled& one : settled) one.acknowledged = one.outcome == Outcome::Withheld ? Instant{} : clock_.now();
    sink_(settled);
  }
  void flush(Instant /*deadline*/) override {}

 private:
  void answer_nothing(std::span<const Write> batch, Instant released) {
    clock_.run_until(released + temper_.patience);
    std::vector<Settled> settled;
    for (const Write& write : batch) settled.push_back({write.change, Outcome::Unknown, 0, released, clock_.now()});
    sink_(settled);
  }
};

/// Keeps the order of each partition, and no other: instances overtake one another.
class FakeTopic final : public FakeSource {
 public:
  using FakeSource::FakeSource;

  void write(std::span<const Write> batch) override {
    const Instant released = clock_.now();
    const Nanos outage = dice_.chance(temper_.lost) ? dice_.wait(temper_.outage) : Nanos{};
    for (const Write& write : batch) send(write, released, outage);
  }

  void flush(Instant deadline) override {
    while (!unanswered_.empty() && clock_.now() < deadline) clock_.run_until(std::min(last_answer_, deadline));
    for (auto& [number, settled] : std::exchange(unanswered_, {})) {
      settled.outcome = Outcome::Unknown;
      settled.acknowledged = clock_.now();
      sink_({&settled, 1});
    }
  }

 private:
  static constexpr std::size_t kPartitions = 8;
  struct Partition {
    Instant stored{};
    Instant answered{};
  };

  void send(const Write& write, Instant released, Nanos outage) {
    const std::size_t number = write.change.ordinal % kPartitions;
    Partition& partition = partitions_[number];
    partition.stored = std::max(partition.stored, released + outage + dice_.wait(temper_.commit));
    Settled settled{write.change, Outcome::Committed, 0, released, {}, {static_cast<std::int32_t>(number), -1}};
    bool takes_effect = true;
    Instant answered = std::max(partition.answered, partition.stored + dice_.wait(temper_.answer));
    if (dice_.chance(temper_.silent) || std::exchange(silent_once_, false) || dead_) {
      settled.outcome = Outcome::Unknown;
      takes_effect = dice_.chance(0.5) && !dead_;
      answered = std::max(answered, released + temper_.patience);
    } else if (meets(temper_.refused, write.change, dice_)) {
      settled.outcome = Outcome::Rejected;
      settled.code = kRefusal;
      takes_effect = false;
      partition.answered = answered;
    } else {
      takes_effect = !meets(temper_.lies, write.change, dice_);
      partition.answered = answered;
    }
    if (takes_effect) {
      const auto row = std::make_shared<const Row>(*write.row);
      clock_.at(partition.stored, [this, change = write.change, row] { stored_(change, *row); });
    }
    last_answer_ = std::max(last_answer_, answered);
    unanswered_[++sent_] = settled;
    clock_.at(answered, [this, number = sent_] {
      const auto waiting = unanswered_.find(number);
      if (waiting == unanswered_.end()) return;  // the writer gave up before
      Settled one = waiting->second;
      unanswered_.erase(waiting);
      one.acknowledged = clock_.now();
      sink_({&one, 1});
    });
  }

  std::array<Partition, kPartitions> partitions_{};
  Instant last_answer_{};
  std::map<std::uint64_t, Settled> unanswered_;  ///< by number
  std::uint64_t sent_ = 0;
};

}  // namespace freshet::fakes
