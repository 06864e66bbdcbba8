#include "generator/write/file_stream.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace freshet {
namespace {

/// Changes that a thread takes at a time: enough that the lock around the schedule costs nothing, and few enough that
/// their bytes stay in its cache.
constexpr std::size_t kBatch = 512;

struct Batch {
  std::uint64_t ticket = 0;
  std::vector<Change> changes;
  std::vector<Buffer> bytes;          ///< by stream
  std::vector<std::int64_t> written;  ///< changes by stream
  std::int64_t deletes_left_out = 0;  ///< by the source, so far
};

/// What the threads share: the source at one end, the sink at the other, each with a lock of its own.
class Conveyor {
 public:
  Conveyor(ChangeSource& source, const StreamSink& sink, const StreamWatch& watch, int threads)
      : source_(source), sink_(sink), watch_(watch), ready_(2 * static_cast<std::size_t>(std::max(threads, 1))) {}

  bool take(Batch& batch) {
    const std::scoped_lock lock(source_mutex_);
    batch.changes.clear();
    Change change;
    while (!source_ended_ && batch.changes.size() < kBatch) {
      if (source_.next(change)) {
        batch.changes.push_back(change);
      } else {
        source_ended_ = true;
      }
    }
    batch.ticket = next_ticket_++;
    batch.deletes_left_out = source_.deletes_left_out();
    return !batch.changes.empty();
  }

  /// Hands the batch over when all earlier ones have left; until then it stands by, and its thread goes on with
  /// another, so that none waits for a slower one. False when nothing more is wanted.
  bool deliver(Batch& batch) {
    std::unique_lock lock(sink_mutex_);
    turn_.wait(lock, [&] { return stopped_ || batch.ticket < turn_of_ + ready_.size(); });
    if (stopped_) return false;
    Ready& place = ready_[batch.ticket % ready_.size()];
    std::swap(place.batch, batch);
    place.full = true;
    if (handing_over_) return true;  // by a thread that will come to this one
    handing_over_ = true;
    for (Ready* next = &next_ready(); next->full && !stopped_; next = &next_ready()) {
      lock.unlock();
      const bool more = hand_over(next->batch);
      lock.lock();
      next->full = false;
      stopped_ = stopped_ || !more;
      ++turn_of_;
      turn_.notify_all();
    }
    handing_over_ = false;
    return !stopped_;
  }

  [[nodiscard]] Result<FileStreamProgress> result() const {
    if (error_) return *error_;
    return progress_;
  }

 private:
  struct Ready {
    Batch batch;
    bool full = false;
  };
  Ready& next_ready() { return ready_[turn_of_ % ready_.size()]; }
  /// One thread at a time.
  bool hand_over(const Batch& batch) {
    for (std::size_t i = 0; i < batch.bytes.size(); ++i) {
      if (batch.bytes[i].empty()) continue;
      const Result<bool> taken = sink_(static_cast<int>(i), batch.bytes[i].view(), batch.written[i]);
      if (!taken.ok()) error_ = taken.error();
      if (!taken.ok() || !taken.value()) return false;
      progress_.bytes += static_cast<std::int64_t>(batch.bytes[i].size());
      progress_.changes += batch.written[i];
    }
    progress_.reached = batch.changes.back().intended;
    progress_.deletes_left_out = batch.deletes_left_out;
    return watch_(progress_);
  }

  ChangeSource& source_;
  const StreamSink& sink_;
  const StreamWatch& watch_;
  std::mutex source_mutex_;
  std::uint64_t next_ticket_ = 0;
  bool source_ended_ = false;
  std::mutex sink_mutex_;
  std::condition_variable turn_;
  std::uint64_t turn_of_ = 0;
  std::vector<Ready> ready_;  ///< by ticket, around
  bool handing_over_ = false;
  bool stopped_ = false;
  FileStreamProgress progress_;
  std::optional<Error> error_;
};

/// Turns batches into bytes. One per thread.
class Renderer {
 public:
  Renderer(const Scenario& scenario, const Rows& rows, Micros epoch, const FileStreamOptions& options)
      : rows_(rows), options_(options) {
    for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
      encoders_.emplace_back();
      if (options.stream_of[i] < 0) continue;
      const auto schema = i < options.schema_ids.size() ? options.schema_ids[i] : std::nullopt;
      encoders_[i].emplace(options.format, scenario, static_cast<EntityId>(i), epoch, schema);
    }
  }

  void render(Batch& batch) {
    batch.bytes.resize(static_cast<std::size_t>(options_.streams));
    batch.written.assign(batch.bytes.size(), 0);
    for (Buffer& bytes : batch.bytes) bytes.clear();
    for (const Change& change : batch.changes) {
      const std::size_t entity = index_of(change.entity);
      const auto stream = static_cast<std::size_t>(options_.stream_of[entity]);
      Encoder& encoder = *encoders_[entity];
      rows_.row_of(change, row_);
      const bool before = encoder.wants_before() && change.operation == Operation::Update;
      if (before) rows_.row(change.entity, change.ordinal, change.version - 1, before_);
      if (encoder.append(change, row_, before ? &before_ : nullptr, batch.bytes[stream])) ++batch.written[stream];
    }
  }

 private:
  const Rows& rows_;
  const FileStreamOptions& options_;
  std::vector<std::optional<Encoder>> encoders_;
  Row row_;
  Row before_;
};

}  // namespace

Result<FileStreamProgress> stream_changes(const Scenario& scenario, const Rows& rows, Micros epoch,
                                          ChangeSource& source, const FileStreamOptions& options,
                                          const StreamSink& sink, const StreamWatch& watch) {
  Conveyor conveyor(source, sink, watch, options.threads);
  const auto work = [&] {
    Renderer renderer(scenario, rows, epoch, options);
    Batch batch;
    while (conveyor.take(batch)) {
      renderer.render(batch);
      if (!conveyor.deliver(batch)) break;
    }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < options.threads; ++i) others.emplace_back(work);
    work();
  }
  return conveyor.result();
}

}  // namespace freshet
