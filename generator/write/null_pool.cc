// The writer pool of a run without servers.
#include "generator/write/null/null_writer.h"
#include "generator/write/writer_pool.h"

namespace freshet {

namespace {

class NullPool final : public WriterPool {
 public:
  NullPool(const Scenario& scenario, int lanes, const Clock& clock, const OutcomeSink& sink) {
    for (int lane = 0; lane < lanes; ++lane) lanes_.push_back(null_writers(scenario, sink, clock));
  }
  [[nodiscard]] LaneWriters& lane(int index) override { return lanes_.at(static_cast<std::size_t>(index)); }
  void flush(Instant /*deadline*/) override {}
  [[nodiscard]] std::string broken() const override { return ""; }

 private:
  std::vector<LaneWriters> lanes_;
};

}  // namespace

std::unique_ptr<WriterPool> WriterPool::into_nothing(const Scenario& scenario, int lanes, const Clock& clock,
                                                     const OutcomeSink& sink) {
  return std::make_unique<NullPool>(scenario, lanes, clock, sink);
}

}  // namespace freshet
