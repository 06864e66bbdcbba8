#include "servers/process_cost.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace freshet {
namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The n-th field (from 1, as proc(5) counts) of a /proc/PID/stat line. Field 2 is the program's name in parentheses
/// and may itself contain blanks and parentheses, so counting starts after the last one.
std::int64_t stat_field(const std::string& line, int field) {
  const auto end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return 0;
  std::istringstream rest(line.substr(end_of_name + 1));
  std::string word;
  for (int at = 2; at < field; ++at) rest >> word;
  return std::strtoll(word.c_str(), nullptr, 10);
}

bool executable(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<ProcessCost> cost_of(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::string status = contents_of(folder + "/status");
  constexpr std::string_view kPeak = "VmHWM:";
  const auto peak = status.find(kPeak);
  if (peak == std::string::npos) return std::nullopt;
  const std::string stat = contents_of(folder + "/stat");
  ProcessCost cost;
  cost.rss_max_bytes = std::strtoll(status.c_str() + peak + kPeak.size(), nullptr, 10) * 1024;
  cost.cpu_s =
      static_cast<double>(stat_field(stat, 14) + stat_field(stat, 15)) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return cost;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return executable(name) ? name : "";
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path != nullptr ? path : "") +
                             ":/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty()) continue;
    std::string candidate = folder + "/" + name;
    if (executable(candidate)) return candidate;
  }
  return "";
}

}  // namespace freshet
