#include "generator/write/file/file_stream.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace freshet {
namespace {

/// The number of changes that a thread takes at a time, plus those at the instant of the last one: enough to make the
/// locks cheap, and few enough for their bytes to stay in its cache.
constexpr std::size_t kBatch = 256;
/// The number of batches of a thread: one that it fills, and others that wait while an earlier batch of another thread
/// is missing. They stay with their thread, since their bytes are in the cache of its processor.
constexpr std::size_t kBatches = 8;

/// The changes that are rendered as one batch.
struct Portion {
  std::uint64_t ticket = 0;
  std::vector<Change> changes;
  std::int64_t deletes_left_out = 0;  ///< skipped by the source so far
  std::optional<Micros> rest_from;    ///< FileStreamProgress::rest_from, once this has been written
};

struct alignas(64) Batch {
  Portion portion;
  bool waiting = false;               ///< waiting to be written; belongs to the conveyor until then
  std::vector<Buffer> bytes;          ///< by stream
  std::vector<std::int64_t> written;  ///< changes by stream
};

using Batches = std::array<Batch, kBatches>;

/// The shared state of the threads: the source at one end, the sink at the other. Each has its own lock, which is not
/// held while the source is read or the sink writes.
class Conveyor {
 public:
  Conveyor(ChangeSource& source, const StreamSink& sink, const StreamWatch& watch, int threads)
      : source_(source),
        sink_(sink),
        watch_(watch),
        ready_(kBatches * static_cast<std::size_t>(threads)),
        most_ahead_(2 * static_cast<std::size_t>(threads)) {
    more_ = source_.next(head_);
  }

  /// Takes the next portion of the source. Returns false at its end. While one thread reads ahead, the others take what
  /// it has read: no thread waits for the one that reads as long as something is left.
  bool take(Portion& out) {
    std::unique_lock lock(ahead_mutex_);
    bool taken = take_ahead(out);
    while (!reading_ && !source_ended_ && ahead_.size() < most_ahead_) {
      Portion next = spare();
      reading_ = true;
      lock.unlock();
      const bool more = read(next);
      lock.lock();
      reading_ = false;
      source_ended_ = !more;
      if (!next.changes.empty()) ahead_.push_back(std::move(next));
      read_.notify_all();
    }
    if (taken) return true;
    read_.wait(lock, [&] { return (taken = take_ahead(out)) || source_ended_; });
    return taken;
  }

  /// A batch that is not waiting: the first one, which was filled last if none had to wait. Null if nothing more is
  /// wanted.
  Batch* free_one(Batches& batches) {
    const auto left = [](const Batch& batch) { return !batch.waiting; };
    std::unique_lock lock(sink_mutex_);
    auto at = batches.begin();
    turn_.wait(lock,
               [&] { return stopped_ || (at = std::find_if(batches.begin(), batches.end(), left)) != batches.end(); });
    return stopped_ ? nullptr : &*at;
  }

