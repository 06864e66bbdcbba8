#include "pipeline/sink/view_sink.h"

#include <algorithm>
#include <chrono>

namespace freshet {

ViewSink::ViewSink(std::unique_ptr<SinkWriter> writer, std::unique_ptr<SinkGate> gate, int batch_max, int linger_ms)
    : writer_(std::move(writer)),
      gate_(std::move(gate)),
      batch_max_(static_cast<std::size_t>(std::max(batch_max, 1))),
      linger_(linger_ms * kNanosPerMilli) {}

void ViewSink::finish(Instant deadline) {
  deadline_ = deadline;
  finished_ = true;
  queue_.close();
}

bool ViewSink::out_of_time() const { return clock_.now() > deadline_.load(); }

Status ViewSink::run() {
  Status status = loop();
  queue_.close();
  return status;
}

Status ViewSink::loop() {
  while (gather()) {
    if (out_of_time()) {
      for (const auto& batch : gathered_) given_up_ += static_cast<std::int64_t>(batch->size());
    } else {
      FRESHET_TRY(gate_ ? write_through_gate() : write_gathered());
    }
    gone_through_ += gathered_.size();
    acknowledge();
    for (auto& batch : gathered_) pool_.give_back(std::move(batch));
    gathered_.clear();
  }
  if (!gate_ || out_of_time()) return {};
  FRESHET_TRY(release_held(Instant::max()));
  acknowledge();
  return {};
}

void ViewSink::acknowledge() {
  if (given_up_ > 0 || (gate_ && gate_->holds())) return;
  written_.store(gone_through_, std::memory_order_release);
}

bool ViewSink::gather() {
  const bool held = gate_ && gate_->holds();
  auto first = held && !finished_ ? queue_.pop_for(std::max(gate_->next_due() - clock_.now(), Nanos{})) : queue_.pop();
  // Nothing came: a held change is due, or everything has been read.
  if (!first) return held && !finished_;
  std::size_t rows = (*first)->size();
  gathered_.push_back(std::move(*first));
  // Pushes during this sleep wake no thread: a plain sleep makes one batch of what would have been many wake-ups.
  if (rows < batch_max_ && linger_ > Nanos{} && !finished_) clock_.sleep_until(clock_.now() + linger_, {});
  while (rows < batch_max_) {
    auto next = queue_.pop_for(std::chrono::nanoseconds(0));
    if (!next) break;
    rows += (*next)->size();
    gathered_.push_back(std::move(*next));
  }
  return true;
}

Status ViewSink::write_pass() {
  return writer_->write(pass_, [this] { return out_of_time(); });
}

Status ViewSink::write_gathered() {
  pass_.clear();
  for (const auto& batch : gathered_) pass_.push_back(batch.get());
  return write_pass();
}

Status ViewSink::write_through_gate() {
  drilled_.clear();
  for (const auto& batch : gathered_) {
    for (SinkChange& change : batch->items()) gate_->admit(change, clock_.now(), drilled_);
  }
  pass_.assign(1, &drilled_);
  FRESHET_TRY(write_pass());
  drilled_.clear();
  gate_->follow_up(drilled_);
  FRESHET_TRY(write_pass());
  return release_held(clock_.now());
}

Status ViewSink::release_held(Instant until) {
  pass_.assign(1, &drilled_);
  for (;;) {
    drilled_.clear();
    if (!gate_->release(until, drilled_)) return {};
    FRESHET_TRY(write_pass());
  }
}

}  // namespace freshet
