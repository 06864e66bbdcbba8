// Runs, `freshet clean` and a stranger on one server: each loses only what is its own.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <thread>

#include "cases/their_server.h"

namespace freshet::cases {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A run with it lives until there is a file "go" in its folder.
constexpr const char* kHeld = "--before-audit 'while [ ! -e go ]; do sleep 0.05; done'";

class Neighbours : public TheirServer {
 protected:
  /// A run in a folder of its own, on tables of its own: their names end in `name`.
  struct Neighbour {
    Folder folder;
    std::unique_ptr<Running> run;
  };
  static std::string arguments(const std::string& name, const std::string& more = "") {
    return "run " + input("00-short.json") + " --out out --for 1s --set /write/order/mysql/table=orders" + name +
           " --set /write/payment/mysql/table=payments" + name + " --set /observe/paid_orders/mysql/table=paid_orders" +
           name + " --set /name=base" + name + " " + more;
  }
  std::unique_ptr<Neighbour> start(const std::string& name, const std::string& more = "",
                                   const std::string& phase = "measured") {
    auto neighbour = std::make_unique<Neighbour>();
    neighbour->run = std::make_unique<Running>(neighbour->folder, arguments(name, more), phase, environment());
    return neighbour;
  }
  Said say(const std::string& arguments) {
    std::string before;
    for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
    return freshet(folder_, arguments, before);
  }
  Said clean(const std::string& more = "") { return say("clean " + input("00-short.json") + " " + more); }
  /// Checksums of the stranger's tables, under whatever names they have by now.
  std::string checksums() {
    std::string sums;
    for (const std::string& table : tables()) {
      const std::string comment = connect()
                                      .scalar(
                                          "SELECT table_comment FROM information_schema.tables WHERE "
                                          "table_schema = 'shop' AND table_name = '" +
                                          table + "'")
                                      .value();
      if (!comment.starts_with("theirs") && !table.starts_with("theirs")) continue;
      const Status summed = connect().query("CHECKSUM TABLE shop." + table + " EXTENDED", [&](auto row) {
        sums += std::string(row[0].value_or("")) + " " + std::string(row[1].value_or("")) + "\n";
      });
      EXPECT_TRUE(summed.ok());
    }
    return sums;
  }
  void put(const std::string& table, const std::string& comment = "theirs") {
    sql("CREATE TABLE shop." + table + " (number VARCHAR(40) PRIMARY KEY, note TEXT) COMMENT='" + comment + "'");
    sql("INSERT INTO shop." + table + " SELECT seq, CONCAT('entry ', seq) FROM shop.seq");
  }
  void SetUp() override {
    TheirServer::SetUp();
    sql("CREATE TABLE shop.seq (seq INT) COMMENT='theirs'");
    sql("INSERT INTO shop.seq VALUES (1), (2), (3), (5), (8)");
  }
};

TEST_F(Neighbours, ATableThatAStrangerPutsUnderOurNameInMidRunStays) {
  const auto run = start("");
  sql("RENAME TABLE shop.payments TO shop.payments_of_the_run");
  put("payments");
  const std::string before = checksums();
  const Said said = run->run->ended();
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.out, HasSubstr("payments"));
  EXPECT_EQ(checksums(), before);
  EXPECT_THAT(result_of(run->folder)["run"]["left_behind"].dump(), HasSubstr("table payments"));
  EXPECT_THAT(tables(), testing::UnorderedElementsAre("payments", "payments_of_the_run", "seq"));
  // The control: a check that sees what the old way of dropping would have done.
  sql("DROP TABLE IF EXISTS shop.payments");
  EXPECT_NE(checksums(), before);
}

TEST_F(Neighbours, AStrangersTableInPlaceOfThePipelinesMarkerStaysAndIsNamed) {
  const auto run = start("", kHeld, "audit");
  sql("RENAME TABLE shop.freshet_pipeline TO shop.before");
  put("freshet_pipeline");
  const std::string before = checksums();
  std::ofstream(run->folder.path() + "/go") << "";
  const Said said = run->run->ended();
  EXPECT_THAT(said.out, HasSubstr("table freshet_pipeline was not created by this run and is left alone"));
  EXPECT_EQ(checksums(), before);
}

