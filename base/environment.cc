#include "base/environment.h"

#include <cstdlib>

namespace freshet {

Environment process_environment() {
  return [](const std::string& name) -> const char* { return std::getenv(name.c_str()); };
}

}  // namespace freshet
