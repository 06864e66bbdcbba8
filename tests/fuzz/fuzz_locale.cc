// A locale beside the scenario, read as the loader reads it: from its file.
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fuzz/targets.h"
#include "scenarios/loader/loader.h"

namespace freshet::fuzz {

namespace {

/// A folder with a scenario of people, removed at the end of the process.
class Folder {
 public:
  Folder() {
    std::string path = (std::filesystem::temp_directory_path() / "freshet-fuzz-XXXXXX").string();
    promise(::mkdtemp(path.data()) != nullptr, "a folder for the locale");
    path_ = path;
    std::filesystem::create_directory(path_ / "locales");
    std::ofstream(path_ / "x.json")
        << R"({"freshet": 1, "name": "x", "entities": {"a": {"key": "uuid", "fields": {"p": {"person":)"
        << R"(["name", "email", "phone", "street", "postcode", "city", "region", "country", "locale"],)"
        << R"("locale": "xx"}}}}, "load": [{"entity": "a", "rate": "1/s", "for": "1s"}], "write": {}})";
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

void fuzz_locale(Input input) {
  static const Folder kFolder;
  std::ofstream(kFolder.path() / "locales/xx.json", std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  const Loaded loaded = load_scenario(kFolder.path() / "x.json");
  bool refused = false;
  for (const Problem& problem : loaded.problems) {
    refused = refused || problem.severity == Problem::Severity::Error;
    promise(!problem.text().empty(), "a problem has a text");
  }
  promise(refused != loaded.scenario.has_value(), "a locale is refused with an error, or taken without one");
}

}  // namespace freshet::fuzz
