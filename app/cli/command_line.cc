#include "app/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <climits>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "app/commands/commands.h"
#include "app/terminal/output.h"
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

/// What CLI11 calls to refuse a value: an empty text accepts it.
std::string check_change(const std::string& change) {
  if (change.starts_with('/') && change.find('=') != std::string::npos) return "";
  return "expected /POINTER=VALUE, got \"" + masked(change) + "\"";
}

std::string check_time(const std::string& text) {
  std::int64_t micros = 0;
  return parse_time(text, micros) ? "" : "expected e.g. 2026-01-31T12:00:00Z, got \"" + text + "\"";
}

/// A sign would wrap to a number that nobody meant.
std::string check_whole(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end
             ? ""
             : "expected a whole number from 0 to 18446744073709551615, got \"" + text + "\"";
}

/// --set, --seed, --rate, --for, --drain, --canary: the same on every command that reads a scenario.
struct OverrideFlags {
  std::vector<std::string> set;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> rate, duration, drain, canary;

  void add_to(CLI::App& command) {
    command.add_option("--set", set, "Change the scenario: POINTER=VALUE")
        ->type_name("POINTER=VALUE")
        ->check(check_change);
    command.add_option("--seed", seed, "Seed of all content")->type_name("N")->check(check_whole);
    command.add_option("--rate", rate, "Arrivals a second, e.g. 500/s; other loads keep their proportion");
    command.add_option("--for", duration, "Length of the measured phase, e.g. 10s");
    command.add_option("--drain", drain, "Longest wait for what is unseen at the end, e.g. 20s");
    command.add_option("--canary", canary, "Longest wait for the first rows to be seen, e.g. 2m");
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
  command.add_option("SCENARIO", scenario, "Scenario file (JSON with comments)")->required();
}

std::string own_path() {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  return length > 0 ? std::string(buffer, static_cast<std::size_t>(length)) : "freshet";
}

/// One command: its CLI11 sub-command and what to do when it was chosen.
struct Commands {
  CLI::App app{
      "Freshet floods a streaming pipeline with changing retail data and judges, change by change,\n"
      "how fresh and how right its sink is."};
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
    CLI::App* command = app.add_subcommand("run", "Load a pipeline, drive it, measure it and judge it");
    add_scenario(*command, run.scenario);
    CLI::Option* embedded = command->add_flag("--embedded", run.embedded,
                                              "Private MariaDB server and in-process broker; needs nothing else");
    command
        ->add_flag("--null-target", run.null_target,
                   "The generator alone, without servers: its own limit and punctuality")
        ->excludes(embedded);
    command->add_flag("--data-only", run.data_only, "Write the data only: no pipeline, no view, no gate is judged")
        ->excludes("--null-target");
    flags.add_to(*command);
    command->add_option("--out", run.out, "Folder of the results (default freshet-out/NAME-TIME)");
    command->add_flag("--json", run.json, "result.json on standard output instead of the summary");
    command->add_option("--drill", run.drill,
                        "Err on purpose: lose=1%,stale=1%,resurrect=…,wrong=…,delay=2s@5%,view=NAME");
    command->add_option("--salt", run.salt, "Salt of the keys (default: 0 on private servers, else fresh)")
        ->type_name("N")
        ->check(check_whole);
    command->add_option("--epoch", epoch, "Wall time of the schedule's zero, ISO 8601 (default: when it is)")
        ->check(check_time);
    command->add_option("--lanes", run.lanes, "Connections that write side by side")->check(CLI::Range(1, 64));
    command->add_flag("--drop-existing", run.drop_existing, "Drop tables and topics that earlier runs of Freshet made");
    command->add_flag("--use-existing-topics", run.use_existing_topics, "Write to topics that exist already");
    command->add_flag("--keep", run.keep, "Leave tables, topics and private servers' files behind");
    command->add_option("--before-audit", run.before_audit, "Shell command to run between drain and audit");
    command->footer("Example: freshet run scenarios/split-sales.json --embedded --rate 500/s --for 10s");
    command->callback([this] {
      run.overrides = flags.overrides();
      run.given = flags.given();
      run.program = own_path();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) run.epoch = micros;
      exit_code = run_scenario(run);
    });
  }

  void add_check_and_plan() {
    CLI::App* check = app.add_subcommand("check", "Find every problem of a scenario");
    add_scenario(*check, scenario);
    check->add_flag("--data-only", run.data_only, "As for a run that writes the data and judges nothing");
    flags.add_to(*check);
    check->footer("Example: freshet check scenarios/split-sales.json");
    check->callback([this] { exit_code = check_scenario(scenario, flags.overrides(), run.data_only); });
    CLI::App* plan = app.add_subcommand("plan", "Say what a scenario will do: entities, rates, changes");
    add_scenario(*plan, scenario);
    flags.add_to(*plan);
    plan->footer("Example: freshet plan scenarios/split-sales.json --rate 2000/s");
    plan->callback([this] { exit_code = plan_scenario(scenario, flags.overrides()); });
  }

  void add_sample() {
    CLI::App* command = app.add_subcommand("sample", "Print rows as they will be written, one JSON object a line");
    add_scenario(*command, sample.scenario);
    flags.add_to(*command);
    command->add_option("-n", sample.rows, "Rows of each entity")->check(CLI::Range(1, 1'000'000));
    command->add_option("--entity", sample.entity, "Only this entity");
    command->add_option("--ordinal", sample.ordinal, "Only this instance of the entity, counted from 0")
        ->type_name("N")
        ->check(check_whole)
        ->needs("--entity");
    command->add_option("--version", sample.version, "In this version (default 1)")
        ->type_name("N")
        ->check(CLI::Range(1u, 4'000'000'000u))
        ->needs("--ordinal");
    command->add_option("--epoch", epoch, "Wall time of the schedule's zero, ISO 8601 (default: 2024-01-01T00:00:00Z)")
        ->check(check_time);
    command->add_option("--salt", sample.salt, "Salt of the keys (default: 0)")->type_name("N")->check(check_whole);
    command->footer("Example: freshet sample scenarios/split-sales.json -n 2 --entity payment");
    command->callback([this] {
      sample.overrides = flags.overrides();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) sample.epoch = micros;
      exit_code = sample_scenario(sample);
    });
  }

  void add_fit() {
    CLI::App* command = app.add_subcommand("fit", "Declared against achieved: every law of a scenario, tested on rows");
    add_scenario(*command, fit.scenario);
    flags.add_to(*command);
    command->add_option("-n", fit.rows, "Rows of each entity to look at (default 100000)")
        ->type_name("N")
        ->check(CLI::Range(20, 10'000'000));
    command->add_flag("--json", fit.json, "The result as JSON on standard output instead of the table");
    command->add_option("--out", fit.out, "Folder that gets fit.json and fit.html, the latter with plots");
    command->footer(
        "Exit codes: 0 all fits, 2 usage or scenario, 3 a declared law is not the one achieved,\n"
        "  8 the results could not be written\n"
        "Example: freshet fit scenarios/split-sales.json --out fit");
    command->callback([this] {
      fit.overrides = flags.overrides();
      exit_code = fit_declared(fit);
    });
  }

  void add_generate() {
    CLI::App* command = app.add_subcommand("generate", "Data only, as fast as it can be made");
    add_scenario(*command, generate.scenario);
    command->add_option("--to", generate.to, "stdout (default), a folder, null, mysql or kafka");
    command->add_option("--format", generate.format,
                        "json (default), avro, debezium, csv or sql; to kafka as the scenario says");
    command->add_option("--entity", generate.entities, "Only this entity; may be given again")->allow_extra_args(false);
    command->add_option("--rows", generate.rows, "At most so many changes of each entity")
        ->type_name("N")
        ->check(check_whole);
    command->add_option("--shard", generate.shard, "K/N: the K-th of N parts, which share no key");
    command->add_option(
        "--from-time", generate.from_time,
        "Only from this instant of the schedule on, e.g. 12.5s: the rest of an output that ends before it");
    command->add_option("--epoch", epoch, "Wall time of the schedule's zero, ISO 8601 (default: 2024-01-01T00:00:00Z)")
        ->check(check_time);
    command->add_option("--salt", generate.salt, "Salt of the keys (default: 0)")->type_name("N")->check(check_whole);
    command->add_option("--registry", generate.registry, "URL of a schema registry, for Avro on stdout and Kafka");
    command->add_option("--threads", generate.threads, "Threads that make rows (default: one per core)")
        ->check(CLI::Range(1, 256));
    command->add_flag("--overwrite", generate.overwrite, "Replace files that exist");
    command->add_flag("--drop-existing", generate.drop_existing,
                      "Drop tables and topics that earlier runs of Freshet made");
    command->add_flag("--use-existing-topics", generate.use_existing_topics, "Write to topics that exist already");
    flags.add_to(*command);
    command->footer("Example: freshet generate scenarios/split-sales.json --entity basket --rows 5 | jq .total");
    command->callback([this] {
      generate.overrides = flags.overrides();
      if (std::int64_t micros = 0; parse_time(epoch, micros)) generate.epoch = micros;
      exit_code = generate_data(generate);
    });
  }

  void add_clean() {
    CLI::App* command =
        app.add_subcommand("clean", "Drop the tables and topics that earlier runs left on your servers, only those");
    add_scenario(*command, clean.scenario);
    flags.add_to(*command);
    command->add_flag("--dry-run", clean.dry_run, "Only say what would be dropped");
    command->footer(
        "Example: FRESHET_MYSQL=mysql://me@127.0.0.1/shop FRESHET_KAFKA=127.0.0.1:9092 \\\n"
        "  freshet clean scenarios/split-sales.json --dry-run");
    command->callback([this] {
      clean.overrides = flags.overrides();
      exit_code = clean_servers(clean);
    });
  }

  void add_pipeline() {
    CLI::App* command = app.add_subcommand("pipeline", "The native pipeline as a service");
    add_scenario(*command, pipeline.scenario);
    flags.add_to(*command);
    command->add_flag("--from-beginning", pipeline.from_beginning,
                      "Read the sources from their beginning, not from now");
    command->add_flag("--drop-existing", pipeline.drop_existing, "Start over: drop view tables that Freshet made");
    command->add_flag("--once", pipeline.once,
                      "End when a table or topic that it reads is dropped (default: start over, and wait for it)");
    command->add_option("--run-id", pipeline.run_id, "Put into the comment of the tables");
    command->add_option("--drill", pipeline.drill, "Err on purpose, as in freshet run");
    command->add_option("--drill-journal", pipeline.drill_journal, "File that gets what the drill planted");
    command->add_option("--state-file", pipeline.state_file, "File that gets the size of the state at the end");
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
    // The commands run inside parse(): what they need was copied by then, and what others may list is masked.
    std::vector<std::string> arguments(std::make_reverse_iterator(argv + argc), std::make_reverse_iterator(argv + 1));
    mask_arguments(argc, argv);
    commands.app.name(argv[0]);
    commands.app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    // What CLI11 says repeats what was given.
    std::ostringstream help, refusal;
    const int code = commands.app.exit(error, help, refusal);
    std::fputs(help.str().c_str(), stdout);
    std::fputs(printable_lines(masked(refusal.str())).c_str(), stderr);
    // CLI11 numbers its errors from 100; a wrong command line is 2 here. Help and version are 0.
    return with_output_written(code == 0 ? 0 : 2);
  }
  return with_output_written(commands.exit_code.value_or(2));
}

}  // namespace freshet
