// The guides and the reference of the command line as a newcomer follows them: every command is run, in the order of
// the page, on the scenarios that the page shows.
#include <gtest/gtest.h>

#include <regex>

#include "app/freshet_process.h"
#include "base/io/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

struct Step {
  int line = 0;
  std::string kind;  ///< of the block: "sh", "json scenario"
  std::string text;
};

/// The blocks that do something, in order.
std::vector<Step> steps_of(const std::string& page) {
  std::vector<Step> steps;
  std::istringstream text(read_file(FRESHET_SOURCE_DIR "/docs/" + page));
  bool inside = false, wanted = false;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && (line == "```sh" || line == "```json scenario");
      if (wanted) steps.push_back({number, line.substr(3), ""});
    } else if (wanted) {
      steps.back().text += line + '\n';
    }
  }
  return steps;
}

/// A folder that looks like a clone in which the program was built.
class Clone {
 public:
  Clone() {
    namespace fs = std::filesystem;
    fs::create_directories(folder_.path() + "/build/release");
    fs::create_symlink(FRESHET_BINARY_DIR "/freshet", folder_.path() + "/build/release/freshet");
    fs::create_directory_symlink(FRESHET_SOURCE_DIR "/scenarios", folder_.path() + "/scenarios");
  }
  void write(const std::string& name, const std::string& text) const { (void)folder_.write(name, text); }
  [[nodiscard]] Said run(const std::string& script) const {
    (void)folder_.write("script.sh", script);
    const std::string& path = folder_.path();
    const int status =
        std::system(("cd " + path + " && sh script.sh >" + path + "/stdout 2>" + path + "/stderr </dev/null").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(path + "/stdout"),
            read_file(path + "/stderr")};
  }

 private:
  Folder folder_;
};

bool needs_own_servers(const std::string& script) { return script.find("export ") != std::string::npos; }

/// How many commands were run.
int follow(const std::string& page) {
  static const std::regex promised("# exit (\\d+)");
  const Clone clone;
  int commands = 0;
  for (const Step& step : steps_of(page)) {
    if (step.kind == "json scenario") clone.write("shop.json", step.text);
    if (step.kind != "sh" || needs_own_servers(step.text)) continue;
    std::istringstream lines(step.text);
    for (std::string command; std::getline(lines, command);) {
      if (command.starts_with("script/")) {  // they build; the test of README.md runs them
        EXPECT_TRUE(std::filesystem::exists(FRESHET_SOURCE_DIR "/" + command.substr(0, command.find(' ')))) << command;
        continue;
      }
      ++commands;
      std::smatch code;
      const int expected = std::regex_search(command, code, promised) ? std::stoi(code[1]) : 0;
      const Said said = clone.run(command);
      EXPECT_EQ(said.exit_code, expected) << page << ':' << step.line << ": " << command << '\n'
                                          << said.out << said.err;
    }
  }
  return commands;
}

TEST(Guide, TheFirstVerdictComesAsItSays) { EXPECT_GE(follow("guide/first-verdict.md"), 4); }

TEST(Guide, EveryStepOfAScenarioDoesWhatItSays) { EXPECT_GE(follow("guide/write-a-scenario.md"), 11); }

TEST(Guide, AVerdictCanBeReadByAScript) { EXPECT_GE(follow("guide/read-a-verdict.md"), 1); }

TEST(Reference, EveryCommandOfTheCommandLineDoesWhatItSays) { EXPECT_GE(follow("reference/command-line.md"), 9); }

TEST(Reference, TheCommandForContinuousIntegrationPasses) { EXPECT_GE(follow("reference/exit-codes.md"), 1); }

TEST(Guide, AScenarioRunsOnOwnServersAsItSays) {
  std::string scenario, script;
  for (const Step& step : steps_of("guide/write-a-scenario.md")) {
    if (step.kind == "json scenario") scenario = step.text;
    if (needs_own_servers(step.text)) script = step.text;
  }
  auto server = MariadbServer::start({});
  ASSERT_TRUE(server.ok());
  mysql::Address root;
  root.socket = (*server)->socket();
  root.user = "root";
  auto connection = mysql::Connection::open(root);
  ASSERT_TRUE(connection.ok() && connection->execute("CREATE DATABASE shop").ok());
  // The rights that the guide asks for, and no more.
  for (const char* statement :
       {"CREATE USER me@'127.0.0.1' IDENTIFIED BY 'secret'",
        "GRANT CREATE, DROP, SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON shop.* TO me@'127.0.0.1'",
        "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO me@'127.0.0.1'"}) {
    ASSERT_TRUE(connection->execute(statement).ok()) << statement;
  }
  ChildProcess broker;
  ChildProcess::Options options;
  options.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "orders", "4"};
  options.ready_prefix = "ready ";
  ASSERT_TRUE(broker.start(options).ok());
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = script.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    script.replace(at, from.size(), to);
  };
  replace("USER:PASSWORD@HOST:3306/DATABASE", "me:secret@127.0.0.1:" + std::to_string((*server)->port()) + "/shop");
  replace("HOST:9092", broker.ready_line());
  replace("run shop.json", "run shop.json --use-existing-topics");  // the broker in memory makes none
  const Clone clone;
  clone.write("shop.json", scenario);
  const Said said = clone.run(script);
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_EQ(said.out.find("left behind"), std::string::npos) << said.out;
  EXPECT_EQ(said.err.find("left behind"), std::string::npos) << said.err;
}

}  // namespace
}  // namespace freshet
