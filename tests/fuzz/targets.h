// The fuzz targets: what they are fed must not make them crash, read out of bounds, run away or break the promise that
// each of them checks. libFuzzer feeds them what it invents (script/fuzz), a unit test what is in corpus/
// (corpus_test.cc).
#pragma once

#include <cstddef>
#include <span>

namespace freshet::fuzz {

using Input = std::span<const std::byte>;

/// A recorded binlog, see binlog_input.h.
void fuzz_binlog(Input input);
/// The text of a scenario file.
void fuzz_scenario(Input input);
/// The value of a message: a JSON object, read as a row.
void fuzz_json_row(Input input);
/// The value of a message: an Avro datum behind the frame of a registry.
void fuzz_avro_row(Input input);
/// One byte for the session's settings, then an SQL statement.
void fuzz_statement(Input input);

/// A text of the command line or of the environment, see fuzz_options.cc.
void fuzz_options(Input input);
/// A locale beside a scenario.
void fuzz_locale(Input input);

/// A promise that a target checks: aborts with its name where it does not hold.
void promise(bool holds, const char* what);

}  // namespace freshet::fuzz
