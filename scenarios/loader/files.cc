#include "scenarios/loader/files.h"

#include <fstream>
#include <sstream>

namespace freshet::loading {

std::string beside(const std::string& file, const std::string& name) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos || (!name.empty() && name[0] == '/')) return name;
  return file.substr(0, slash + 1) + name;
}

std::optional<std::string> read_whole_file(const std::string& path, std::string& why) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) {
    std::ostringstream buffer;
    buffer << in.rdbuf();
    text = buffer.str();
  }
  if (!in || text.empty()) {
    why = "cannot be read, or is empty";
    return std::nullopt;
  }
  if (text.size() > kMaxFileSize) {
    why = "is larger than 16 MiB";
    return std::nullopt;
  }
  return text;
}

}  // namespace freshet::loading
