// The command line as a newcomer meets it.
#include <algorithm>

#include "app/freshet_process.h"

namespace freshet {
namespace {

TEST(CommandLine, help_fits_a_screen_and_shows_an_example) {
  Folder folder;
  for (const char* command : {"", "run ", "check ", "plan ", "sample ", "fit ", "generate ", "pipeline ", "clean "}) {
    const Said said = freshet(folder, std::string(command) + "--help");
    EXPECT_EQ(said.exit_code, 0) << command;
    EXPECT_LE(std::count(said.out.begin(), said.out.end(), '\n'), 45) << command;
    EXPECT_NE(said.out.find("Example"), std::string::npos) << command;
  }
}

TEST(CommandLine, wrong_usage_is_exit_2) {
  Folder folder;
  for (const char* wrong :
       {"", "fly", "run", "run x.json --nonsense", "check no-such-file.json", "sample --entity nobody "}) {
    EXPECT_EQ(freshet(folder, wrong).exit_code, 2) << wrong;
  }
  EXPECT_EQ(freshet(folder, "run " + scenario("split-sales") + " --embedded --drill looze=1%").exit_code, 2);
}

TEST(CommandLine, a_result_that_cannot_be_written_is_a_failure) {
  Folder folder;
  for (const char* command : {"check ", "plan ", "sample -n 1 ", "sample --entity basket --ordinal 0 ", "fit -n 50 "}) {
    const std::string full = FRESHET_BINARY_DIR "/freshet " + (command + scenario("smoke")) + " >/dev/full 2>" +
                             folder.path() + "/err; test $? = 8";
    EXPECT_EQ(std::system(full.c_str()), 0) << command;
    const std::string err = read_file(folder.path() + "/err");
    EXPECT_NE(err.find("cannot write to standard output: No space left on device\n"), std::string::npos) << err;
  }
  for (const char* command : {"--help", "--version", "run --help"}) {
    const std::string full = std::string("exec " FRESHET_BINARY_DIR "/freshet ") + command + " >/dev/full 2>&1";
    EXPECT_EQ(WEXITSTATUS(std::system(full.c_str())), 8) << command;
  }
  EXPECT_EQ(freshet(folder, "fit -n 50 --out /proc/nowhere " + scenario("smoke")).exit_code, 8);
}

TEST(CommandLine, control_characters_of_arguments_are_not_echoed) {
  Folder folder;
  const std::string escape = "$(printf '\\033[31m\\302\\233x')";
  for (const std::string& given :
       {"--" + escape, "check --set " + escape + " x.json", "check x.json " + escape, "check " + escape,
        "check " + scenario("split-sales") + " --set \"/" + escape + "/x=1\"",
        "check " + scenario("split-sales") + " --set \"/name=" + escape + "\"",
        "sample --entity " + escape + " " + scenario("split-sales"),
        "run " + scenario("split-sales") + " --embedded --drill " + escape,
        "fit --entity " + escape + " " + scenario("smoke")}) {
    const Said said = freshet(folder, given);
    EXPECT_EQ(said.exit_code, 2) << given;
    EXPECT_EQ((said.out + said.err).find('\x1b'), std::string::npos) << given << said.err;
    EXPECT_EQ((said.out + said.err).find("\xc2\x9b"), std::string::npos) << given << said.err;
  }
  const Said plan = freshet(folder, "plan " + scenario("split-sales") + " --set \"/description=" + escape + "\"");
  EXPECT_EQ(plan.exit_code, 0);
  EXPECT_NE(plan.out.find("\\x1b[31m"), std::string::npos) << plan.out;
}

TEST(Check, reports_the_first_hundred_problems_and_counts_all) {
  Folder folder;
  std::string text = "{\"freshet\": 1";
  for (int i = 0; i < 5'000; ++i) text += ", \"key" + std::to_string(i) + "\": 1";
  const Said said = freshet(folder, "check " + folder.write("many.json", text + "}"));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 102) << "a hundred, how many more, how many in all";
  EXPECT_NE(said.err.find("\nand 4904 more\n"), std::string::npos) << said.err.substr(said.err.size() - 200);
}

TEST(Check, accepts_the_library_and_names_every_problem_of_a_bad_file) {
  Folder folder;
  EXPECT_EQ(freshet(folder, "check " + scenario("split-sales")).exit_code, 0);
  std::string text = read_file(scenario("split-sales"));
  text.replace(text.find("\"time_scale\": 20"), 16, "\"time_scal\": 20");
  text.replace(text.find("\"share\": \"97%\""), 14, "\"share\": \"197%\"");
  const Said said = freshet(folder, "check " + folder.write("bad.json", text));
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("did you mean \"time_scale\"?"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("/entities/payment/share"), std::string::npos) << said.err;
}

TEST(Plan, says_what_will_happen) {
  Folder folder;
  const Said said = freshet(folder, "plan " + scenario("split-sales"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("payment"), std::string::npos);
  EXPECT_NE(said.out.find("topic salesbaskets"), std::string::npos);
  EXPECT_EQ(said.out.find("close in the measured phase"), std::string::npos) << "it has no windows";
  EXPECT_NE(said.out.find("rows at the end, in addition to about"), std::string::npos) << said.out;
}

TEST(Plan, says_how_many_windows_close) {
  Folder folder;
  const Said said = freshet(folder, "plan " + scenario("split-sales-windows"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("2 s of saleTimestamp_Epoc, at least 15 close in the measured phase"), std::string::npos)
      << said.out;
}

TEST(Numbers, out_of_range_or_not_whole_are_refused_and_not_wrapped) {
  Folder folder;
  for (const char* wrong : {"-1", "1.5", "18446744073709551616", "x"}) {
    for (const std::string option : {"--entity basket --ordinal ", "--seed "}) {
      const Said said = freshet(folder, "sample " + scenario("split-sales") + " -n 1 " + option + wrong);
      EXPECT_EQ(said.exit_code, 2) << option << wrong << said.out;
      EXPECT_NE(said.err.find("whole number"), std::string::npos) << said.err;
    }
    EXPECT_EQ(freshet(folder, "generate " + scenario("split-sales") + " --rows 1 --salt " + wrong).exit_code, 2);
  }
  EXPECT_EQ(freshet(folder, "sample " + scenario("split-sales") + " -n 1 --seed 18446744073709551615").exit_code, 0);
}

TEST(Sample, prints_the_same_rows_for_the_same_seed_and_others_for_another) {
  Folder folder;
  const std::string command = "sample " + scenario("split-sales") + " -n 3 --entity basket";
  const std::string once = freshet(folder, command).out;
  EXPECT_EQ(std::count(once.begin(), once.end(), '\n'), 3);
  EXPECT_EQ(freshet(folder, command).out, once);
  EXPECT_NE(freshet(folder, command + " --seed 7").out, once);
  EXPECT_TRUE(nlohmann::json::accept(once.substr(0, once.find('\n'))));
  const Said slip = freshet(folder, "sample " + scenario("split-sales") + " --entity baskte");
  EXPECT_EQ(slip.exit_code, 2);
  EXPECT_NE(slip.err.find("(did you mean \"basket\"?)"), std::string::npos) << slip.err;
}

}  // namespace
}  // namespace freshet
