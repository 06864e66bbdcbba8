// A pipeline with behaviour: it reads each source in order and late, stalls, gathers and writes its sinks in batches,
// and errs by plan. The sinks remember everything that they ever showed.
#pragma once

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
#include "simulation/naive_views.h"
#include "simulation/plan.h"
#include "simulation/trace.h"

namespace freshet::simulation {

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

class FakePipeline {
 public:
  FakePipeline(const Scenario& scenario, const Plan& plan, const fakes::FakeClock& clock, Trace& trace);

  /// A change took effect at its source.
  void stored(const Change& change, const Row& row);
  /// From now on keys that have not been seen yet are treated by plan.
  void begin_faults() {
    faults_begun_ = true;
    if (plan_.freeze > Nanos{}) frozen_from_ = clock_.now() + plan_.freeze_at;
  }
  /// Shows a row that nobody wrote.
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
  void admit(ViewChange change, Ordinal root);
  void resurrect(const ViewChange& change, Ordinal root);
  void alter(VersionedRow& row, const View& view) const;
  void gather(ViewChange change, std::optional<Ordinal> root);
  void write_sink(ViewId view);

  const Scenario& scenario_;
  const Plan& plan_;
  const fakes::FakeClock& clock_;
  Trace& trace_;
  fakes::Dice dice_;
  NaiveViews views_;
  std::map<std::pair<std::size_t, std::uint64_t>, Stream> streams_;
  std::vector<std::vector<Gathered>> gathered_;      ///< by view
  std::vector<FakeSink> sinks_;                      ///< by view
  std::set<Key> exempt_;                             ///< seen before the faults began
  std::map<Key, std::optional<VersionedRow>> last_;  ///< of keys that will be resurrected; empty: put back already
  std::set<Key> phantoms_;
  bool faults_begun_ = false;
  Instant frozen_from_ = kNotYet;
  std::map<ChangeId, Instant> read_;  ///< when it reached the pipeline
  std::map<std::pair<Key, ChangeId>, Instant> gone_;
};

/// Reads a fake sink; now and then it cannot, never twice in a row.
class FakeObserver final : public Observer {
 public:
  FakeObserver(const Scenario& scenario, const FakeSink& sink, ViewId view, double blind, fakes::Dice dice)
      : view_(scenario.view(view)), sink_(sink), blind_(blind), dice_(dice) {}

  Status look(std::span<const std::string> keys, std::vector<Sighting>& out) override;
  Status scan(const Visit& visit) override;

 private:
  const View& view_;
  const FakeSink& sink_;
  const double blind_;
  fakes::Dice dice_;
  bool was_blind_ = false;
};

/// The versions of a row in the order in which a view's sink shows them.
[[nodiscard]] std::vector<Version> versions_in(const View& view, const VersionedRow& row);

}  // namespace freshet::simulation
