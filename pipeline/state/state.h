// What the operators remember, and how far the sources had been read when they did: the seam of the pipeline's state.
//
// Operators open tables and know nothing else of it. Whoever drives them says between two changes how far the sources
// were read (seal), and later that the sinks have all that came of it (commit). A state that outlives the process
// writes tables and positions at once when it is sealed, and a restart begins at what was committed last: no change is
// then in the tables that the sources would give again, and no row is missing at the sink that the tables take for
// written.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/row.h"
#include "pipeline/capture/position.h"
#include "pipeline/state/group_table.h"
#include "pipeline/state/row_table.h"

namespace freshet {

/// Owns the tables. One thread.
class State {
 public:
  /// The number of a seal; they rise.
  using Seal = std::uint64_t;

  virtual ~State() = default;

  /// Opens a table, each name once. `type` must outlive the use of the table.
  [[nodiscard]] virtual RowTable& rows(const std::string& name, const RecordType& type) = 0;
  [[nodiscard]] virtual GroupTable& groups(const std::string& name) = 0;

  /// Everything up to these positions is in the tables, and nothing beyond them. Every one must be known. The tables
  /// may be changed at once; what is committed is as they were. An error ends the pipeline.
  [[nodiscard]] virtual Result<Seal> seal(const Positions& positions) = 0;
  /// The sinks have everything that came of what was sealed then, and before.
  [[nodiscard]] virtual Status commit(Seal seal) = 0;

  /// The positions of the last seal that was committed; none before the first.
  [[nodiscard]] virtual const Positions& committed() const = 0;
  /// How often something was committed.
  [[nodiscard]] virtual std::int64_t commits() const = 0;
};

}  // namespace freshet
