// Starts, joins and ends the parts of the native pipeline.
//
//   source threads (one per connection) → source queue → operator thread → one queue per view → sink threads
//
// Ready when every source is positioned. Ends in the order of the arrows: sources stop reading, the operators take what
// was read, the sinks write what came of it, within kDrain; then what they have is committed. Any thread's failure ends
// all; the first one is returned.
#include "pipeline/native/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "pipeline/drill/drill_gate.h"
#include "pipeline/native/operator_thread.h"
#include "pipeline/native/pipeline_report.h"
#include "pipeline/native/plan.h"
#include "pipeline/sink/mysql_sink_writer.h"
#include "pipeline/sink/sink_tables.h"
#include "pipeline/state/memory/memory_state.h"

namespace freshet {

namespace {

constexpr Nanos kDrain = 5 * kNanosPerSecond;
constexpr std::size_t kSourceBatches = 64;

// The shared state of a run's threads: the first failure, and the request to end.
class Run {
 public:
  explicit Run(std::stop_token outside)
      : on_outside_(std::move(outside), [this] {
          stop_.request_stop();
          std::scoped_lock lock(mutex_);
          ended_.notify_all();
        }) {}

  void report(const std::string& part, const Status& status) {
    if (status.ok()) return;
    std::scoped_lock lock(mutex_);
    if (failure_.ok()) failure_ = status.error().in(part);
    stop_.request_stop();
    ended_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return stop_.stop_requested(); });
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  [[nodiscard]] Status result() {
    std::scoped_lock lock(mutex_);
    return failure_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  Status failure_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> on_outside_;
};

Result<std::vector<std::unique_ptr<ViewSink>>> open_sinks(const Scenario& scenario, const NativeOptions& options,
                                                          const PipelinePlan& plan) {
  std::vector<std::unique_ptr<ViewSink>> sinks(scenario.views.size());
  std::vector<mysql::Connection> connections;
  connections.reserve(plan.sinks.size());
  std::vector<SinkTables> tables;
  for (const PlannedSink& sink : plan.sinks) {
    Result<mysql::Connection> connection = mysql::Connection::open(options.mysql[sink.observe->connection]);
    if (!connection.ok()) return connection.error();
    connections.push_back(std::move(connection).value());
    tables.push_back({&connections.back(), {sink.observe}});
  }
  FRESHET_TRY(prepare_sinks(scenario, tables, {options.run_id, options.drop_existing}));
  for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
    const PlannedSink& sink = plan.sinks[i];
    const View& view = scenario.view(sink.observe->view);
    auto writer = std::make_unique<MysqlSinkWriter>(std::move(connections[i]), view, sink.stored, sink.observe->table,
                                                    options.batch_max);
    writer->wait_for(options.mysql[sink.observe->connection], options.log, options.away_limit_ms);
    auto gate = sink.drilled ? std::make_unique<DrillGate>(options.drill, view, sink.stored) : nullptr;
    sinks[index_of(sink.observe->view)] =
        std::make_unique<ViewSink>(std::move(writer), std::move(gate), options.batch_max, options.linger_ms);
  }
  return sinks;
}

Result<std::vector<std::unique_ptr<Source>>> open_sources(const NativeOptions& options, const PipelinePlan& plan) {
  std::vector<std::unique_ptr<Source>> sources;
  const auto open = [&](auto planned, const auto& open_source) -> Status {
    planned.from_beginning = options.from_beginning;
    planned.log = options.log;
    planned.away_limit_ms = options.away_limit_ms;
    FRESHET_ASSIGN(auto source, open_source(planned));
    sources.push_back(std::move(source));
    return {};
  };
  for (const MysqlSourceOptions& planned : plan.mysql) FRESHET_TRY(open(planned, open_mysql_source));
  for (KafkaSourceOptions planned : plan.kafka) {
    planned.await_topics = options.await_topics;
    FRESHET_TRY(open(planned, open_kafka_source));
  }
  return sources;
}

Status write_file(const std::string& file, const char* what, const std::string& text) {
  if (file.empty()) return {};
  std::ofstream out(file, std::ios::trunc);
  std::error_code ignored;  // for a device, for example
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  out << text;
  out.close();
  return out ? Status() : Error{ErrorKind::Internal, fmt::format("{} cannot be written: {}", what, file), ""};
}

Status write_journal(const std::string& file, const std::vector<std::unique_ptr<ViewSink>>& sinks) {
  for (const auto& sink : sinks) {
    if (!sink || sink->gate() == nullptr) continue;
    FRESHET_TRY(write_file(file, "the drill's journal", sink->gate()->journal()));
  }
  return {};
}

Positions positions_of(const std::vector<std::unique_ptr<Source>>& sources) {
  Positions positions(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) sources[i]->position(positions[i]);
  return positions;
}

}  // namespace

Status run_native_pipeline(const Scenario& scenario, const NativeOptions& options, const std::function<void()>& ready,
                           std::stop_token stop) {
  const Result<PipelinePlan> plan = plan_pipeline(scenario, options);
  FRESHET_TRY(plan);
  // The sources first, because they may be refused: a refusal leaves no tables behind.
  auto sources = open_sources(options, plan.value());
  if (!sources.ok()) return sources.error();
  auto sinks = open_sinks(scenario, options, plan.value());
  if (!sinks.ok()) return sinks.error();

  Run run(std::move(stop));
  SourceQueue queue(kSourceBatches);
  BatchPool<SourceBatch> pool;
  MemoryState state;
  OperatorThread operators(scenario, plan->views, state, sinks.value(), queue, pool,
                           static_cast<std::size_t>(std::max(options.batch_max, 1)), positions_of(sources.value()));
  std::vector<std::jthread> sink_threads, source_threads;
  for (const auto& sink : sinks.value()) {
    if (sink) sink_threads.emplace_back([&run, sink = sink.get()] { run.report("sink", sink->run()); });
  }
  std::jthread operator_thread([&] { run.report("views", operators.run()); });
  for (std::size_t i = 0; i < sources->size(); ++i) {
    source_threads.emplace_back(
        [&, i] { run.report("source", pump(*sources.value()[i], i, queue, pool, run.token())); });
  }
  ready();
  run.wait();

  for (std::jthread& thread : source_threads) thread.join();
  queue.close();
  operator_thread.join();
  const Instant deadline = SystemClock().now() + kDrain;
  for (const auto& sink : sinks.value()) {
    if (sink) sink->finish(deadline);
  }
  for (std::jthread& thread : sink_threads) thread.join();
  run.report("state", operators.settle());
  const EndedPipeline ended{scenario, sources.value(), queue, state, operators, sinks.value()};
  if (options.log) {
    for (const std::string& line : summary_of(ended)) options.log(line);
  }
  FRESHET_TRY(run.result());
  FRESHET_TRY(write_file(options.state_file, "the size of the state", state_report(ended)));
  return write_journal(options.drill_journal, sinks.value());
}

}  // namespace freshet
