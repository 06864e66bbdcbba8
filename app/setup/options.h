// The options of the commands. Plain values, filled by command_line.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// Wall time of the schedule's zero if there is no run, 2024-01-01T00:00:00Z: fixed, so that the same command gives the
/// same bytes.
inline constexpr WallTime kDataEpoch{1'704'067'200 * kMicrosPerSecond};

struct RunOptions {
  std::string scenario;
  Overrides overrides;
  std::vector<std::string> given;  ///< the overriding flags as written, for the record
  bool embedded = false;
  bool data_only = false;    ///< write the data; judge nothing, start no pipeline
  bool null_target = false;  ///< the generator alone: no server, no pipeline, nothing written
  bool json = false;         ///< result.json on stdout instead of the summary
  bool keep = false;         ///< keep tables, topics and private servers' files
  bool drop_existing = false;
  bool use_existing_topics = false;
  std::string out;
  std::optional<std::uint64_t> salt;
  std::optional<WallTime> epoch;
  std::string drill;
  std::string before_audit;  ///< shell command, run after the drain and before the scan
  int lanes = 2;
  std::string program;  ///< our own path, to start the pipeline with
};

struct PipelineOptions {
  std::string scenario;
  Overrides overrides;
  bool once = false;  ///< end when a source is dropped, instead of starting over
  bool drop_existing = false;
  bool from_beginning = false;
  std::string run_id;
  std::string drill;
  std::string drill_journal;
  std::string state_file;
};

struct GenerateOptions {
  std::string scenario;
  Overrides overrides;
  std::string to = "stdout";  ///< stdout, null, mysql, kafka or a folder
  std::string format;         ///< default json; for Kafka the scenario's format
  std::vector<std::string> entities;
  std::optional<std::int64_t> rows;
  std::string shard = "1/1";
  std::optional<std::string> from_time;
  WallTime epoch = kDataEpoch;
  std::uint64_t salt = 0;
  std::string registry;  ///< URL; may contain a password
  int threads = 0;       ///< 0 = one per core
  bool overwrite = false;
  bool drop_existing = false;
  bool use_existing_topics = false;
};

struct CleanOptions {
  std::string scenario;
  Overrides overrides;
  bool dry_run = false;
};

struct SampleOptions {
  std::string scenario;
  Overrides overrides;
  std::string entity;
  int rows = 3;
  std::optional<std::uint64_t> ordinal;  ///< only this instance…
  std::uint32_t version = 1;             ///< …in this version
  WallTime epoch = kDataEpoch;           ///< the same as for generate, so that the rows are the same
  std::uint64_t salt = 0;
};

struct FitOptions {
  std::string scenario;
  Overrides overrides;
  std::int64_t rows = 100'000;  ///< at most, for each entity
  bool json = false;            ///< fit.json on stdout instead of the table
  std::string out;              ///< folder for fit.json and fit.html; "" = none
};

}  // namespace freshet
