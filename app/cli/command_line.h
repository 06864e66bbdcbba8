// The command line: flags in, exit code out. The only file that knows CLI11 is command_line.cc.
#pragma once

namespace freshet {

/// Parses and runs one command. Returns the process's exit code (README.md, "Exit codes").
int run_command_line(int argc, char** argv);

}  // namespace freshet
