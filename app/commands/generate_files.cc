// `freshet generate` to standard output, to one file per entity, or to nowhere (to measure the generator).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

#include "app/commands/generate.h"
#include "app/terminal/signals.h"
#include "base/messages/nearest.h"
#include "base/messages/units.h"
#include "clients/http/registry.h"
#include "generator/write/file/file_output.h"
#include "generator/write/file/file_stream.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/targets.h"

namespace freshet {

namespace {

/// Receives one stream of bytes, and adds what a file of its format needs around them.
class Sink {
 public:
  Sink(std::optional<FileOutput> output, std::optional<AvroSync> sync) : output_(std::move(output)), sync_(sync) {}

  Result<bool> write(std::string_view bytes, std::int64_t changes) {
    if (!output_) return true;
    if (!sync_) return output_->write(bytes);
    block_.clear();
    append_avro_block_head(changes, bytes.size(), block_);
    block_.append(bytes);
    append_avro_block_tail(*sync_, block_);
    return output_->write(block_.view());
  }
  Result<bool> write_head(std::string_view head) { return output_ ? output_->write(head) : Result<bool>(true); }
  Status finish() { return output_ ? output_->finish() : Status(); }

 private:
  std::optional<FileOutput> output_;  ///< absent: discards everything
  std::optional<AvroSync> sync_;      ///< block marker of a container file
  Buffer block_;
};

Error no_such_format(const std::string& name) {
  const Names known = format_names();
  return {ErrorKind::Usage, "no format \"" + name + '"' + did_you_mean(nearest(name, known)),
          "there are: " + one_of(known)};
}

/// CREATE TABLE IF NOT EXISTS: each file of statements must work alone, and the shards of one table side by side.
std::string table_sql(const Scenario& scenario, EntityId entity) {
  const std::string create = "CREATE TABLE ";
  return create + "IF NOT EXISTS " +
         create_table_sql(scenario.entity(entity), table_of(scenario, entity), "made by freshet generate")
             .substr(create.size()) +
         ";\n";
}

class FileGeneration {
 public:
  explicit FileGeneration(Generation& generation)
      : generation_(generation),
        scenario_(generation.scenario),
        to_stdout_(generation.options.to == "stdout"),
        to_null_(generation.options.to == "null") {}

  Status run() {
    FRESHET_TRY(read_format());
    FRESHET_TRY(register_schemas());
    FRESHET_TRY(open());
    const auto model = make_model(scenario_, generation_.identity);
    ChangeSource source(scenario_, *model, generation_.identity, generation_.selection);
    GenerateProgress progress(scenario_.length(), !to_stdout_);
    const Result<FileStreamProgress> done = stream_changes(
        scenario_, *model, generation_.identity.epoch, source, options_,
        [this](int stream, std::string_view bytes, std::int64_t changes) {
          Result<bool> taken = sinks_[static_cast<std::size_t>(stream)].write(bytes, changes);
          reader_gone_ = taken.ok() && !taken.value();
          return taken;
        },
        [&](const FileStreamProgress& now) { return progress.show(now.changes, now.bytes, now.reached); });
    if (!done.ok()) return done.error();
    if (reader_gone_) return {};
    if (stop_signal() != 0) {
      return interrupted(done.value());
    }
    for (Sink& sink : sinks_) FRESHET_TRY(sink.finish());
    tell(progress, done.value());
    return {};
  }

 private:
  Status read_format() {
    const std::string& name = generation_.options.format;
    const auto format = name.empty() ? std::optional(Format::Json) : format_of(name);
    if (!format) return no_such_format(name);
    options_.format = *format;
    generation_.selection.deletes = tells_operations(*format);
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    options_.threads = generation_.options.threads > 0 ? generation_.options.threads : static_cast<int>(cores);
    const auto& wanted = generation_.selection.entities;
    const bool one_table = *format == Format::Csv || *format == Format::Avro;
    if (to_stdout_ && one_table && std::count(wanted.begin(), wanted.end(), true) != 1) {
      return Error{ErrorKind::Usage, name + " on standard output can hold only one entity",
                   "use --entity NAME, or --to FOLDER for one file per entity"};
    }
    return {};
  }

