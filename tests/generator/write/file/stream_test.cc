// Streams of changes as bytes: the same for any number of threads, complete over shards, resumable; and files that have
// their name only when they are whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "generator/small_shop.h"
#include "generator/write/file/file_output.h"
#include "generator/write/file/file_stream.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FormatStream : public ::testing::Test {
 protected:
  static ChangeSelection all(const Scenario& scenario) {
    ChangeSelection selection;
    selection.entities.assign(scenario.entities.size(), true);
    return selection;
  }
  /// Everything as one stream.
  std::string bytes(const ChangeSelection& selection, int threads, Format format = Format::Debezium) {
    ChangeSource source(shop_.scenario_of(), shop_.rows(), shop_.identity(), selection);
    FileStreamOptions options;
    options.format = format;
    options.threads = threads;
    options.stream_of.assign(shop_.scenario_of().entities.size(), 0);
    std::string out;
    const auto done = stream_changes(
        shop_.scenario_of(), shop_.rows(), WallTime{}, source, options,
        [&](int, std::string_view part, std::int64_t changes) {
          out += part;
          changes_ += changes;
          return true;
        },
        [&, batches = 0](const FileStreamProgress&) mutable { return ++batches != stop_after_; });
    EXPECT_TRUE(done.ok());
    last_ = done.value();
    written_ = out;
    return out;
  }
  static std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  shop::Shop shop_;
  int stop_after_ = 0;  ///< batches; 0 = never
  std::string written_;
  FileStreamProgress last_;
  std::int64_t changes_ = 0;
};

