#include "app/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <climits>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "app/commands/commands.h"
#include "app/terminal/output.h"
#include "base/exit_code.h"
#include "base/messages/masked.h"
#include "base/messages/printable.h"
#include "base/row.h"

namespace freshet {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  freshet run scenarios/split-sales.json --embedded\n"
    "  freshet check scenarios/split-sales.json\n"
    "  freshet sample scenarios/split-sales.json -n 2 --entity basket\n\n"
    "Exit codes: 0 pass (or nothing judged), 1 internal error, 2 usage or scenario, 3 gate or fit failed, 5 "
    "inconclusive,\n"
    "  6 run invalid, 7 incorrect, 8 unreachable, 130 interrupted";

/// Called by CLI11 to validate a value; an empty text accepts it.
std::string check_change(const std::string& change) {
  if (change.starts_with('/') && change.find('=') != std::string::npos) return "";
  return "expected /POINTER=VALUE, got \"" + masked(change) + "\"";
}

std::string check_time(const std::string& text) {
  std::int64_t micros = 0;
  return parse_time(text, micros) ? "" : "expected e.g. 2026-01-31T12:00:00Z, got \"" + text + "\"";
}

/// Without this check a negative number would wrap around.
std::string check_whole(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end
             ? ""
             : "expected a whole number from 0 to 18446744073709551615, got \"" + text + "\"";
}

/// --set, --seed, --rate, --for, --drain, --canary: the same for every command that reads a scenario.
struct OverrideFlags {
  std::vector<std::string> set;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> rate, duration, drain, canary;

  void add_to(CLI::App& command) {
    command.add_option("--set", set, "Override one value of the scenario, named by its JSON pointer (repeatable)")
        ->type_name("POINTER=VALUE")
        ->check(check_change);
    command.add_option("--seed", seed, "Seed of all generated content")->type_name("N")->check(check_whole);
    command.add_option("--rate", rate, "Arrival rate, e.g. 500/s; other loads are scaled in proportion")
        ->type_name("RATE");
    command.add_option("--for", duration, "Length of the measured phase, e.g. 10s")->type_name("DURATION");
    command.add_option("--drain", drain, "Maximum time to wait at the end for changes not yet visible, e.g. 20s")
        ->type_name("DURATION");
    command.add_option("--canary", canary, "Maximum time to wait for the first rows to become visible, e.g. 2m")
        ->type_name("DURATION");
  }
  [[nodiscard]] Overrides overrides() const {
    Overrides result;
    for (const std::string& change : set) {
      const std::size_t equals = change.find('=');
      result.set.emplace_back(change.substr(0, equals), change.substr(equals + 1));
    }
    result.seed = seed;
    result.rate = rate;
    result.duration = duration;
    result.drain = drain;
    result.canary = canary;
    return result;
  }
  [[nodiscard]] std::vector<std::string> given() const {
    std::vector<std::string> result;
    for (const std::string& change : set) {
      const std::string pointer = change.substr(0, change.find('='));
      result.push_back("--set " + pointer + "=" + masked_change(pointer, change.substr(pointer.size() + 1)));
    }
    if (seed) result.push_back("--seed " + std::to_string(*seed));
    if (rate) result.push_back("--rate " + *rate);
    if (duration) result.push_back("--for " + *duration);
    if (drain) result.push_back("--drain " + *drain);
    if (canary) result.push_back("--canary " + *canary);
    return result;
  }
};

void add_scenario(CLI::App& command, std::string& scenario) {
  command.add_option("SCENARIO", scenario, "Scenario file (JSON with comments)")->required()->type_name("");
}

void add_epoch(CLI::App& command, std::string& epoch, const std::string& by_default) {
  command
      .add_option("--epoch", epoch,
                  "Wall-clock time of the start of the schedule, ISO 8601 (default: " + by_default + ")")
      ->type_name("TIME")
      ->check(check_time);
}

template <typename Salt>
void add_salt(CLI::App& command, Salt& salt, const std::string& by_default) {
  command.add_option("--salt", salt, "Salt of the keys (default: " + by_default + ")")
      ->type_name("N")
      ->check(check_whole);
}

void add_existing(CLI::App& command, bool& drop, bool& use_topics) {
  command.add_flag("--drop-existing", drop, "Drop tables and topics that earlier runs of Freshet created");
  command.add_flag("--use-existing-topics", use_topics, "Write to topics that already exist");
}

std::string own_path() {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  return length > 0 ? std::string(buffer, static_cast<std::size_t>(length)) : "freshet";
}

/// One command: its CLI11 sub-command, and the function to call if it was chosen.
struct Commands {
  CLI::App app{
      "Freshet floods a streaming pipeline with changing retail data and measures how long each change\n"
      "takes to become visible in the sink, and whether what ends up there is right."};
  OverrideFlags flags;
  RunOptions run;
  PipelineOptions pipeline;
  SampleOptions sample;
  FitOptions fit;
  CleanOptions clean;
  GenerateOptions generate;
  std::string scenario, epoch;
  std::optional<int> exit_code;