  Status register_schemas() {
    options_.schema_ids.resize(scenario_.entities.size());
    const std::string& url = generation_.options.registry;
    if (url.empty()) return {};
    if (options_.format != Format::Avro || !to_stdout_) {
      return Error{ErrorKind::Usage, "--registry applies only to --format avro on standard output or Kafka", {}};
    }
    FRESHET_ASSIGN(const auto address, registry::parse_address(url));
    for (std::size_t i = 0; i < scenario_.entities.size(); ++i) {
      if (!generation_.selection.entities[i]) continue;
      const Entity& entity = scenario_.entities[i];
      FRESHET_ASSIGN(const auto id,
                     registry::register_schema(address, entity.name + "-value", AvroWriter(entity).schema()));
      options_.schema_ids[i] = id;
    }
    return {};
  }

  /// Opens every output before the first row, so that an unwritable one is refused at once.
  Status open() {
    options_.stream_of.assign(scenario_.entities.size(), -1);
    if (!to_stdout_ && !to_null_) {
      std::error_code failed;
      std::filesystem::create_directories(generation_.options.to, failed);
      if (failed) {
        return Error{
            ErrorKind::Unreachable, "cannot create the folder " + generation_.options.to + ": " + failed.message(), {}};
      }
    }
    if (options_.format == Format::Sql) head_.append(sql_prelude());
    for (std::size_t i = 0; i < scenario_.entities.size(); ++i) {
      if (generation_.selection.entities[i]) FRESHET_TRY(open_entity(static_cast<EntityId>(i)));
    }
    options_.streams = static_cast<int>(sinks_.size());
    if (to_stdout_ && !sinks_.empty()) return begin(sinks_[0]);
    return {};
  }

  /// Standard output is one stream for all entities; a folder has one for each.
  Status open_entity(EntityId id) {
    const Entity& entity = scenario_.entity(id);
    const bool container = options_.format == Format::Avro && !options_.schema_ids[index_of(id)];
    if (!to_stdout_ && options_.format == Format::Sql) {
      head_.clear();
      head_.append(sql_prelude());
    }
    // Resumed output on standard output is appended to what was written before, so it has no header. A file stands
    // alone.
    const bool headless = to_stdout_ && generation_.selection.from.has_value();
    if (options_.format == Format::Csv && !headless) CsvWriter(entity.record).append_header(head_);
    if (options_.format == Format::Sql) head_.append(table_sql(scenario_, id));
    std::optional<AvroSync> sync;
    if (container) {
      const std::string schema = AvroWriter(entity).schema();
      sync = avro_sync(schema);
      if (!headless) append_avro_header(schema, *sync, head_);
    }
    if (to_stdout_) {
      if (sinks_.empty()) sinks_.emplace_back(FileOutput::standard_output(stop_grace_is_over), sync);
      options_.stream_of[index_of(id)] = 0;
      return {};
    }
    options_.stream_of[index_of(id)] = static_cast<int>(sinks_.size());
    if (to_null_) {
      sinks_.emplace_back(std::nullopt, std::nullopt);
      head_.clear();
      return {};
    }
    const std::string path = generation_.options.to + "/" + entity.name + std::string(suffix_of(options_.format));
    FRESHET_ASSIGN(auto output, FileOutput::create(path, generation_.options.overwrite));
    sinks_.emplace_back(std::move(output), sync);
    return begin(sinks_.back());
  }

  Status begin(Sink& sink) {
    const Result<bool> written = sink.write_head(head_.view());
    head_.clear();
    if (!written.ok()) return written.error();
    return {};
  }

  [[nodiscard]] Error interrupted(const FileStreamProgress& done) const {
    std::string hint = "unfinished files were removed";
    if (to_null_) hint.clear();
    if (to_stdout_) {
      const char* rows = generation_.options.rows ? "; --rows counts from there" : "";
      hint = done.rest_from ? fmt::format("resume with --from-time {}us{}", done.rest_from->count(), rows)
                            : "start over: reference rows are missing";
    }
    return {ErrorKind::Interrupted, fmt::format("stopped at {}us of the schedule", done.reached.count()), hint};
  }

  void tell(const GenerateProgress& progress, const FileStreamProgress& done) const {
    if (!to_stdout_ || ::isatty(STDERR_FILENO) != 0) progress.end();
    if (done.deletes_left_out == 0) return;
    std::fprintf(stderr,
                 "freshet: %s deletes omitted: this format contains only rows; debezium and sql contain changes\n",
                 human_count(done.deletes_left_out).c_str());
  }

  Generation& generation_;
  const Scenario& scenario_;
  const bool to_stdout_;
  const bool to_null_;
  FileStreamOptions options_;
  std::vector<Sink> sinks_;
  Buffer head_;
  bool reader_gone_ = false;
};

}  // namespace

Status generate_to_files(Generation& generation) { return FileGeneration(generation).run(); }

}  // namespace freshet
