#include "pipeline/native/operator_thread.h"

#include <fmt/format.h>

#include <chrono>

namespace freshet {

namespace {

// How long rows for a busy sink may wait to form a larger batch.
constexpr auto kPatience = std::chrono::milliseconds(2);
// How often the sinks are looked at when nothing else is to be done.
constexpr auto kLook = std::chrono::milliseconds(10);

}  // namespace

OperatorThread::OperatorThread(const Scenario& scenario, const std::vector<ViewId>& views, State& state,
                               std::vector<std::unique_ptr<ViewSink>>& sinks, SourceQueue& queue,
                               BatchPool<SourceBatch>& pool, std::size_t batch_max, Positions begin)
    : sinks_(sinks),
      filling_(sinks.size()),
      queue_(queue),
      pool_(pool),
      scenario_(scenario),
      batch_max_(batch_max),
      graph_(scenario, views, state,
             [this](const ViewDelta& delta) {
               auto& batch = filling_[delta.view];
               if (!batch) batch = sinks_[delta.view]->take_empty();
               SinkChange& change = batch->add();
               change.deleted = delta.deleted;
               std::swap(change.row, delta.row->row);
               std::swap(change.key, delta.row->key);
             }),
      clock_(begin.size()),
      commit_point_(state, sinks, std::move(begin)) {}

Status OperatorThread::run() {
  Status status;
  while (!ended_ && status.ok()) {
    auto batch = next();
    if (!batch && !waiting_ && queue_.drained()) break;
    if (batch) {
      status = apply(**batch);
      if (!status.ok()) (*batch)->position = {};  // the tables hold a part of it
      commit_point_.taken(**batch);
      pool_.give_back(std::move(*batch));
    }
    // Before the hand-over: a state on disk has what it was sealed with before any sink sees what came of it.
    if (status.ok()) status = commit_point_.advance(filling_);
    hand_over(batch ? Hurry::No : Hurry::Yes);
  }
  hand_over(Hurry::Yes);
  queue_.close();
  return status;
}

std::optional<std::unique_ptr<SourceBatch>> OperatorThread::next() {
  if (waiting_) return queue_.pop_for(kPatience);
  return commit_point_.waits() ? queue_.pop_for(kLook) : queue_.pop();
}

Status OperatorThread::settle() {
  FRESHET_TRY(commit_point_.advance(filling_));  // what was sealed while they wrote, and the end
  return commit_point_.advance(filling_);
}

Status OperatorThread::apply(SourceBatch& batch) {
  for (SourceChange& change : batch.items()) {
    if (change.deleted) {
      graph_.erase(change.entity, change.key, change.at);
    } else if (!change.missing.empty()) {
      if (!graph_.replace(change.entity, change.key, change.missing, change.row, change.at)) return not_held(change);
    } else {
      graph_.upsert(change.entity, change.row, change.at);
    }
  }
  graph_.flush();
  watch_.look(graph_);
  clock_.read(batch.source, batch.reading);
  if (const SourceReading read = clock_.now(); read.time) graph_.forget_old(*read.time);
  changes_ += static_cast<std::int64_t>(batch.size());
  return {};
}

Error OperatorThread::not_held(const SourceChange& change) const {
  const Entity& entity = scenario_.entity(change.entity);
  std::string columns;
  for (const std::size_t column : change.missing) {
    columns += (columns.empty() ? "" : ", ") + entity.record.columns[column].name;
  }
  return Error{
      ErrorKind::Usage,
      fmt::format("before {}: an update of {} {} was logged without {}, and the earlier row has not been read, so "
                  "the new row is unknown",
                  change.position, entity.name, change.key.substr(0, 80), columns),
      entity.retention
          ? "state a longer \"retention\" of the entity, or set binlog_row_image=FULL on the server and in "
            "all sessions that write the table"
          : "set binlog_row_image=FULL on the server and in all sessions that write the table, or read the "
            "log from its beginning"};
}

void OperatorThread::hand_over(Hurry hurry) {
  waiting_ = false;
  for (std::size_t view = 0; view < sinks_.size(); ++view) {
    auto& batch = filling_[view];
    if (!batch || batch->empty()) continue;
    if (hurry == Hurry::No && batch->size() < batch_max_ && sinks_[view]->busy()) {
      waiting_ = true;
      continue;
    }
    if (!sinks_[view]->push(std::move(batch))) ended_ = true;
  }
}

}  // namespace freshet
