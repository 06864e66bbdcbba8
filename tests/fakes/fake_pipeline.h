// A pipeline with behaviour: it reads each source in order and late, stalls, gathers and writes its sinks in batches,
// and errs by plan. The sinks remember everything that they ever showed.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/seams.h"
#include "fakes/dice.h"
#include "fakes/fake_clock.h"
#include "fakes/naive_views.h"
#include "fakes/trace.h"

namespace freshet::fakes {

/// What a pipeline does to a key of a view, in all its writes.
enum class Fault : std::uint8_t { None, Lose, Stale, Resurrect, Alter, Duplicate, Delay, KeepDeleted };
inline constexpr std::size_t kFaults = 8;

struct PipelineTemper {
  std::uint64_t seed = 1;
  Nanos start{};                         ///< how long it takes to start
  Nanos read = 20 * kNanosPerMilli;      ///< mean from source to pipeline
  Nanos lag{};                           ///< and so much more once the faults have begun
  Nanos linger = 50 * kNanosPerMilli;    ///< longest that a sink gathers
  Nanos stalls_every{};                  ///< mean time between stalls of one source; 0 = none
  Nanos stall = 3 * kNanosPerSecond;     ///< mean length of one
  double twice = 0;                      ///< share of changes that it reads a second time, a little later
  std::array<double, kFaults> shares{};  ///< of the keys, by Fault
  Nanos delay = 2 * kNanosPerSecond;     ///< of Fault::Delay
  Nanos freeze_at{};                     ///< after the schedule's zero; 0: it never freezes
  Nanos freeze{};                        ///< for so long it reads nothing and writes nothing
  int phantoms = 0;                      ///< rows that no change explains
  bool spares_markers = false;           ///< no fault meets them, so that what they show is there to be seen
};

/// What a sink showed for one key from an instant on.
struct Shown {
  Instant at{};
  bool found = false;
  std::vector<Version> versions;
};

struct FakeSink {
  std::map<std::string, VersionedRow> rows;
  std::set<std::string> twice;                            ///< keys whose row a scan finds twice
  std::map<std::string, std::vector<Shown>> shown;        ///< by key, in order
  std::map<std::string, std::optional<Ordinal>> root_of;  ///< of every key ever shown; empty: no key of this run
};

class FakePipeline final : public Pipeline {
 public:
  /// All must outlive it.
  FakePipeline(const Scenario& scenario, const PipelineTemper& temper, const FakeClock& clock, Trace& trace);

  Status start() override;
  [[nodiscard]] std::string died() override { return died_; }
  void stop() override { die("was stopped"); }
  [[nodiscard]] ProcessCost cost() override { return {1, 1 << 20}; }
  /// It ends now, for that reason: nothing is read or written any more.
  void die(const std::string& why) {
    if (died_.empty()) died_ = why;
  }
  /// Its start is refused for that reason.
  void refuse(const std::string& why) { refusal_ = why; }

  /// A change took effect at its source.
  void stored(const Change& change, const Row& row);
  /// From now on keys that have not been seen yet are treated by plan.
  void begin_faults() {
    faults_begun_ = true;
    if (temper_.freeze == Nanos{}) return;
    frozen_from_ = clock_.now() + temper_.freeze_at;
    frozen_until_ = frozen_from_ + temper_.freeze;
  }
  /// Until then, or as long as it is frozen already, it reads nothing and writes nothing.
  void freeze(Instant until) {
    if (clock_.now() >= frozen_from_ && frozen_until_ >= until) return;
    frozen_from_ = clock_.now();
    frozen_until_ = until;
  }
  /// Shows a row that was never written.
  void plant_phantom();

  [[nodiscard]] const FakeSink& sink(ViewId view) const { return sinks_[index_of(view)]; }
  /// When a change that takes a row away did so in the sink, or, where it was not there, reached the pipeline. kNotYet:
  /// not yet.
  static constexpr Instant kNotYet = Instant::max();
  [[nodiscard]] Instant gone_at(ViewId view, const std::string& key, const ChangeId& id) const {
    if (const auto at = gone_.find({{view, key}, id}); at != gone_.end()) return at->second;
    const auto at = read_.find(id);
    return at == read_.end() ? kNotYet : at->second;
  }
  [[nodiscard]] Fault fault_of(ViewId view, const std::string& key) const;
  [[nodiscard]] bool is_phantom(ViewId view, const std::string& key) const { return phantoms_.contains({view, key}); }

 private:
  struct Stream {
    Instant arrived{};
    Instant next_stall{};
    Instant stalled_until{};
  };
  struct Gathered {
    ViewChange change;
    std::optional<Ordinal> root;
  };
  using Key = std::pair<ViewId, std::string>;

  [[nodiscard]] Instant arrival(const Change& change);
  /// `instant`, or the end of the freeze that it falls into.
  [[nodiscard]] Instant awake(Instant instant) const;
  void arrived(const Change& change, const Row& row);
  void admit(ViewChange change, const Change& by);
  void resurrect(const ViewChange& change, Ordinal root);
  void alter(VersionedRow& row, const View& view) const;
  void gather(ViewChange change, std::optional<Ordinal> root);
  void write_sink(ViewId view);

  const Scenario& scenario_;
  const PipelineTemper& temper_;
  const FakeClock& clock_;
  Trace& trace_;
  Dice dice_;
  NaiveViews views_;
  std::map<std::pair<std::size_t, std::uint64_t>, Stream> streams_;
  std::vector<std::vector<Gathered>> gathered_;      ///< by view
  std::vector<FakeSink> sinks_;                      ///< by view
  std::set<Key> exempt_;                             ///< seen before the faults began
  std::map<Key, std::optional<VersionedRow>> last_;  ///< of keys that will be resurrected; empty: put back already
  std::set<Key> phantoms_;
  bool faults_begun_ = false;
  std::string refusal_;
  std::string died_;
  Instant frozen_from_ = kNotYet;
  Instant frozen_until_ = kNotYet;
  std::map<ChangeId, Instant> read_;  ///< when it reached the pipeline
  std::map<std::pair<Key, ChangeId>, Instant> gone_;
};

/// Reads a fake sink; now and then it cannot, never twice in a row.
class FakeObserver final : public Observer {
 public:
  /// For a while it cannot. Nothing else fails as long.
  struct Outage {
    Instant from = Instant::max();
    Instant to = Instant::max();
  };

  FakeObserver(const Scenario& scenario, const FakeSink& sink, ViewId view, double blind, Dice dice)
      : view_(scenario.view(view)), sink_(sink), blind_(blind), dice_(dice) {}

  /// From now on looks take up to `most`, and fail during the outage. Both must outlive it.
  void take_time(const FakeClock& clock, Nanos most, const Outage& outage) {
    clock_ = &clock;
    look_ = most;
    outage_ = &outage;
  }

  Status look(std::span<const std::string> keys, std::vector<Sighting>& out) override;
  Status scan(const Visit& visit) override;

 private:
  const View& view_;
  const FakeSink& sink_;
  const double blind_;
  Dice dice_;
  bool was_blind_ = false;
  const FakeClock* clock_ = nullptr;
  Nanos look_{};
  const Outage* outage_ = nullptr;
};

/// The versions of a row in the order in which a view's sink shows them.
[[nodiscard]] std::vector<Version> versions_in(const View& view, const VersionedRow& row);

}  // namespace freshet::fakes