TEST_F(FormatStream, IsTheSameForAnyNumberOfThreads) {
  const std::string one = bytes(all(shop_.scenario_of()), 1);
  EXPECT_GT(one.size(), 100'000U);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(bytes(all(shop_.scenario_of()), threads), one) << threads;
}

TEST_F(FormatStream, ShardsShareNothingAndMakeTheWhole) {
  const std::string whole = bytes(all(shop_.scenario_of()), 1);
  for (const int shards : {1, 3, 8}) {
    std::string merged;
    for (int shard = 0; shard < shards; ++shard) {
      ChangeSelection selection = all(shop_.scenario_of());
      selection.shard = shard;
      selection.shards = shards;
      merged += bytes(selection, 2);
    }
    EXPECT_EQ(sorted_lines(merged), sorted_lines(whole)) << shards;
  }
}

TEST_F(FormatStream, ResumesFromAnyInstant) {
  ChangeSelection later = all(shop_.scenario_of());
  later.from = 2 * kMicrosPerSecond;
  const std::string rest = bytes(later, 2);
  const std::string whole = bytes(all(shop_.scenario_of()), 2);
  ASSERT_LT(rest.size(), whole.size());
  EXPECT_EQ(whole.substr(whole.size() - rest.size()), rest);
}

/// Children are often intended at their parent's instant: no batch may end between the two, or who resumes after
/// it would leave some out or write them twice.
TEST_F(FormatStream, ResumesWhereverItStops) {
  const std::string whole = bytes(all(shop_.scenario_of()), 1);
  int resumed = 0;
  for (int stop = 1; written_.size() < whole.size() || stop == 1; ++stop) {
    written_.clear();
    stop_after_ = stop;
    bytes(all(shop_.scenario_of()), 2);
    stop_after_ = 0;
    if (!last_.rest_from) continue;
    const std::string begun = written_;
    ChangeSelection later = all(shop_.scenario_of());
    later.from = last_.rest_from;
    ASSERT_TRUE(begun + bytes(later, 2) == whole) << "after " << stop << " batches";  // too long to be shown
    written_ = begun;
    ++resumed;
  }
  EXPECT_GT(resumed, 10);
}

TEST_F(FormatStream, CannotResumeBetweenReferenceRows) {
  shop::Shop large(shop::scenario(R"("product": {"rows": 50)", R"("product": {"rows": 600)"));
  ChangeSource source(large.scenario_of(), large.rows(), large.identity(), all(large.scenario_of()));
  FileStreamOptions options;
  options.stream_of.assign(large.scenario_of().entities.size(), 0);
  std::vector<bool> possible;
  const auto done = stream_changes(
      large.scenario_of(), large.rows(), WallTime{}, source, options,
      [](int, std::string_view, std::int64_t) { return true; },
      [&](const FileStreamProgress& now) {
        possible.push_back(now.rest_from.has_value());
        return possible.size() < 4;
      });
  ASSERT_TRUE(done.ok());
  EXPECT_THAT(possible, ElementsAre(false, false, true, true)) << "652 reference rows, in batches of 256";
}

TEST_F(FormatStream, EveryLifeIsConsistentInItself) {
  // c, u…, d: each before is the after of the version before; after a delete there is only the tombstone.
  std::map<std::string, std::string> last;
  std::istringstream stream(bytes(all(shop_.scenario_of()), 2));
  std::int64_t updates = 0;
  std::int64_t tombstones = 0;
  for (std::string line; std::getline(stream, line);) {
    if (line == "null") {
      ++tombstones;
      continue;
    }
    const std::size_t after = line.find(",\"after\":");
    const std::size_t source = line.rfind(",\"source\":");
    const std::string before_image = line.substr(10, after - 10);
    const std::string after_image = line.substr(after + 9, source - after - 9);
    const std::string& image = after_image == "null" ? before_image : after_image;
    const std::size_t table = line.rfind("\"table\":");
    const std::string instance = line.substr(table, 20) + image.substr(0, image.find(','));
    if (before_image == "null") {
      EXPECT_EQ(last.count(instance), 0U) << line;
    } else {
      EXPECT_EQ(last[instance], before_image);
      ++updates;
    }
    last[instance] = after_image;
  }
  EXPECT_GT(updates, 100);
  EXPECT_GT(tombstones, 10);
}

TEST_F(FormatStream, RowsLimitEachEntity) {
  ChangeSelection selection = all(shop_.scenario_of());
  selection.rows = 5;
  bytes(selection, 2, Format::Sql);
  EXPECT_EQ(last_.changes, 5 * static_cast<std::int64_t>(selection.entities.size()));
  EXPECT_EQ(changes_, last_.changes);
  selection.rows = 0;
  EXPECT_THAT(bytes(selection, 2), IsEmpty());
}

TEST_F(FormatStream, DeletesThatHaveNoPlaceAreCounted) {
  ChangeSelection selection = all(shop_.scenario_of());
  selection.deletes = false;
  bytes(selection, 2, Format::Json);
  EXPECT_GT(last_.deletes_left_out, 10);
}

TEST_F(FormatStream, StopsWhenTheSinkHasEnoughOrFails) {
  for (const bool fails : {false, true}) {
    ChangeSource source(shop_.scenario_of(), shop_.rows(), shop_.identity(), all(shop_.scenario_of()));
    FileStreamOptions options;
    options.threads = 3;
    options.stream_of.assign(shop_.scenario_of().entities.size(), 0);
    int calls = 0;
    const auto done = stream_changes(
        shop_.scenario_of(), shop_.rows(), WallTime{}, source, options,
        [&](int, std::string_view, std::int64_t) -> Result<bool> {
          if (++calls < 2) return true;
          if (fails) return Error{ErrorKind::Unreachable, "the disk is full", {}};
          return false;
        },
        [](const FileStreamProgress&) { return true; });
    EXPECT_EQ(done.ok(), !fails);
    EXPECT_EQ(done.ok() ? "" : done.error().message, fails ? "the disk is full" : "");
    EXPECT_EQ(calls, 2);
  }
}

class FormatFile : public ::testing::Test {
 protected:
  FormatFile() {
    std::string name = "/tmp/freshet-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/rows.json";
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string folder_;
  std::string path_;
};

TEST_F(FormatFile, HasItsNameOnlyWhenItIsWhole) {
  auto output = FileOutput::create(path_, false);
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE(output->write("one\n").ok());
  EXPECT_THAT(files(), ElementsAre("rows.json.partial"));
  EXPECT_TRUE(output->finish().ok());
  EXPECT_THAT(files(), ElementsAre("rows.json"));
  EXPECT_EQ(content(path_), "one\n");
}

TEST_F(FormatFile, LeavesNothingBehindWhenItIsNotFinished) {
  {
    auto output = FileOutput::create(path_, false);
    ASSERT_TRUE(output.ok());
    EXPECT_TRUE(output->write("one\n").ok());
  }
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FormatFile, IsRefusedWhereOneExists) {
  std::ofstream(path_) << "precious";
  const auto refused = FileOutput::create(path_, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_THAT(refused.error().message, HasSubstr(path_));
  EXPECT_THAT(files(), ElementsAre("rows.json"));
}

TEST_F(FormatFile, ReplacesAnExistingOneOnlyAtTheEnd) {
  std::ofstream(path_) << "old";
  auto output = FileOutput::create(path_, true);
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE(output->write("new").ok());
  EXPECT_EQ(content(path_), "old");
  EXPECT_TRUE(output->finish().ok());
  EXPECT_EQ(content(path_), "new");
}

TEST_F(FormatFile, TakesOverWhatAKilledOneLeft) {
  std::ofstream(path_ + ".partial") << "much more than what comes";
  auto output = FileOutput::create(path_, false);
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE(output->write("one\n").ok());
  EXPECT_TRUE(output->finish().ok());
  EXPECT_EQ(content(path_), "one\n");
}

TEST_F(FormatFile, IsRefusedWhileAnotherIsWriting) {
  auto first = FileOutput::create(path_, false);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->write("first\n").ok());
  const auto second = FileOutput::create(path_, true);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::Usage);
  EXPECT_THAT(second.error().message, HasSubstr("another process is writing"));
  EXPECT_TRUE(first->finish().ok());
  EXPECT_EQ(content(path_), "first\n");
  auto third = FileOutput::create(path_, true);
  ASSERT_TRUE(third.ok()) << "the first one is done";
  EXPECT_TRUE(third->write("third\n").ok());
  EXPECT_TRUE(third->finish().ok());
  EXPECT_EQ(content(path_), "third\n");
}

TEST_F(FormatFile, IsRefusedWhereAFolderIs) {
  std::filesystem::create_directory(path_);
  const auto refused = FileOutput::create(path_, true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_THAT(files(), ElementsAre("rows.json"));
}

TEST_F(FormatFile, AFullDiskIsAnErrorThatNamesTheFile) {
  std::filesystem::create_symlink("/dev/full", path_ + ".partial");
  {
    auto output = FileOutput::create(path_, false);
    ASSERT_TRUE(output.ok());
    const auto written = output->write("one\n");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::Unreachable);
    EXPECT_EQ(written.error().message, "cannot write " + path_ + ": No space left on device");
  }
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FormatFile, AFolderThatIsNotThereIsNamed) {
  const auto output = FileOutput::create(folder_ + "/none/rows.json", false);
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace freshet
