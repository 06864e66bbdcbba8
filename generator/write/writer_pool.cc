// Opens the writers of every lane.
#include "generator/write/writer_pool.h"

#include <map>
#include <string>
#include <utility>

#include "generator/write/backends.h"

namespace freshet {

namespace {

class OpenPool final : public WriterPool {
 public:
  OpenPool(const Scenario& scenario, WallTime epoch, const Addresses& addresses, const Clock& clock, OutcomeSink sink)
      : sink_(std::move(sink)), setting_{scenario,   epoch,
                                         addresses,  clock,
                                         breakdown_, [this](const WriteTarget& write) { return open_mirror(write); }} {}

  Status open(int lanes) {
    for (const WriteTarget& write : setting_.scenario.write) {
      for (const auto& [backend, connection] : write.ways()) writers_[backend];
    }
    for (const Backend* backend : backends()) {
      if (!writers_.contains(backend->name())) continue;
      FRESHET_ASSIGN(writers_[backend->name()], backend->open(setting_));
    }
    lanes_.resize(static_cast<std::size_t>(lanes));
    for (LaneWriters& lane : lanes_) {
      lane.by_entity.resize(setting_.scenario.entities.size());
      lane.outcomes = std::make_shared<LaneOutcomes>(setting_.scenario, sink_);
      for (const Backend* backend : backends()) {
        const auto found = writers_.find(backend->name());
        if (found != writers_.end()) FRESHET_TRY(found->second->open_lane(lane));
      }
    }
    return {};
  }

  [[nodiscard]] LaneWriters& lane(int index) override { return lanes_.at(static_cast<std::size_t>(index)); }

  void flush(Instant deadline) override {
    for (const LaneWriters& lane : lanes_) {
      for (const auto& writer : lane.by_entity) {
        if (writer) writer->release_held();
      }
      for (const auto& writer : lane.by_entity) {
        if (writer) writer->flush(deadline);
      }
    }
  }

  [[nodiscard]] std::map<std::string, std::map<std::string, std::int64_t>> stream_faults() const override {
    std::map<std::string, std::map<std::string, std::int64_t>> out;
    for (const auto& [backend, writers] : writers_) out.merge(writers->faults());
    return out;
  }

  [[nodiscard]] std::map<std::size_t, ServerFigures> figures() const override {
    std::map<std::size_t, ServerFigures> out;
    for (const auto& [backend, writers] : writers_) out.merge(writers->figures());
    return out;
  }

  [[nodiscard]] std::string broken() const override { return breakdown_.reason(); }
  [[nodiscard]] std::vector<Refusal> refusals() const override { return breakdown_.refusals(); }

 private:
  /// Sends what the table has committed to the topic. The change's outcome is the table's. A message that cannot be
  /// delivered ends the run, because the two would differ.
  std::shared_ptr<Writer> open_mirror(const WriteTarget& write) {
    const auto told = [this, name = write.mirror->topic](std::span<const Settled> settled) {
      for (const Settled& one : settled) {
        if (one.outcome == Outcome::Committed) continue;
        breakdown_.report("topic " + name + " lacks a change that its table has (error " + std::to_string(one.code) +
                          ")");
      }
    };
    return writers_.at(write.ways().back().backend)
        ->open_mirror(write, std::make_shared<LaneOutcomes>(setting_.scenario, told));
  }

  const OutcomeSink sink_;
  Breakdown breakdown_;
  const WriterSetting setting_;
  std::map<std::string, std::unique_ptr<BackendWriters>> writers_;  ///< by backend
  std::vector<LaneWriters> lanes_;
};

}  // namespace

Result<std::unique_ptr<WriterPool>> WriterPool::open(const Scenario& scenario, WallTime epoch,
                                                     const Addresses& addresses, int lanes, const Clock& clock,
                                                     OutcomeSink sink) {
  auto pool = std::make_unique<OpenPool>(scenario, epoch, addresses, clock, std::move(sink));
  FRESHET_TRY(pool->open(lanes));
  return std::unique_ptr<WriterPool>(std::move(pool));
}

}  // namespace freshet
