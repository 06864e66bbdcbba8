// freshet generate: formats, folders, closed pipes, full disks, shards and resumption, by the program itself.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <set>
#include <thread>

#include "app/freshet_process.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string generate(const std::string& arguments) { return "generate " + scenario("split-sales") + " " + arguments; }

TEST(Generate, WritesJsonLinesToStandardOutput) {
  const Folder folder;
  const Said said = freshet(folder, generate("--entity payment --rows 3"));
  EXPECT_EQ(said.exit_code, 0) << said.err;
  std::istringstream lines(said.out);
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(row.is_object()) << line;
    EXPECT_TRUE(row.contains("paid"));
  }
  EXPECT_EQ(rows, 3);
}

TEST(Generate, IsTheSameTwiceAndForAnyNumberOfThreads) {
  const Folder folder;
  const Said one = freshet(folder, generate("--rows 2000 --threads 1"));
  const Said three = freshet(folder, generate("--rows 2000 --threads 3"));
  EXPECT_GT(one.out.size(), 1'000'000U);
  EXPECT_EQ(one.out, three.out);
  EXPECT_NE(one.out, freshet(folder, generate("--rows 2000 --seed 1")).out) << "the control";
}

TEST(Generate, WritesAFilePerEntityAndRefusesToReplaceOne) {
  const Folder folder;
  const std::string command = generate("--to data --format csv --entity store --entity clerk");
  const Said said = freshet(folder, command);
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, IsEmpty());
  EXPECT_THAT(read_file(folder.path() + "/data/store.csv"), StartsWith("id,name,version,updated_at\r\n"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/data/product.csv"));
  const Said again = freshet(folder, command);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("store.csv exists"));
  EXPECT_EQ(freshet(folder, command + " --overwrite").exit_code, 0);
}

TEST(Generate, EndsQuietlyWhenTheReaderHasEnough) {
  const Folder folder;
  const std::string command = "cd " + folder.path() + " && { " FRESHET_BINARY_DIR "/freshet " +
                              generate("2>err; echo $? >code; } | head -n 1 >out");
  ASSERT_EQ(std::system(("bash -c '" + command + "'").c_str()), 0);
  EXPECT_EQ(read_file(folder.path() + "/code"), "0\n");
  EXPECT_THAT(read_file(folder.path() + "/err"), IsEmpty());
  EXPECT_THAT(read_file(folder.path() + "/out"), EndsWith("}\n"));
}

