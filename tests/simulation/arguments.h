// The command line of a simulation: options that are followed by a number.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::simulation {

/// `take` returns false if it does not take the number.
struct NumberOption {
  std::string_view name;  ///< "--seed="
  std::function<bool(std::uint64_t number)> take;
};

/// argv[0], for replay(): set by run_tests().
inline std::string program = "simulation";

/// The command that runs this seed alone.
inline std::string replay(std::uint64_t seed) { return fmt::format("replay: {} --seed={}", program, seed); }

/// False if `option` is not the option of this argument, or does not take its number.
inline bool takes(const NumberOption& option, std::string_view argument) {
  if (!argument.starts_with(option.name)) return false;
  argument.remove_prefix(option.name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
  return error == std::errc{} && end == argument.data() + argument.size() && option.take(number);
}

/// False if an argument is not understood; stderr then names it, and the `known` ones.
inline bool read_numbers(int argc, char** argv, const std::vector<NumberOption>& options, const char* known) {
  program = argv[0];
  for (int i = 1; i < argc; ++i) {
    bool taken = false;
    for (const NumberOption& option : options) taken = taken || takes(option, argv[i]);
    if (taken) continue;
    std::fprintf(stderr, "%s: not understood: %s; %s\n", argv[0], argv[i], known);
    return false;
  }
  return true;
}

/// Reads the arguments and runs all tests. Returns the exit code of the program.
inline int run_tests(int argc, char** argv, const std::vector<NumberOption>& options, const char* known) {
  testing::InitGoogleTest(&argc, argv);
  return read_numbers(argc, argv, options, known) ? RUN_ALL_TESTS() : 2;
}

}  // namespace freshet::simulation