  Commands() {
    app.footer(kExamples);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("freshet ") + FRESHET_VERSION);
    add_run();
    add_check_and_plan();
    add_sample();
    add_fit();
    add_generate();
    add_pipeline();
    add_clean();
  }

  void add_run() {
    CLI::App* command =
        app.add_subcommand("run", "Run a scenario against a pipeline: load it, measure freshness, check the result");
    add_scenario(*command, run.scenario);
    CLI::Option* embedded =
        command->add_flag("--embedded", run.embedded, "Start a private MariaDB server and an in-process broker");
    command
        ->add_flag("--null-target", run.null_target,
                   "Run the generator without servers, to measure its own limit and lateness")
        ->excludes(embedded);
    command->add_flag("--data-only", run.data_only, "Write the data only; judge no pipeline, view or gate")
        ->excludes("--null-target");
    flags.add_to(*command);
    command->add_option("--out", run.out, "Write the results to this directory (default: freshet-out/NAME-TIME)")
        ->type_name("DIR");
    command->add_flag("--json", run.json, "Print result.json instead of the summary");
    command
        ->add_option(
            "--drill", run.drill,
            "Make the native pipeline err on purpose: lose=1%,stale=1%,resurrect=…,wrong=…,delay=2s@5%,view=NAME")
        ->type_name("ERRORS");
    add_salt(*command, run.salt, "0 on private servers, otherwise random");
    add_epoch(*command, epoch, "now");
    command->add_option("--lanes", run.lanes, "Number of connections that write in parallel, 1 to 64 (default: 2)")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    add_existing(*command, run.drop_existing, run.use_existing_topics);
    command->add_flag("--keep", run.keep, "Keep the tables, topics and private server files of this run");
    command->add_option("--before-audit", run.before_audit, "Shell command to run between drain and audit")
        ->type_name("COMMAND");
    command->footer("Example: freshet run scenarios/split-sales.json --embedded --rate 500/s --for 10s");
    command->callback([this] {
      run.overrides = flags.overrides();
      run.given = flags.given();
      run.program = own_path();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) run.epoch = WallTime{Micros{micros}};
      exit_code = run_scenario(run);
    });
  }

  void add_check_and_plan() {
    CLI::App* check = app.add_subcommand("check", "Validate a scenario and report all problems");
    add_scenario(*check, scenario);
    check->add_flag("--data-only", run.data_only, "Check only what a run with --data-only needs");
    flags.add_to(*check);
    check->footer("Example: freshet check scenarios/split-sales.json");
    check->callback([this] { exit_code = check_scenario(scenario, flags.overrides(), run.data_only); });
    CLI::App* plan =
        app.add_subcommand("plan", "Show what a scenario will do: entities, rates, number of changes, memory");
    add_scenario(*plan, scenario);
    flags.add_to(*plan);
    plan->footer("Example: freshet plan scenarios/split-sales.json --rate 2000/s");
    plan->callback([this] { exit_code = plan_scenario(scenario, flags.overrides()); });
  }

  void add_sample() {
    CLI::App* command = app.add_subcommand("sample", "Print example rows, one JSON object per line");
    add_scenario(*command, sample.scenario);
    flags.add_to(*command);
    command->add_option("-n", sample.rows, "Number of rows per entity (default: 3)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""));
    command->add_option("--entity", sample.entity, "Limit to this entity")->type_name("NAME");
    command->add_option("--ordinal", sample.ordinal, "Limit to this instance of the entity, counted from 0")
        ->type_name("N")
        ->check(check_whole)
        ->needs("--entity");
    command->add_option("--version", sample.version, "Version of that instance (default: 1)")
        ->type_name("N")
        ->check(CLI::Range(1u, 4'000'000'000u).description(""))
        ->needs("--ordinal");
    add_epoch(*command, epoch, "2024-01-01T00:00:00Z");
    add_salt(*command, sample.salt, "0");
    command->footer("Example: freshet sample scenarios/split-sales.json -n 2 --entity payment");
    command->callback([this] {
      sample.overrides = flags.overrides();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) sample.epoch = WallTime{Micros{micros}};
      exit_code = sample_scenario(sample);
    });
  }

  void add_fit() {
    CLI::App* command = app.add_subcommand("fit", "Test whether generated rows match the declared distributions");
    add_scenario(*command, fit.scenario);
    flags.add_to(*command);
    command->add_option("-n", fit.rows, "Number of rows per entity to test (default: 100000)")
        ->type_name("N")
        ->check(CLI::Range(20, 10'000'000).description(""));
    command->add_flag("--json", fit.json, "Print the result as JSON instead of a table");
    command->add_option("--out", fit.out, "Write fit.json and fit.html (with plots) to this directory")
        ->type_name("DIR");
    command->footer(
        "Exit codes: 0 everything matches, 2 usage or scenario, 3 a distribution differs from its declaration,\n"
        "  8 the results could not be written\n"
        "Example: freshet fit scenarios/split-sales.json --out fit");
    command->callback([this] {
      fit.overrides = flags.overrides();
      exit_code = fit_declared(fit);
    });
  }

  void add_generate() {
    CLI::App* command = app.add_subcommand("generate", "Generate data only, as fast as possible");
    add_scenario(*command, generate.scenario);
    command
        ->add_option("--to", generate.to, "stdout (default), a directory, null, or a key of \"write\", such as mysql")
        ->type_name("TARGET");
    command
        ->add_option("--format", generate.format,
                     "json (default), avro, debezium, csv or sql; for kafka, the scenario's format")
        ->type_name("FORMAT");
    command->add_option("--entity", generate.entities, "Limit to this entity (repeatable)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_option("--rows", generate.rows, "Maximum number of changes per entity")
        ->type_name("N")
        ->check(check_whole);
    command->add_option("--shard", generate.shard, "Generate part K of N; no two parts share a key")->type_name("K/N");
    command
        ->add_option("--from-time", generate.from_time,
                     "Resume: skip everything scheduled before this offset, e.g. 12.5s")
        ->type_name("OFFSET");
    add_epoch(*command, epoch, "2024-01-01T00:00:00Z");
    add_salt(*command, generate.salt, "0");
    command->add_option("--registry", generate.registry, "URL of a schema registry, for Avro on stdout and Kafka")
        ->type_name("URL");
    command
        ->add_option("--threads", generate.threads,
                     "Number of threads that make rows, 1 to 256 (default: one per core)")
        ->type_name("N")
        ->check(CLI::Range(1, 256).description(""));
    command->add_flag("--overwrite", generate.overwrite, "Replace existing files");
    add_existing(*command, generate.drop_existing, generate.use_existing_topics);
    flags.add_to(*command);
    command->footer("Example: freshet generate scenarios/split-sales.json --entity basket --rows 5 | jq .total");
    command->callback([this] {
      generate.overrides = flags.overrides();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) generate.epoch = WallTime{Micros{micros}};
      exit_code = generate_data(generate);
    });
  }

  void add_clean() {
    CLI::App* command =
        app.add_subcommand("clean", "Drop the tables and topics that earlier runs left behind, and nothing else");
    add_scenario(*command, clean.scenario);
    flags.add_to(*command);
    command->add_flag("--dry-run", clean.dry_run, "Print what would be dropped, and drop nothing");
    command->footer(
        "Example: FRESHET_MYSQL=mysql://me@127.0.0.1/shop FRESHET_KAFKA=127.0.0.1:9092 \\\n"
        "  freshet clean scenarios/split-sales.json --dry-run");
    command->callback([this] {
      clean.overrides = flags.overrides();
      exit_code = clean_servers(clean);
    });
  }

  void add_pipeline() {
    CLI::App* command = app.add_subcommand("pipeline", "Run the native pipeline as a service");
    add_scenario(*command, pipeline.scenario);
    flags.add_to(*command);
    command->add_flag("--from-beginning", pipeline.from_beginning,
                      "Read the sources from their beginning instead of from now");
    command->add_flag("--drop-existing", pipeline.drop_existing, "Start over: drop view tables that Freshet created");
    command->add_flag("--once", pipeline.once,
                      "Exit when a source table or topic is dropped (default: start over and wait for it)");
    command->add_option("--run-id", pipeline.run_id, "Run ID to put in the comments of the tables")->type_name("ID");
    command->add_option("--drill", pipeline.drill, "Err on purpose, as in freshet run")->type_name("ERRORS");
    command
        ->add_option("--drill-journal", pipeline.drill_journal, "Write the errors that the drill planted to this file")
        ->type_name("FILE");
    command->add_option("--state-file", pipeline.state_file, "Write the final size of the state to this file")
        ->type_name("FILE");
    command->footer(
        "Example: FRESHET_MYSQL=mysql://me@127.0.0.1/shop FRESHET_KAFKA=127.0.0.1:9092 \\\n"
        "  freshet pipeline scenarios/split-sales.json");
    command->callback([this] {
      pipeline.overrides = flags.overrides();
      exit_code = serve_pipeline(pipeline);
    });
  }
};

}  // namespace

int run_command_line(int argc, char** argv) {
  prepare_standard_streams();
  Commands commands;
  try {
    // The commands run inside parse(), so the arguments are copied first; then the originals, which other users can
    // list, are masked.
    std::vector<std::string> arguments(std::make_reverse_iterator(argv + argc), std::make_reverse_iterator(argv + 1));
    mask_arguments(argc, argv);
    commands.app.name(argv[0]);
    commands.app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    // CLI11's messages repeat the arguments.
    std::ostringstream help, refusal;
    const int code = commands.app.exit(error, help, refusal);
    std::fputs(help.str().c_str(), stdout);
    std::fputs(printable_lines(masked(refusal.str())).c_str(), stderr);
    // CLI11 numbers its errors from 100; a wrong command line has one code here. Help and version are 0.
    return with_output_written(code == 0 ? exit_code::kOk : exit_code::kUsage);
  }
  return with_output_written(commands.exit_code.value_or(exit_code::kUsage));
}

}  // namespace freshet
