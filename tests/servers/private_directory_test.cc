// PrivateDirectory: it stays while its owner is alive, and is removed afterwards.
#include "servers/private_directory.h"

#include <sys/stat.h>

#include "servers/child_process.h"
#include "servers/processes.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

class PrivateDirectoryTest : public OwnTemporaryDirectory {
 protected:
  /// The path of a directory that an owner who was killed left behind, with files in it.
  std::string abandoned() {
    OtherProcess owner([] {
      auto directory = PrivateDirectory::create();
      if (!directory.ok()) return std::string();
      fs::create_directories((*directory)->path() + "/data/deep");
      std::ofstream((*directory)->path() + "/data/deep/file") << "x";
      return std::move(directory).value().release()->path();
    });
    return owner.line();
  }
  [[nodiscard]] std::string own_prefix() const { return folder_ + "/freshet-" + std::to_string(::geteuid()) + "-"; }
};

TEST_F(PrivateDirectoryTest, IsNamedAfterUsPrivateAndGoneWithItsOwner) {
  std::string path;
  {
    auto directory = PrivateDirectory::create();
    ASSERT_TRUE(directory.ok()) << directory.error().message;
    path = (*directory)->path();
    EXPECT_EQ(path.rfind(own_prefix(), 0), 0U) << path;
    struct stat state {};
    ASSERT_EQ(::stat(path.c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 0777U, 0700U);
    EXPECT_EQ(contents(path + "/freshet.lock"), std::to_string(::getpid()) + "\n");
    std::ofstream(path + "/file") << "x";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(PrivateDirectoryTest, SweepsWhatAKilledOwnerLeft) {
  const std::string left = abandoned();
  ASSERT_TRUE(fs::exists(left + "/data/deep/file"));
  auto mine = PrivateDirectory::create();
  ASSERT_TRUE(mine.ok());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(entries(), 1);
}

TEST_F(PrivateDirectoryTest, SparesTheLiving) {
  OtherProcess owner([] { return std::move(PrivateDirectory::create()).value().release()->path(); });
  auto mine = PrivateDirectory::create();
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(PrivateDirectory::sweep(), 0);
  EXPECT_TRUE(fs::exists(owner.line()));
  EXPECT_TRUE(fs::exists((*mine)->path()));
  owner.kill_now();
  EXPECT_EQ(PrivateDirectory::sweep(), 1);
}

TEST_F(PrivateDirectoryTest, SparesADirectoryInWhichAChildStillWorks) {
  auto mine = PrivateDirectory::create();
  ASSERT_TRUE(mine.ok());
  const std::string path = (*mine)->path();
  ChildProcess child;
  ASSERT_TRUE(child.start({.command = {"sleep", "100"}, .inherited = {(*mine)->lock()}}).ok());
  // The owner forgets it without removing it, as a kill would.
  ::close((*mine)->lock());
  EXPECT_EQ(PrivateDirectory::sweep(), 0);
  EXPECT_TRUE(fs::exists(path));
  child.stop();
  EXPECT_EQ(PrivateDirectory::sweep(), 1);
}

TEST_F(PrivateDirectoryTest, TouchesNothingThatOnlyLooksLikeOurs) {
  fs::create_directories(own_prefix() + "full");
  std::ofstream(own_prefix() + "full/file") << "a removal leaves no such thing: the lock goes last";
  fs::create_directories(folder_ + "/elsewhere");
  std::ofstream(folder_ + "/elsewhere/freshet.lock") << "1\n";
  fs::create_directory_symlink(folder_ + "/elsewhere", own_prefix() + "link");
  std::ofstream(own_prefix() + "file") << "x";
  fs::create_directories(folder_ + "/freshet-x-other");
  EXPECT_EQ(PrivateDirectory::sweep(), 0);
  EXPECT_EQ(entries(), 5);
  EXPECT_TRUE(fs::exists(folder_ + "/elsewhere/freshet.lock"));
}

TEST_F(PrivateDirectoryTest, FinishesARemovalThatWasCutShort) {
  fs::create_directories(own_prefix() + "empty");
  EXPECT_EQ(PrivateDirectory::sweep(), 1);
  EXPECT_EQ(entries(), 0);
}

TEST_F(PrivateDirectoryTest, KeepsWhatItIsToldToKeep) {
  std::string path;
  {
    auto directory = PrivateDirectory::create();
    ASSERT_TRUE(directory.ok());
    path = (*directory)->path();
    std::ofstream(path + "/result") << "x";
    (*directory)->keep();
  }
  PrivateDirectory::sweep();
  EXPECT_TRUE(fs::exists(path + "/result"));
}

TEST_F(PrivateDirectoryTest, IsNeverLostToAConcurrentSweep) {
  constexpr int kRounds = 200;
  const auto say = [] { return std::string("sweeping"); };
  const OtherProcess first(say, [] { PrivateDirectory::sweep(); });
  const OtherProcess second(say, [] { PrivateDirectory::sweep(); });
  for (int round = 0; round < kRounds; ++round) {
    auto directory = PrivateDirectory::create();
    ASSERT_TRUE(directory.ok()) << directory.error().message;
    ASSERT_TRUE(fs::exists((*directory)->path() + "/freshet.lock")) << "in round " << round;
  }
}

TEST_F(PrivateDirectoryTest, ClaimsWhatIsNewEmptyOrAbandonedAndNothingElse) {
  const std::string path = folder_ + "/chosen/deep";
  {
    auto first = PrivateDirectory::claim(path);
    ASSERT_TRUE(first.ok()) << first.error().message;
    auto second = PrivateDirectory::claim(path);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::Usage);
    EXPECT_EQ(second.error().message, path + " is in use by another run");
  }
  EXPECT_FALSE(fs::exists(path));

  const std::string left = abandoned();
  {
    auto taken_over = PrivateDirectory::claim(left);
    ASSERT_TRUE(taken_over.ok()) << taken_over.error().message;
    EXPECT_FALSE(fs::exists(left + "/data")) << "it starts empty";
  }

  fs::create_directories(path);
  std::ofstream(path + "/thesis.txt") << "x";
  auto refused = PrivateDirectory::claim(path);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_TRUE(fs::exists(path + "/thesis.txt"));
}

TEST_F(PrivateDirectoryTest, NamesATemporaryDirectoryThatCannotBeUsed) {
  ::setenv("TMPDIR", (folder_ + "/missing").c_str(), 1);
  auto directory = PrivateDirectory::create();
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().kind, ErrorKind::Usage);
  EXPECT_NE(directory.error().message.find(folder_ + "/missing"), std::string::npos);
}

}  // namespace
}  // namespace freshet
