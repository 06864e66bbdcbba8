// The sink thread of one view: gathers row changes for a moment, passes them through a gate, and writes them.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "pipeline/sink/sink_gate.h"
#include "pipeline/sink/sink_writer.h"

namespace freshet {

class ViewSink {
 public:
  /// `gate` may be null.
  ViewSink(std::unique_ptr<SinkWriter> writer, std::unique_ptr<SinkGate> gate, int batch_max, int linger_ms);

  /// For the operator thread: returns an empty batch to fill, and takes it. Returns false if the sink has ended.
  [[nodiscard]] std::unique_ptr<SinkBatch> take_empty() { return pool_.take(); }
  bool push(std::unique_ptr<SinkBatch> batch) {
    ++pushed_;
    return queue_.push(std::move(batch));
  }
  /// Batches that were handed over.
  [[nodiscard]] std::uint64_t pushed() const { return pushed_; }
  /// Any thread: how many batches, counted from the first, have reached the sink completely (what a drill loses on
  /// purpose counts as written, what it holds back does not).
  [[nodiscard]] std::uint64_t written() const { return written_.load(std::memory_order_acquire); }
  /// True if batches are waiting: passing more now would only make them smaller.
  [[nodiscard]] bool busy() const { return queue_.size() >= kBusy; }
  /// No more will come; run() ends when everything is written, or at `deadline`.
  void finish(Instant deadline);

  /// The body of the thread. Returns when finished, or with the error that ended it; in both cases pushes are refused
  /// from then on.
  Status run();

  // After run():
  [[nodiscard]] const SinkWriter::Counts& counts() const { return writer_->counts(); }
  [[nodiscard]] const SinkGate* gate() const { return gate_.get(); }
  /// The number of row changes dropped at the deadline.
  [[nodiscard]] std::int64_t given_up() const { return given_up_; }
  [[nodiscard]] QueueFigures queue() const { return queue_.figures(); }

 private:
  static constexpr std::size_t kBusy = 2;
  static constexpr std::size_t kCapacity = 64;

  Status loop();
  /// Waits for changes and fills `gathered_`. Returns false if nothing more will come.
  bool gather();
  Status write_pass();
  Status write_gathered();
  Status write_through_gate();
  Status release_held(Instant until);
  void acknowledge();
  [[nodiscard]] bool out_of_time() const;

  std::unique_ptr<SinkWriter> writer_;
  std::unique_ptr<SinkGate> gate_;
  const std::size_t batch_max_;
  const Nanos linger_;
  SystemClock clock_;
  SinkQueue queue_{kCapacity};
  BatchPool<SinkBatch> pool_;
  std::vector<std::unique_ptr<SinkBatch>> gathered_;
  std::vector<SinkBatch*> pass_;
  SinkBatch drilled_;
  std::atomic<bool> finished_ = false;
  std::atomic<Instant> deadline_ = Instant::max();
  std::int64_t given_up_ = 0;
  std::uint64_t pushed_ = 0;  // the operator's
  std::uint64_t gone_through_ = 0;
  std::atomic<std::uint64_t> written_ = 0;
};

}  // namespace freshet
