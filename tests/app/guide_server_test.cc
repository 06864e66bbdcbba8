// The guides and the reference of the command line as a newcomer follows them: every command is run, in the order of
// the page, on the scenarios that the page shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>

#include "app/freshet_process.h"
#include "clients/mysql/mysql.h"
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

TEST(Reference, EveryCommandAboutDeclaredAndAchievedDoesWhatItSays) { EXPECT_GE(follow("FIT.md"), 4); }

TEST(Reference, TheGeneratorRunsAloneAsItSays) { EXPECT_GE(follow("WRITING.md"), 1); }

TEST(Documents, EveryBlockOfCommandsIsRunBySomeTest) {
  const std::set<std::string> followed = {"guide/first-verdict.md",
                                          "guide/write-a-scenario.md",
                                          "guide/read-a-verdict.md",
                                          "reference/command-line.md",
                                          "reference/exit-codes.md",
                                          "FIT.md",
                                          "WRITING.md",
                                          "EXTERNAL.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FRESHET_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string page = std::filesystem::relative(entry.path(), FRESHET_SOURCE_DIR "/docs").generic_string();
    const std::vector<Step> steps = steps_of(page);
    const bool commands = std::ranges::any_of(steps, [](const Step& step) { return step.kind == "sh"; });
    EXPECT_EQ(commands, followed.contains(page)) << page;
  }
}

/// A database and a broker, as a user has them.
class OwnServers {
 public:
  OwnServers(const std::string& topic, const std::string& partitions) {
    auto server = MariadbServer::start({});
    EXPECT_TRUE(server.ok());
    if (!server.ok()) return;
    server_ = std::move(*server);
    mysql::Address root;
    root.socket = server_->socket();
    root.user = "root";
    auto connection = mysql::Connection::open(root);
    EXPECT_TRUE(connection.ok() && connection->execute("CREATE DATABASE shop").ok());
    // The rights that the documents ask for, and no more.
    for (const char* statement :
         {"CREATE USER me@'127.0.0.1' IDENTIFIED BY 'secret'",
          "GRANT CREATE, DROP, SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON shop.* TO me@'127.0.0.1'",
          "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO me@'127.0.0.1'"}) {
      EXPECT_TRUE(connection.ok() && connection->execute(statement).ok()) << statement;
    }
    ChildProcess::Options options;
    options.command = {FRESHET_BINARY_DIR "/tests/mock_broker", topic, partitions};
    options.ready_prefix = "ready ";
    EXPECT_TRUE(broker_.start(options).ok());
  }

  /// The block of commands of a page, with these servers in the place of the placeholders.
  [[nodiscard]] std::string script(const std::string& page) {
    for (const Step& step : steps_of(page)) {
      if (!needs_own_servers(step.text)) continue;
      const std::string mysql = "me:secret@127.0.0.1:" + std::to_string(server_->port()) + "/shop";
      const std::string script = replaced(step.text, "USER:PASSWORD@HOST:3306/DATABASE", mysql);
      return replaced(script, "HOST:9092", broker_.ready_line());
    }
    ADD_FAILURE() << page << " has no commands for own servers";
    return "";
  }

  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }

 private:
  std::unique_ptr<MariadbServer> server_;
  ChildProcess broker_;
};

TEST(Guide, AScenarioRunsOnOwnServersAsItSays) {
  OwnServers servers("orders", "4");
  const Clone clone;
  for (const Step& step : steps_of("guide/write-a-scenario.md")) {
    if (step.kind == "json scenario") clone.write("shop.json", step.text);
  }
  // The broker in memory makes no topics.
  const Said said = clone.run(OwnServers::replaced(servers.script("guide/write-a-scenario.md"), "run shop.json",
                                                   "run shop.json --use-existing-topics"));
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_EQ((said.out + said.err).find("left behind"), std::string::npos) << said.out << said.err;
}

TEST(Reference, TheNativePipelineCanBeAnExternalOneAsItSays) {
  OwnServers servers("salesbaskets", "8");
  const Clone clone;
  const std::string script = OwnServers::replaced(servers.script("EXTERNAL.md"), "--set /pipeline=external",
                                                  "--set /pipeline=external --use-existing-topics " + small_load(3));
  const Said said = clone.run(script + "code=$?; kill $!; wait; exit $code\n");
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
}

}  // namespace
}  // namespace freshet
