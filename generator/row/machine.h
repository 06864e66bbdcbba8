// Machine: executes a Program for one version of one instance.
#pragma once

#include <vector>

#include "base/row.h"
#include "generator/row/program.h"
#include "generator/time/timeline.h"

namespace freshet {

/// What all rows of a run share.
struct World {
  const Timeline& timeline;
  const std::vector<EntityKey>& keys;  ///< by entity
  WallTime epoch;
};

/// Fills `out` with that version (an earlier one if the life ends before it; for a delete the image before it).
/// `created`: intended time of version 1. Thread-safe. Allocates only while a thread's first rows or `out` grow. Lends
/// texts of the program.
void run_program(const World& world, const Program& program, Ordinal ordinal, Micros created, Version version,
                 Row& out);

}  // namespace freshet
