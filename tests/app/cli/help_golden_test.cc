// What each command says of itself, byte by byte.
#include "app/freshet_process.h"
#include "golden/golden.h"

namespace freshet {
namespace {

class HelpGolden : public testing::TestWithParam<const char*> {};

TEST_P(HelpGolden, MatchesItsFile) {
  const Folder folder;
  const std::string command = GetParam();
  Said said = freshet(folder, command + (command.empty() ? "--help" : " --help"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  // It is called by the path of this build.
  const std::string program = FRESHET_BINARY_DIR "/freshet";
  for (std::size_t at; (at = said.out.find(program)) != std::string::npos;)
    said.out.replace(at, program.size(), "freshet");
  test::expect_golden("help" + (command.empty() ? "" : "-" + command) + ".txt", said.out);
}

INSTANTIATE_TEST_SUITE_P(Commands, HelpGolden,
                         testing::Values("", "run", "check", "plan", "sample", "fit", "generate", "clean", "pipeline"));

/// Every command that there is has one.
TEST(HelpGoldens, AreOfAllCommands) {
  const Folder folder;
  std::istringstream lines(freshet(folder, "--help").out);
  int commands = 0;
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (listed && line.empty()) break;
    if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
      ++commands;
      const std::string name = line.substr(2, line.find(' ', 2) - 2);
      EXPECT_TRUE(std::filesystem::exists(FRESHET_SOURCE_DIR "/tests/golden/help-" + name + ".txt")) << name;
    }
    listed = listed || line.starts_with("Subcommands:");
  }
  EXPECT_EQ(commands, 8);
}

}  // namespace
}  // namespace freshet
