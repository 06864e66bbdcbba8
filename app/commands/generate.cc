// `freshet generate`: writes a scenario's rows and changes, without a run, to files, pipes or servers.
//
// Exit codes: 0 everything was written, or the reader of standard output has gone · 2 usage · 8 the disk is full or a
// server is unreachable · 130 interrupted. A file gets its name when it is complete; incomplete files are removed.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/generate.h"
#include "app/terminal/complaints.h"
#include "app/terminal/signals.h"
#include "base/exit_code.h"
#include "base/messages/nearest.h"
#include "base/messages/units.h"
#include "generator/write/backends.h"

namespace freshet {

namespace {

Error usage(std::string message, std::string hint) { return {ErrorKind::Usage, std::move(message), std::move(hint)}; }

/// "3/8" → shard 2 of 8.
Status read_shard(const std::string& text, ChangeSelection& selection) {
  int part = 0;
  int parts = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, part);
  if (first.ptr == end || *first.ptr != '/')
    return usage("--shard: invalid shard \"" + text + '"', "expected e.g. 1/4");
  const auto second = std::from_chars(first.ptr + 1, end, parts);
  if (second.ptr != end || part < 1 || parts < part) {
    return usage("--shard: invalid shard \"" + text + '"', "expected K/N with K from 1 to N");
  }
  selection.shard = part - 1;
  selection.shards = parts;
  return {};
}

/// "12.5s".
std::optional<Micros> read_instant(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}};
  constexpr double kMost = 1e15;  // about thirty years, which a double represents exactly
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (read.ec != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
  for (const auto& [name, micros] : kUnits) {
    if (unit == name && std::abs(value * micros) <= kMost)
      return Micros{std::llround(value * micros)};  // false for a NaN
  }
  return std::nullopt;
}

/// Rejects text that looks like a kind of target but is not one, rather than creating a folder of that name.
Status check_target(const std::string& to) {
  Names kinds = {"stdout", "null"};
  for (const Backend* backend : backends()) kinds.push_back(backend->name());
  if (to.empty()) return usage("--to: nowhere", "expected a folder, or " + one_of(kinds));
  const bool folder = to.find('/') != std::string::npos || std::filesystem::exists(to);
  if (folder || std::find(kinds.begin(), kinds.end(), to) != kinds.end()) return {};
  const std::string meant = nearest(to, kinds);
  if (meant.empty()) return {};
  return usage("--to: unknown target \"" + to + '"' + did_you_mean(meant),
               "to create a folder of that name, write ./" + to);
}

Status select_entities(const Scenario& scenario, const std::vector<std::string>& names, std::vector<bool>& out) {
  out.assign(scenario.entities.size(), names.empty());
  for (const std::string& name : names) {
    const auto id = scenario.find_entity(name);
    if (id) {
      out[index_of(*id)] = true;
      continue;
    }
    return no_such_entity(scenario, name);
  }
  return {};
}

Status read_selection(const Scenario& scenario, const GenerateOptions& options, ChangeSelection& selection) {
  FRESHET_TRY(select_entities(scenario, options.entities, selection.entities));
  FRESHET_TRY(read_shard(options.shard, selection));
  selection.rows = options.rows;
  if (!options.from_time) return {};
  selection.from = read_instant(*options.from_time);
  if (selection.from) return {};
  return usage("--from-time: invalid offset \"" + *options.from_time + '"', "expected e.g. 12.5s, 300ms or 12500000us");
}

}  // namespace

GenerateProgress::GenerateProgress(Micros length, bool alone)
    : began_(clock_.now()),
      shown_(began_),
      length_(length),
      on_terminal_(::isatty(STDERR_FILENO) != 0 && (alone || ::isatty(STDOUT_FILENO) == 0)) {}

bool GenerateProgress::show(std::int64_t changes, std::int64_t bytes, Micros reached) {
  constexpr Nanos kStep = 200 * kNanosPerMilli;
  changes_ = changes;
  bytes_ = bytes;
  reached_ = reached;
  const Instant now = clock_.now();
  if (on_terminal_ && now - shown_ >= kStep) {
    shown_ = now;
    const double share =
        length_ > Micros{}
            ? std::clamp(static_cast<double>(reached.count()) / static_cast<double>(length_.count()), 0.0, 1.0)
            : 1;
    std::fprintf(stderr, "\r\033[K%s, %.0f %% of the schedule", line().c_str(), share * 100);
    std::fflush(stderr);
  }
  return stop_signal() == 0;
}

std::string GenerateProgress::line() const {
  const double seconds = std::max(to_seconds(clock_.now() - began_), 1e-9);
  std::string text = human_count(changes_) + " changes";
  if (bytes_ > 0) text += ", " + human_bytes(bytes_);
  text += " in " + human_duration(seconds) + ": " +
          human_count(static_cast<std::int64_t>(static_cast<double>(changes_) / seconds)) + "/s";
  if (bytes_ > 0) text += ", " + human_bytes(static_cast<std::int64_t>(static_cast<double>(bytes_) / seconds)) + "/s";
  return text;
}

void GenerateProgress::end() const { std::fprintf(stderr, "%s%s\n", on_terminal_ ? "\r\033[K" : "", line().c_str()); }

int generate_data(const GenerateOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  catch_stop_signals();
  Generation generation{*scenario, options, {}, {scenario->seed, options.salt, options.epoch}};
  const Status read = read_selection(*scenario, options, generation.selection);
  if (!read.ok()) return complain(read.error());
  const Status target = check_target(options.to);
  if (!target.ok()) return complain(target.error());
  const bool to_servers = find_backend(options.to) != nullptr;
  const Status done = to_servers ? generate_to_servers(generation) : generate_to_files(generation);
  if (!done.ok()) return complain(done.error());
  return 0;
}

}  // namespace freshet
