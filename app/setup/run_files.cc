#include "app/setup/run_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/row.h"

namespace freshet {

namespace {

/// "2026-11-21T12:00:00.123456Z" → "20261121T120000"
std::string compact_time(WallTime wall) {
  std::string iso, compact;
  append_iso_time(epoch_micros(wall), iso);
  for (const char letter : iso.substr(0, 19)) {
    if (letter != '-' && letter != ':') compact += letter;
  }
  return compact;
}

}  // namespace

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  FRESHET_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1, "SHA-256");
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  FRESHET_CHECK(::getrandom(&value, sizeof value, 0) == sizeof value, "getrandom");
  return value;
}

std::string make_run_id(WallTime wall, std::uint64_t random) {
  return fmt::format("{}-{:06x}", compact_time(wall), random & 0xffffff);
}

Result<std::string> make_out_directory(const std::string& out, const std::string& name, WallTime wall) {
  namespace fs = std::filesystem;
  std::error_code problem;
  std::string directory = out;
  if (directory.empty()) {
    directory = fmt::format("freshet-out/{}-{}", name, compact_time(wall));
    for (int i = 2; fs::exists(directory, problem); ++i) {
      directory = fmt::format("freshet-out/{}-{}-{}", name, compact_time(wall), i);
    }
  } else if (fs::exists(directory + "/result.json", problem)) {
    return Error{ErrorKind::Usage, directory + " holds the results of an earlier run",
                 "name another folder with --out"};
  } else {
    for (const char* file : {"report.html", "junit.xml", "summary.md", "seconds.ndjson"}) {
      // a folder is reported when it is written to
      if (!fs::is_regular_file(fs::path(directory) / file, problem)) continue;
      return Error{ErrorKind::Usage, directory + " holds a " + file + ", which would be replaced",
                   "name another folder with --out"};
    }
  }
  fs::create_directories(directory + "/logs", problem);
  if (problem) return Error{ErrorKind::Unreachable, "cannot create " + directory + ": " + problem.message(), ""};
  return directory;
}

Status copy_named_files(const Scenario& scenario, const std::string& directory) {
  namespace fs = std::filesystem;
  for (const Scenario::NamedFile& file : scenario.files) {
    const fs::path copy = fs::path(directory) / file.name;
    std::error_code problem;
    fs::create_directories(copy.parent_path(), problem);
    if (!problem) fs::copy_file(file.path, copy, fs::copy_options::overwrite_existing, problem);
    if (problem) {
      return Error{ErrorKind::Unreachable,
                   "cannot copy " + file.path + " to " + copy.string() + ": " + problem.message(), ""};
    }
  }
  return {};
}

std::map<std::string, std::string> describe_host() {
  std::map<std::string, std::string> host;
  utsname kernel{};
  if (::uname(&kernel) == 0) host["kernel"] = fmt::format("{} {}", kernel.sysname, kernel.release);
  host["cores"] = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN));
  host["memory_bytes"] =
      std::to_string(static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE));
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    host["processor"] = line.substr(line.find(':') + 2);
    break;
  }
  return host;
}

}  // namespace freshet
