// Cases 03 and 04: what other users of the server write into the log that our pipeline reads.
#include "app/freshet_process.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

constexpr const char* kInputs = FRESHET_SOURCE_DIR "/tests/cases/inputs/";

TEST(ForeignLog, LoadedFilesAndShortNamesOfLogFilesAreNoReasonToStop) {
  fixture::OwnServer server({"--log-bin=mbin", "--server-id=1", "--binlog-format=ROW", "--local-infile=1"});
  auto session = mysql::Connection::open(server.address());
  ASSERT_TRUE(session.ok()) << session.error().message;
  ASSERT_TRUE(session->execute("CREATE DATABASE shop CHARACTER SET utf8mb4").ok());
  Folder folder;
  const std::string file = folder.write("any.csv", "1.5,one\n2.5,two\n");
  const std::string url = "mysql://root@localhost/shop?socket=" + server.address().socket;
  Running run(folder, "run " + std::string(kInputs) + "00-short.json --out " + folder.path() + "/out", "measured",
              {{"FRESHET_MYSQL", url}});
  for (const char* input : {"03-load-data-statement.sql", "04-short-log-name.sql"}) {
    const std::string command = "sed 's#ANY-FILE.csv#" + file + "#' " + kInputs + input +
                                " | mariadb --no-defaults -uroot --local-infile=1 -S " + server.address().socket;
    ASSERT_EQ(std::system(command.c_str()), 0) << input;
  }
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_EQ(session->scalar("SELECT COUNT(*) FROM other.t").value(), "2") << "the file was loaded, and logged";
}

}  // namespace
}  // namespace freshet
