// README.md as a newcomer reads it: every command in it is run, every command, file and exit code that it names exists.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "app/freshet_process.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

std::string readme() { return read_file(FRESHET_SOURCE_DIR "/README.md"); }

/// The lines of the sh blocks, one script a block.
std::vector<std::string> blocks() {
  std::vector<std::string> found;
  std::istringstream text(readme());
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line == "```sh") {
      inside = true;
      found.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line + '\n';
    }
  }
  return found;
}

struct Command {
  std::string text;
  int exit_code = 0;
};

/// "command    # exit 7" → command and 7.
std::vector<Command> commands(const std::string& block) {
  static const std::regex comment(R"(^(.*?)\s*(#.*)?$)");
  static const std::regex promised(R"(# exit (\d+))");
  std::vector<Command> found;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    std::regex_match(line, parts, comment);
    Command command{parts[1], 0};
    const std::string remark = parts[2];
    if (std::smatch code; std::regex_search(remark, code, promised)) command.exit_code = std::stoi(code[1]);
    found.push_back(std::move(command));
  }
  return found;
}

Said in_project(const Folder& folder, const std::string& command) {
  const std::string whole = "cd " FRESHET_SOURCE_DIR " && (" + command + ") >" + folder.path() + "/stdout 2>" +
                            folder.path() + "/stderr </dev/null";
  const int status = std::system(whole.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(folder.path() + "/stdout"),
          read_file(folder.path() + "/stderr")};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// One test, because the later commands need what script/demo builds.
TEST(Readme, EveryCommandDoesWhatItSays) {
  Folder folder;
  int run = 0;
  for (const std::string& block : blocks()) {
    if (block.find("export ") != std::string::npos) continue;  // the next test's
    for (const Command& command : commands(block)) {
      if (command.text == "script/test") continue;  // it is what runs this
      ++run;
      const Said said = in_project(folder, command.text);
      EXPECT_EQ(said.exit_code, command.exit_code) << command.text << '\n' << said.out << said.err;
    }
  }
  EXPECT_GE(run, 6);
}

TEST(Readme, TheWayToYourOwnServersWorks) {
  const auto all = blocks();
  const auto block =
      std::ranges::find_if(all, [](const std::string& text) { return text.find("export ") != std::string::npos; });
  ASSERT_NE(block, all.end());
  auto server = MariadbServer::start({});
  ASSERT_TRUE(server.ok());
  mysql::Address root;
  root.socket = (*server)->socket();
  root.user = "root";
  auto connection = mysql::Connection::open(root);
  ASSERT_TRUE(connection.ok() && connection->execute("CREATE DATABASE shop").ok());
  // The rights that the README asks for, and no more.
  ASSERT_TRUE(connection->execute("CREATE USER me@'127.0.0.1' IDENTIFIED BY 'secret'").ok());
  ASSERT_TRUE(
      connection->execute("GRANT CREATE, DROP, SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON shop.* TO me@'127.0.0.1'")
          .ok());
  ASSERT_TRUE(connection->execute("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO me@'127.0.0.1'").ok());
  ChildProcess broker;
  ChildProcess::Options options;
  options.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "salesbaskets", "8"};
  options.ready_prefix = "ready ";
  ASSERT_TRUE(broker.start(options).ok());

  std::string script = replaced(*block, "USER:PASSWORD@HOST:3306/DATABASE",
                                "me:secret@127.0.0.1:" + std::to_string((*server)->port()) + "/shop");
  script = replaced(script, "HOST:9092", broker.ready_line());
  Folder folder;
  script = replaced(script, "build/release/freshet run scenarios/split-sales.json",
                    FRESHET_BINARY_DIR "/freshet run scenarios/split-sales.json --use-existing-topics --out " +
                        folder.path() + "/out " + small_load(3));
  const Said said = in_project(folder, script);
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
}

TEST(Readme, ItsTableOfCommandsIsTheProgramsHelp) {
  const std::string text = readme();
  std::set<std::string> told;
  static const std::regex row(R"(\n\| `freshet (\w+))");
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) told.insert((*at)[1]);
  Folder folder;
  const std::string help = freshet(folder, "--help").out;
  const std::string list = help.substr(help.find("Subcommands:"), help.find("Examples:") - help.find("Subcommands:"));
  std::set<std::string> known;
  static const std::regex entry(R"(\n  (\w+) )");
  for (std::sregex_iterator at(list.begin(), list.end(), entry), end; at != end; ++at) known.insert((*at)[1]);
  EXPECT_EQ(told, known);
}

TEST(Readme, ItsLinksLeadSomewhere) {
  const std::string text = readme();
  static const std::regex link(R"(\]\(([^)#:]+)\))");
  int links = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at, ++links) {
    EXPECT_TRUE(std::filesystem::exists(FRESHET_SOURCE_DIR "/" + (*at)[1].str())) << (*at)[1];
  }
  EXPECT_GE(links, 5);
}

}  // namespace
}  // namespace freshet
