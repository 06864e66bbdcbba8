// freshet generate: formats, folders, closed pipes, full disks, shards and resumption, by the program itself.
#include <gmock/gmock.h>

#include <set>

#include "app/freshet_process.h"

namespace freshet {
namespace {

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

TEST(Generate, GoesOnFromAnInstant) {
  const Folder folder;
  const Said whole = freshet(folder, generate("--format sql --entity payment --for 3s"));
  const Said rest = freshet(folder, generate("--format sql --entity payment --for 3s --from-time 4s"));
  const std::string changes = rest.out.substr(rest.out.find("\nINSERT") + 1);
  EXPECT_GT(changes.size(), 1'000U);
  EXPECT_THAT(whole.out, EndsWith(changes));
  EXPECT_LT(rest.out.size(), whole.out.size());
}

TEST(Generate, SaysWhatItCannotDo) {
  const Folder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"--format xml", "no format \"xml\""},
      {"--format csv", "csv on standard output holds one entity"},
      {"--entity baskets", "no entity \"baskets\""},
      {"--shard 3/2", "no shard \"3/2\""},
      {"--shard 1", "no shard \"1\""},
      {"--from-time soon", "no instant \"soon\""},
      {"--registry http://localhost --entity basket", "--registry is for --format avro"},
      {"--registry localhost:8081 --format avro --entity basket", "does not begin with http"},
      {"--to mysql --format csv", "--format is for files and topics"},
      {"--to kafka --format sql", "no format \"sql\" of topics"},
      {"--to kafka --format avro", "Avro on Kafka needs a schema registry"},
      {"--to kafka --registry http://localhost", "--registry is for --format avro"},
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

TEST(Generate, CountsWhatItMakesForNobody) {
  const Folder folder;
  const Said said = freshet(folder, generate("--to null --entity store"));
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.err, StartsWith("28 changes, "));
}

}  // namespace
}  // namespace freshet
