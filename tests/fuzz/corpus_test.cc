// Every file of the corpora through its target, in every build: what a fuzzer found once stays found without one.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/targets.h"

namespace freshet::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder, const std::string& extension = "") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool wanted = extension.empty() || entry.path().extension() == extension;
    if (entry.is_regular_file() && wanted) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

double cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

void feed(void (*target)(Input), const std::vector<fs::path>& files) {
  ASSERT_FALSE(files.empty()) << "the corpus was not found";
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename());
    std::ifstream in(file, std::ios::binary);
    ASSERT_TRUE(in.is_open());
    const std::string input{std::istreambuf_iterator<char>(in), {}};
    const double before = cpu_s();
    target(std::as_bytes(std::span(input)));
    EXPECT_LT(cpu_s() - before, 1) << "no input takes for ever";
    // Cut short, as a torn file or message is.
    for (const std::size_t parts : {2, 3, 7}) target(std::as_bytes(std::span(input).first(input.size() / parts)));
  }
}

const fs::path kCorpus = FRESHET_SOURCE_DIR "/tests/fuzz/corpus";

TEST(Corpus, Binlog) { feed(fuzz_binlog, files_in(kCorpus / "binlog")); }
TEST(Corpus, Scenario) { feed(fuzz_scenario, files_in(kCorpus / "scenario")); }
TEST(Corpus, LibraryOfScenarios) { feed(fuzz_scenario, files_in(FRESHET_SOURCE_DIR "/scenarios", ".json")); }
TEST(Corpus, Options) { feed(fuzz_options, files_in(kCorpus / "options")); }
TEST(Corpus, Locale) { feed(fuzz_locale, files_in(kCorpus / "locale")); }
TEST(Corpus, JsonRow) { feed(fuzz_json_row, files_in(kCorpus / "json_row")); }
TEST(Corpus, AvroRow) { feed(fuzz_avro_row, files_in(kCorpus / "avro_row")); }
TEST(Corpus, Statement) { feed(fuzz_statement, files_in(kCorpus / "statement")); }

TEST(CorpusDeathTest, ABrokenPromiseAborts) { EXPECT_DEATH(promise(false, "never"), "broken promise: never"); }

}  // namespace
}  // namespace freshet::fuzz