  /// Writes the batch once all earlier ones have been written. Until then it waits, and its thread continues with
  /// another batch, so that no thread waits for a slower one. Returns false if nothing more is wanted.
  bool deliver(Batch& batch) {
    std::unique_lock lock(sink_mutex_);
    if (stopped_) return false;
    ready_[batch.portion.ticket % ready_.size()] = &batch;
    batch.waiting = true;
    if (handing_over_) return true;  // another thread is writing and will come to this batch
    handing_over_ = true;
    for (Batch* next = next_ready(); next != nullptr && !stopped_; next = next_ready()) {
      lock.unlock();
      const bool more = hand_over(*next);
      lock.lock();
      next_ready() = nullptr;
      next->waiting = false;
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
  /// Requires ahead_mutex_. Swaps with `out` to reuse its capacity.
  bool take_ahead(Portion& out) {
    if (ahead_.empty()) return false;
    out.changes.swap(ahead_.front().changes);
    out.ticket = ahead_.front().ticket;
    out.deletes_left_out = ahead_.front().deletes_left_out;
    out.rest_from = ahead_.front().rest_from;
    spare_.push_back(std::move(ahead_.front()));
    ahead_.pop_front();
    return true;
  }
  Portion spare() {
    if (spare_.empty()) return {};
    Portion portion = std::move(spare_.back());
    spare_.pop_back();
    return portion;
  }
  /// Called by the thread that reads. Returns false at the end of the source.
  bool read(Portion& portion) {
    portion.changes.clear();
    while (more_ && (portion.changes.size() < kBatch || goes_with(portion.changes.back()))) {
      portion.changes.push_back(head_);
      more_ = source_.next(head_);
    }
    portion.ticket = next_ticket_++;
    portion.deletes_left_out = source_.deletes_left_out();
    portion.rest_from.reset();
    if (!more_ && !portion.changes.empty()) portion.rest_from = portion.changes.back().intended + Micros{1};
    if (more_ && !source_.at_reference()) portion.rest_from = head_.intended;
    return more_;
  }
  /// The next change must not be separated from `last`: a resumed output starts with a complete instant.
  [[nodiscard]] bool goes_with(const Change& last) const {
    return !source_.at_reference() && head_.intended == last.intended;
  }
  Batch*& next_ready() { return ready_[turn_of_ % ready_.size()]; }
  /// Called by one thread at a time.
  bool hand_over(const Batch& batch) {
    for (std::size_t i = 0; i < batch.bytes.size(); ++i) {
      if (batch.bytes[i].empty()) continue;
      const Result<bool> taken = sink_(static_cast<int>(i), batch.bytes[i].view(), batch.written[i]);
      if (!taken.ok()) error_ = taken.error();
      if (!taken.ok() || !taken.value()) return false;
      progress_.bytes += static_cast<std::int64_t>(batch.bytes[i].size());
      progress_.changes += batch.written[i];
    }
    progress_.reached = batch.portion.changes.back().intended;
    progress_.deletes_left_out = batch.portion.deletes_left_out;
    progress_.rest_from = batch.portion.rest_from;
    return watch_(progress_);
  }

  ChangeSource& source_;
  const StreamSink& sink_;
  const StreamWatch& watch_;
  std::mutex ahead_mutex_;
  std::condition_variable read_;
  std::deque<Portion> ahead_;
  std::vector<Portion> spare_;
  bool reading_ = false;
  bool source_ended_ = false;
  std::uint64_t next_ticket_ = 0;  ///< this and the next two belong to the thread that reads
  Change head_;                    ///< read, but in no portion yet
  bool more_ = false;              ///< there is one
  std::mutex sink_mutex_;
  std::condition_variable turn_;
  std::uint64_t turn_of_ = 0;
  std::vector<Batch*> ready_;  ///< ring by ticket: as large as the number of batches, so that no two collide
  const std::size_t most_ahead_;
  bool handing_over_ = false;
  bool stopped_ = false;
  FileStreamProgress progress_;
  std::optional<Error> error_;
};

/// Turns batches into bytes. One per thread.
class Renderer {
 public:
  Renderer(const Scenario& scenario, const Rows& rows, WallTime epoch, const FileStreamOptions& options)
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
    for (const Change& change : batch.portion.changes) {
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

Result<FileStreamProgress> stream_changes(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                          ChangeSource& source, const FileStreamOptions& options,
                                          const StreamSink& sink, const StreamWatch& watch) {
  const int threads = std::max(options.threads, 1);
  Conveyor conveyor(source, sink, watch, threads);
  std::vector<Batches> batches(static_cast<std::size_t>(threads));  // must outlive the threads
  const auto work = [&](std::size_t thread) {
    Renderer renderer(scenario, rows, epoch, options);
    Batch* batch = nullptr;
    while ((batch = conveyor.free_one(batches[thread])) != nullptr && conveyor.take(batch->portion)) {
      renderer.render(*batch);
      if (!conveyor.deliver(*batch)) break;
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < batches.size(); ++i) others.emplace_back(work, i);
    work(0);
  }
  return conveyor.result();
}

}  // namespace freshet
