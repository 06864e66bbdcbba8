#include <cstdio>
#include <cstdlib>

#include "fuzz/targets.h"

namespace freshet::fuzz {

void promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

}  // namespace freshet::fuzz