/// A reader that does not read must not delay a signal, neither while rows are written nor the message about them.
TEST(Generate, StopsBeforeAPipeThatIsNotRead) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ChildProcess process;
  ChildProcess::Options options;
  options.command = {FRESHET_BINARY_DIR "/freshet", "generate", scenario("split-sales"), "--for", "1000s"};
  options.output = ends[1];
  ASSERT_TRUE(process.start(options).ok());
  pollfd room{ends[1], POLLOUT, 0};
  for (int i = 0; i < 1000 && ::poll(&room, 1, 0) != 0; ++i) std::this_thread::sleep_for(10ms);
  ASSERT_EQ(::poll(&room, 1, 0), 0) << "the pipe is not full";
  process.signal(SIGINT);
  EXPECT_TRUE(process.wait(3'000));
  EXPECT_EQ(process.exit_code(), 130);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Generate, AFullDiskIsOneErrorAndLeavesNoFile) {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/data");
  std::filesystem::create_symlink("/dev/full", folder.path() + "/data/basket.json.partial");
  const Said said = freshet(folder, generate("--to data"));
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_EQ(said.err, "freshet: cannot write data/basket.json: No space left on device\n");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/data"));
}

TEST(Generate, ShardsMakeTheWhole) {
  const Folder folder;
  std::multiset<std::string> whole;
  std::multiset<std::string> merged;
  const auto add = [&](const std::string& shard, std::multiset<std::string>& to) {
    std::istringstream lines(freshet(folder, generate("--format debezium --for 2s --shard " + shard)).out);
    for (std::string line; std::getline(lines, line);) to.insert(line);
  };
  add("1/1", whole);
  for (const char* shard : {"1/3", "2/3", "3/3"}) add(shard, merged);
  EXPECT_GT(whole.size(), 5'000U);
  EXPECT_EQ(merged, whole);
}

/// Stops it in the middle of its output and resumes it as its hint says. The output after that must be the rest, byte
/// by byte.
class Interrupted : public testing::TestWithParam<const char*> {};

TEST_P(Interrupted, SaysHowToResumeWithExactlyTheRest) {
  const Folder folder;
  const std::string format = GetParam();
  // One table; payments are written at the instant of their baskets.
  const std::string command = "generate " + scenario("split-sales-original") + " --rate 20000/s --for 5s --format " +
                              format + (format == "csv" || format == "avro" ? " --entity basket" : "");
  const std::string script = "cd " + folder.path() + " && mkfifo pipe && { " FRESHET_BINARY_DIR "/freshet " + command +
                             " >pipe 2>err & } && exec 3<pipe && head -c 3000000 <&3 >begun && kill -INT $! && "
                             "cat <&3 >>begun; wait $!; echo $? >code";
  ASSERT_EQ(std::system(("bash -c '" + script + "'").c_str()), 0);
  EXPECT_EQ(read_file(folder.path() + "/code"), "130\n");
  const std::string err = read_file(folder.path() + "/err");
  const std::size_t at = err.find("--from-time ");
  ASSERT_NE(at, std::string::npos) << err;
  std::string rest = freshet(folder, command + " " + err.substr(at, err.find("us", at) + 2 - at)).out;
  if (format == "sql") {  // the settings of the session, and tables that are there already
    EXPECT_THAT(rest, StartsWith("SET NAMES"));
    rest = rest.substr(rest.find('\n', rest.rfind("CREATE TABLE")) + 1);
  }
  const std::string begun = read_file(folder.path() + "/begun");
  const std::string whole = freshet(folder, command).out;
  EXPECT_LT(begun.size(), whole.size()) << "stopped too late to be of use";
  EXPECT_TRUE(begun + rest == whole) << begun.size() << " + " << rest.size() << " is not " << whole.size();
}

INSTANTIATE_TEST_SUITE_P(Of, Interrupted, testing::Values("json", "avro", "debezium", "csv", "sql"),
                         [](const auto& format) { return std::string(format.param); });

TEST(Generate, AResumedFileIsValidAlone) {
  const Folder folder;
  ASSERT_EQ(freshet(folder, generate("--format csv --entity payment --for 3s --from-time 4s --to rest")).exit_code, 0);
  EXPECT_THAT(read_file(folder.path() + "/rest/payment.csv"), StartsWith("invoiceNumber,"));
  EXPECT_THAT(freshet(folder, generate("--format csv --entity payment --for 3s")).out, StartsWith("invoiceNumber,"));
}

TEST(Generate, NoTwoWriteTheSameFile) {
  const Folder folder;
  const std::string one = FRESHET_BINARY_DIR "/freshet " + generate("--to data --rate 5000/s --shard ");
  const std::string script = "cd " + folder.path() + "; for k in 1 2 3; do { " + one +
                             "$k/3 2>/dev/null; echo $? >code$k; } & done; wait; cat code? | sort | uniq -c >codes";
  ASSERT_EQ(std::system(("bash -c '" + script + "'").c_str()), 0);
  EXPECT_EQ(read_file(folder.path() + "/codes"), "      1 0\n      2 2\n");
  std::istringstream lines(read_file(folder.path() + "/data/basket.json"));
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) ASSERT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_GT(rows, 10'000);
}

TEST(Generate, ShowsHowFarItIsOnlyWhereNoRowsAre) {
  const Folder folder;
  const std::string command = FRESHET_BINARY_DIR "/freshet " + generate("--rate 8000/s ");
  const auto on_terminal = [&](const std::string& arguments) {
    const std::string script =
        "script -qec \"" + command + arguments + "\" " + folder.path() + "/typescript >/dev/null";
    EXPECT_EQ(std::system(script.c_str()), 0) << script;
    return read_file(folder.path() + "/typescript");
  };
  EXPECT_THAT(on_terminal("--to null"), HasSubstr("of the schedule"));
  const std::string both = on_terminal("--entity payment");
  EXPECT_THAT(both, HasSubstr("payTimestamp_Epoc"));
  EXPECT_THAT(both, Not(HasSubstr("of the schedule")));
  EXPECT_THAT(on_terminal("--entity payment >/dev/null"), HasSubstr("of the schedule"));
}

TEST(Generate, SaysWhatItCannotDo) {
  const Folder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"--format xml", "no format \"xml\""},
      {"--format CSV", "(did you mean \"csv\"?)"},
      {"--to mysq", "unknown target \"mysq\" (did you mean \"mysql\"?)"},
      {"--to \'\'", "--to: nowhere"},
      {"--rows -1", "--rows: expected a whole number from 0 to 18446744073709551615, got \"-1\""},
      {"--seed -1", "--seed: expected a whole number"},
      {"--format csv", "csv on standard output can hold only one entity"},
      {"--entity baskets", "(did you mean \"basket\"?)"},
      {"--shard 3/2", "invalid shard \"3/2\""},
      {"--shard 1", "invalid shard \"1\""},
      {"--from-time soon", "invalid offset \"soon\""},
      {"--from-time nans", "invalid offset \"nans\""},
      {"--from-time 1e30s", "invalid offset \"1e30s\""},
      {"--from-time \'\'", "invalid offset \"\""},
      {"--registry http://localhost --entity basket", "--registry applies only to --format avro"},
      {"--registry localhost:8081 --format avro --entity basket", "does not begin with http"},
      {"--to mysql --format csv", "--format applies to files and topics"},
      {"--to kafka --format sql", "topics have no format \"sql\""},
      {"--to kafka --format avro", "Avro on Kafka needs a schema registry"},
      {"--to kafka --registry http://localhost", "--registry applies only to --format avro"},
      {"--to kafka --entity store", "writes none of the entities to kafka"},
  };
  for (const auto& [arguments, message] : cases) {
    const Said said = freshet(folder, generate(arguments));
    EXPECT_EQ(said.exit_code, 2) << arguments;
    EXPECT_THAT(said.err, HasSubstr(message));
    EXPECT_THAT(said.out, IsEmpty());
  }
}

TEST(Generate, ARegistryThatIsNotThereIsNamedWithoutItsPassword) {
  const Folder folder;
  const Said said = freshet(folder, generate("--format avro --entity store --registry http://me:secret@127.0.0.1:1"),
                            "no_proxy=127.0.0.1");
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_THAT(said.err, HasSubstr("http://127.0.0.1:1"));
  EXPECT_THAT(said.err, Not(HasSubstr("secret")));
}

TEST(Generate, CountsWhatItGeneratesForTheNullTarget) {
  const Folder folder;
  const Said said = freshet(folder, generate("--to null --entity store"));
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.err, StartsWith("28 changes, "));
}

}  // namespace
}  // namespace freshet
