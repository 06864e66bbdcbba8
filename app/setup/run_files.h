// The names, digests and folders of a run.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// SHA-256 of the text, lower-case hexadecimal.
[[nodiscard]] std::string sha256(const std::string& text);
/// From the kernel's random source.
[[nodiscard]] std::uint64_t random_u64();
/// Creates `out` (or freshet-out/NAME-TIME) and its logs/ folder. Refuses (Usage) a folder that already contains a
/// result.json. Unreachable if it cannot be created, as for every output that cannot be written.
[[nodiscard]] Result<std::string> make_out_directory(const std::string& out, const std::string& name, WallTime wall);
/// Copies the files that the scenario names to where `resolved_json` looks for them.
Status copy_named_files(const Scenario& scenario, const std::string& directory);
/// Kernel, processor and number of cores: what two runs must share to be comparable.
[[nodiscard]] std::map<std::string, std::string> describe_host();
/// "20261121T120000-1a2b3c", the last part from `random`.
[[nodiscard]] std::string make_run_id(WallTime wall, std::uint64_t random);

}  // namespace freshet
