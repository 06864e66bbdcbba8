// Inputs that take for ever: whatever is given, the answer costs what its size allows, in time and in memory. Ten times
// the size may take ten times the time, with a margin, and never a hundred times; what is too much is refused by a
// limit that is stated.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

using testing::HasSubstr;

std::string repeated(int count, const std::function<std::string(int)>& element) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + element(i);
  return out;
}

std::string numbered(const std::string& before, int i, const std::string& after) {
  return before + std::to_string(i) + after;
}

/// A scenario with these members; "" is one that is right.
std::string scenario(const std::string& fields, const std::string& load = R"("rate": "10/s", "for": "10s")",
                     const std::string& more = "") {
  return R"({"freshet": 1, "name": "x", "entities": {"a": {"key": "uuid", "fields": {"b": "uuid")" +
         (fields.empty() ? "" : ", " + fields) + R"(}}}, "load": [{"entity": "a", )" + load +
         R"(}], "write": {"a": {"mysql": {"table": "a"}}}, "connections": {"mysql": "mysql://u@h/d"})" + more + "}";
}

struct Size {
  const char* name;
  std::function<std::string(int)> text;
};

const std::vector<Size>& sizes() {
  static const std::vector<Size> kSizes{
      {"a choice",
       [](int n) {
         return scenario(R"("c": {"choice": {)" + repeated(n, [](int i) { return numbered("\"v", i, "\": 1"); }) +
                         "}}");
       }},
      {"a list to choose from",
       [](int n) {
         return scenario(R"("c": {"choice": [)" + repeated(n, [](int i) { return numbered("\"v", i, "\""); }) + "]}");
       }},
      {"unknown keys",
       [](int n) {
         return scenario("", R"("rate": "10/s", "for": "10s")",
                         ", " + repeated(n, [](int i) { return numbered("\"key", i, "\": 1"); }));
       }},
      {"a key many times",
       [](int n) {
         return scenario("", R"("rate": "10/s", "for": "10s")",
                         ", " + repeated(n, [](int) { return std::string("\"name\": 1"); }));
       }},
      {"numbers",
       [](int n) {
         return scenario("", R"("rate": "10/s", "for": "10s")",
                         R"(, "n": [)" + repeated(n, [](int i) { return std::to_string(i); }) + "]");
       }},
      {"entities in a chain",
       [](int n) {
         return R"({"freshet": 1, "name": "x", "entities": {)" +
                repeated(
                    n, [](int i) { return numbered("\"e", i, "\": {\"per\": \"e") + std::to_string(i + 1) + "\"}"; }) +
                "}}";
       }},
      {"fields", [](int n) { return scenario(repeated(n, [](int i) { return numbered("\"f", i, "\": 1"); })); }},
      {"references to nothing",
       [](int n) {
         return scenario(
             repeated(n, [](int i) { return numbered("\"f", i, R"(": {"path": "g)") + std::to_string(i) + "\"}"; }));
       }},
      {"steps",
       [](int n) {
         return scenario("", R"("stages": [{"steps": [)" + repeated(n, [](int i) {
                               return numbered("\"", i % 7 + 1, "/s\"");
                             }) + R"(], "for": "100s"}])");
       }},
      {"stages",
       [](int n) {
         return scenario("", R"("stages": [)" + repeated(n, [](int i) {
                               return numbered(R"({"rate": ")", i % 7 + 1, R"(/s", "for": "1ms"})");
                             }) + "]");
       }},
      {"gates",
       [](int n) {
         return scenario("", R"("rate": "10/s", "for": "10s")", R"(, "slo": [)" + repeated(n, [](int i) {
                                                                  return numbered("\"p99 freshnes < ", i, "s\"");
                                                                }) + "]");
       }},
      {"connections",
       [](int n) {
         return scenario("", R"("rate": "10/s", "for": "10s")", R"(, "connections": {)" + repeated(n, [](int i) {
                                                                  return numbered("\"c", i, "\": \"x\"");
                                                                }) + "}");
       }},
      {"states",
       [](int n) {
         return R"({"freshet": 1, "name": "x", "entities": {"a": {"key": "uuid", "life": {)" +
                repeated(n,
                         [](int i) {
                           return numbered("\"s", i, R"(": {"after": "2s", "to": "s)") + std::to_string(i + 1) + "\"}";
                         }) +
                "}}}}";
       }},
      {"a long text",
       [](int n) { return scenario("\"c\": \"" + std::string(static_cast<std::size_t>(n) * 20, 'x') + '"'); }},
      {"a long name",
       [](int n) { return scenario('"' + std::string(static_cast<std::size_t>(n) * 20, 'x') + "\": 1"); }},
      {"comments", [](int n) {
         return repeated(n, [](int) { return std::string("/* */"); }).substr(0, 0) +
                std::string(static_cast<std::size_t>(n) * 10, ' ') + scenario("");
       }}};
  return kSizes;
}

double cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double cost_of(const std::string& text) {
  const double before = cpu_s();
  const Loaded loaded = parse_scenario(text, "x.json");
  const double after = cpu_s();
  EXPECT_TRUE(loaded.scenario || !loaded.problems.empty());
  EXPECT_LE(loaded.problems.size(), 200U) << "nobody reads more";
  return after - before;
}

TEST(Endless, TimeIsLinearInTheSizeWhateverItIsMadeOf) {
  constexpr double kLeast = 0.004;  // below it, what is measured is the clock
  for (const Size& size : sizes()) {
    SCOPED_TRACE(size.name);
    const double small = std::max(kLeast, cost_of(size.text(4'000)));
    EXPECT_LT(cost_of(size.text(40'000)), 35 * small);
  }
}

// A child with little time and little room: what it takes is what the loader takes.
TEST(Endless, FiveMegabytesTakeLessThanASecondAndAHundredMegabytes) {
  if (::mallinfo2().uordblks == 0) GTEST_SKIP() << "a sanitizer's allocator keeps what was given back";
  const auto five_megabytes = [](const std::string& element) {
    std::string text = R"({"freshet": 1, "numbers": [0)";
    while (text.size() < 5'000'000) text += ", " + element;
    return text + "]}";
  };
  std::string choice = R"("c": {"choice": {"v": 1)";
  for (int i = 0; i < 110'000; ++i) choice += numbered(", \"a value of the list that is somewhat longer ", i, "\": 1");
  const std::string texts[] = {five_megabytes("1"),
                               five_megabytes("\"x\""),
                               five_megabytes("{}"),
                               five_megabytes("[[]]"),
                               five_megabytes(R"({"a": 1})"),
                               scenario(choice + "}}"),
                               scenario("\"c\": \"" + std::string(5'000'000, 'x') + '"'),
                               std::string(5'000'000, '['),
                               std::string(5'000'000, ' '),
                               R"({"a": ")" + std::string(5'000'000, '\\') + "\"}"};
  for (const std::string& text : texts) {
    SCOPED_TRACE(text.substr(0, 40) + "…" + text.substr(text.size() - 20));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      rusage before{};
      ::getrusage(RUSAGE_SELF, &before);
      const double began = cpu_s();
      (void)parse_scenario(text, "x.json");
      const double took = cpu_s() - began;
      rusage after{};
      ::getrusage(RUSAGE_SELF, &after);
      constexpr long kRoom = 100'000;  // kB
      ::_exit(took > 1 ? 1 : after.ru_maxrss - before.ru_maxrss > kRoom ? 2 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "1: time, 2: memory";
  }
}

TEST(Endless, LimitsAreNamed) {
  const auto said = [](const std::string& text) { return texts(parse_scenario(text, "x.json")); };
  EXPECT_THAT(said("[" + repeated(200'000, [](int) { return std::string("1"); }) + "]"),
              HasSubstr("too many values, expected at most 120000 in a scenario and its files"));
  EXPECT_THAT(said(scenario("", R"("rate": "10/s", "for": "10s")",
                            R"(, "slo": [)" + repeated(3'000, [](int) { return std::string("\"lost == 0\""); }) + "]")),
              HasSubstr("/slo: 3000 gates, expected at most 2000"));
  EXPECT_THAT(said(scenario("", R"("stages": [{"repeat": 10000, "of": [{"repeat": 10000, "of":
                            [{"rate": "1/s", "for": "1ms"}]}]}])")),
              HasSubstr("more than 100000 pieces of load"));
  // A choice of 100,000 values is allowed.
  EXPECT_TRUE(parse_scenario(sizes()[0].text(100'000), "x.json").scenario);
}

TEST(Endless, OfManyProblemsAHundredAreReportedAndTheOthersCounted) {
  const Loaded loaded = parse_scenario(sizes()[2].text(5'000), "x.json");
  EXPECT_EQ(loaded.problems.size(), 100U);
  EXPECT_EQ(loaded.unlisted, 4'900U);
}

TEST(Endless, ATextThatGrowsByItselfIsRefused) {
  std::string folder = (std::filesystem::temp_directory_path() / "freshet-endless-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::filesystem::create_directory(folder + "/locales");
  // Each letter becomes eight of the next: eight to the twenty-fourth.
  std::string letters;
  for (char c = 'a'; c < 'y'; ++c) {
    letters += (letters.empty() ? "" : ", ") +
               ('"' + std::string(1, c) + "\": \"" + std::string(8, static_cast<char>(c + 1)) + '"');
  }
  std::ofstream(folder + "/locales/xx.json")
      << R"({"locale": "xx", "country": "X", "source": "x", "full_name": "{first} {last}",)"
      << R"("street": "{number} {street}", "mail_letters": {)" << letters << R"(}, "first_names": {"a": 1},)"
      << R"("last_names": {"a": 1}, "streets": {"a": 1}, "mail_domains": {"x.example": 1},)"
      << R"("places": [{"city": "a", "region": "b", "postcode": "1", "phone": "1", "weight": 1}]})";
  std::ofstream(folder + "/x.json") << scenario(R"("p": {"person": ["email"], "locale": "xx"})");
  EXPECT_THAT(texts(load_scenario(folder + "/x.json")), HasSubstr("can appear in an e-mail address"));
  std::filesystem::remove_all(folder);
}

TEST(Endless, APipeOrADeviceWithoutEndIsRefusedInASecond) {
  std::string folder = (std::filesystem::temp_directory_path() / "freshet-endless-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string fifo = folder + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(texts(load_scenario(fifo)), HasSubstr("cannot be read, or is empty")) << "nobody writes";
  const int writer = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  EXPECT_THAT(texts(load_scenario(fifo)), HasSubstr("is a pipe or a device that does not end within a second"));
  ::close(writer);
  EXPECT_THAT(texts(load_scenario("/dev/zero")), HasSubstr("larger than 6 MiB"));
  EXPECT_THAT(texts(load_scenario(folder)), HasSubstr("cannot be read, or is empty"));
  // A pipe that ends is a file like any other.
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const std::string text = scenario("");
  ASSERT_EQ(::write(pipe[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(pipe[1]);
  EXPECT_TRUE(load_scenario("/proc/self/fd/" + std::to_string(pipe[0])).scenario);
  ::close(pipe[0]);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace freshet