TEST_F(Neighbours, TablesThatGetMoreRowsAreNotDroppedMeanwhile) {
  const std::string generate = "generate " + input("00-short.json") + " --to mysql ";
  EXPECT_EQ(say(generate + "--for 1s").exit_code, 0);
  const auto leased = [&] {
    return connect()
               .scalar(
                   "SELECT COUNT(*) FROM shop.orders WHERE IS_USED_LOCK(CONCAT('freshet run ', (SELECT "
                   "SUBSTRING_INDEX(table_comment, 'run ', -1) FROM information_schema.tables WHERE "
                   "table_schema = 'shop' AND table_name = 'orders')))")
               .value() != "0";
  };
  // The server gives back the lock of the first one some time after that has ended.
  for (int i = 0; i < 500 && leased(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_FALSE(leased());
  ChildProcess more;
  ChildProcess::Options options;
  options.command = {"/bin/sh", "-c",
                     "exec " FRESHET_BINARY_DIR "/freshet " + generate + "--rate 5000/s --for 600s --from-time 1s"};
  options.environment = environment();
  ASSERT_TRUE(more.start(options).ok());
  for (int i = 0; i < 500 && !leased(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(leased());
  const Said said = clean();
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, HasSubstr("its run is still running"));
  EXPECT_THAT(tables(), Contains("orders"));
  EXPECT_EQ(say(generate + "--from-time 1s").exit_code, 2) << "two at once";
  more.signal(SIGINT);
  EXPECT_TRUE(more.wait(3'000));
  EXPECT_EQ(more.exit_code(), 130);
  EXPECT_EQ(clean().exit_code, 0);
  EXPECT_THAT(tables(), testing::ElementsAre("seq"));
}

TEST_F(Neighbours, AViewTableThatAStrangerReplacesBeforeTheAuditStaysAndIsNoPass) {
  const auto run = start("", kHeld, "audit");
  sql("CREATE TABLE shop.better LIKE shop.paid_orders");
  sql("ALTER TABLE shop.better COMMENT='theirs'");
  sql("RENAME TABLE shop.paid_orders TO shop.paid_orders_before, shop.better TO shop.paid_orders");
  const std::string before = checksums();
  std::ofstream(run->folder.path() + "/go") << "";
  const Said said = run->run->ended();
  EXPECT_THAT(said.exit_code, AnyOf(7, 8)) << said.out;
  EXPECT_THAT(said.out, HasSubstr("table paid_orders was not created by this run and is left alone"));
  EXPECT_EQ(checksums(), before);
}

TEST_F(Neighbours, RunsCleanAndAStrangerInAnyOrderLoseOnlyWhatIsTheirOwn) {
  const char* given = std::getenv("FRESHET_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
  SCOPED_TRACE("FRESHET_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);

  auto killed = start("_killed");
  killed->run->process().signal(SIGKILL);
  EXPECT_TRUE(killed->run->process().wait(10'000));
  killed.reset();
  EXPECT_THAT(tables(), Contains("orders_killed"));
  auto first = start("_a", kHeld);
  auto second = start("_b", kHeld, "audit");
  put("theirs");
  std::vector<std::function<void()>> actions = {
      [&] { EXPECT_EQ(clean().exit_code, 0); },
      [&] {
        const Said said = clean("--dry-run");
        EXPECT_EQ(said.exit_code, 0);
        EXPECT_THAT(said.out, HasSubstr("its run is still running"));
      },
      // The comment comes along, the ownership does not.
      [&] {
        sql("CREATE TABLE shop.theirs_like LIKE shop.orders_a");
        sql("INSERT INTO shop.theirs_like SELECT * FROM shop.orders_a");
      },
      [&] { put("theirs_marked", "made by freshet as shop.orders_a, run of a stranger"); },
      [&] {
        const Said said = say(arguments("_a", "--drop-existing"));
        EXPECT_EQ(said.exit_code, 2) << said.out << said.err;
        EXPECT_THAT(said.err, HasSubstr("which is running"));
      },
  };
  std::shuffle(actions.begin(), actions.end(), random);
  std::string before = checksums();
  for (const auto& action : actions) {
    for (const char* table : {"theirs", "seq"}) EXPECT_THAT(tables(), Contains(table));
    EXPECT_THAT(checksums(), HasSubstr(before)) << "what was there is as it was";
    action();
  }
  before = checksums();
  for (const auto* run : {&first, &second}) std::ofstream((*run)->folder.path() + "/go") << "";
  const Said said_a = first->run->ended(), said_b = second->run->ended();
  EXPECT_EQ(said_a.exit_code, 0) << said_a.out;
  EXPECT_EQ(said_b.exit_code, 0) << said_b.out;
  EXPECT_EQ(clean().exit_code, 0);
  EXPECT_EQ(checksums(), before);
  EXPECT_THAT(tables(), testing::UnorderedElementsAre("seq", "theirs", "theirs_like", "theirs_marked"));
}

TEST_F(Neighbours, APasswordOnTheCommandLineIsNotKeptNorListed) {
  const std::string password = server_->tcp_password();
  const std::string url = "mysql://root:" + password + "@127.0.0.1:" + std::to_string(server_->port()) + "/shop";
  Running run(folder_, arguments("", "--set /connections/mysql=" + url), "measured");
  // What anybody may read while it runs: the arguments of the program and its children.
  std::string listed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) listed += read_file(entry.path() / "cmdline");
  EXPECT_THAT(listed, HasSubstr("127.0.0.1:" + std::to_string(server_->port()))) << "it is in the list";
  EXPECT_THAT(listed, Not(HasSubstr(password)));
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_THAT(said.out, Not(HasSubstr(password)));
  EXPECT_THAT(result_of(folder_)["scenario"]["overrides"].dump(), HasSubstr("mysql://root:***@127.0.0.1"));
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder_.path() + "/out")) {
    if (!file.is_regular_file()) continue;
    EXPECT_THAT(read_file(file.path()), Not(HasSubstr(password))) << file.path();
    struct stat about {};
    ASSERT_EQ(::stat(file.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0077, 0U) << file.path();
  }
}

TEST(SecretsOfTheCommandLine, AreNotRepeatedByComplaints) {
  const Folder folder;
  for (const char* wrong :
       {"--set connections=mysql://me:s3cret@h/d", "--set /connections/mysql/x=mysql://me:s3cret@h/d",
        "--conect mysql://me:s3cret@h/d", "mysql://me:s3cret@h/d"}) {
    const Said said = freshet(folder, "check " + input("00-short.json") + " " + wrong);
    EXPECT_EQ(said.exit_code, 2) << wrong;
    EXPECT_THAT(said.out + said.err, Not(HasSubstr("s3cret"))) << wrong;
  }
}

}  // namespace
}  // namespace freshet::cases
