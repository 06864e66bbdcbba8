#include "generator/write/bulk.h"

#include <atomic>
#include <vector>

#include "generator/write/lanes/lanes.h"

namespace freshet {
namespace {

/// The number of changes between two waits for all outcomes.
constexpr std::size_t kChunk = 10'000;
/// Longer than the time limit of a message.
constexpr Nanos kPatience = 150 * kNanosPerSecond;

/// Cuts a source into chunks that end where the intended instant changes, so that writing can be resumed after any
/// chunk.
class Chunks {
 public:
  explicit Chunks(ChangeSource& source) : source_(source), more_(source.next(head_)) {}

  bool next(std::vector<Change>& out) {
    out.clear();
    while (more_ && (out.size() < kChunk || out.back().intended == head_.intended)) {
      out.push_back(head_);
      more_ = source_.next(head_);
    }
    return !out.empty();
  }

 private:
  ChangeSource& source_;
  Change head_;
  bool more_;
};

}  // namespace

Result<BulkProgress> write_in_bulk(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                   const Addresses& addresses, ChangeSource& source,
                                   const OnBulkProgress& on_progress) {
  const SystemClock clock;
  std::array<std::atomic<std::int64_t>, kOutcomes> outcomes{};
  const OutcomeSink count = [&outcomes](std::span<const Settled> settled) {
    for (const Settled& one : settled) ++outcomes[static_cast<std::size_t>(one.outcome)];
  };
  auto pool = WriterPool::open(scenario, epoch, addresses, 1, clock, count);
  if (!pool.ok()) return pool.error();
  Chunks chunks(source);
  BulkProgress progress;
  std::vector<Change> chunk;
  while (chunks.next(chunk)) {
    write_now(scenario, rows, chunk, (*pool)->lane(0), clock);
    for (std::size_t i = 0; i < kOutcomes; ++i) progress.outcomes[i] = outcomes[i];
    if (const std::string broken = (*pool)->broken(); !broken.empty()) {
      return Error{ErrorKind::Unreachable, broken,
                   "some changes were written and others were not; --drop-existing starts over"};
    }
    progress.settled_until = chunk.back().intended + Micros{1};
    if (!on_progress(progress)) break;
  }
  (*pool)->flush(clock.now() + kPatience);
  for (std::size_t i = 0; i < kOutcomes; ++i) progress.outcomes[i] = outcomes[i];
  progress.refusals = (*pool)->refusals();
  return progress;
}

}  // namespace freshet
