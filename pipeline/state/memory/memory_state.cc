#include "pipeline/state/memory/memory_state.h"

#include <algorithm>
#include <utility>

#include "pipeline/state/memory/memory_group_table.h"
#include "pipeline/state/memory/memory_row_table.h"

namespace freshet {

RowTable& MemoryState::rows(const std::string& name, const RecordType& type) {
  auto& table = rows_[name];
  FRESHET_CHECK(!table, "a table is opened once");
  table = std::make_unique<MemoryRowTable>(type);
  return *table;
}

GroupTable& MemoryState::groups(const std::string& name) {
  auto& table = groups_[name];
  FRESHET_CHECK(!table, "a table is opened once");
  table = std::make_unique<MemoryGroupTable>();
  return *table;
}

Result<State::Seal> MemoryState::seal(const Positions& positions) {
  FRESHET_CHECK(std::all_of(positions.begin(), positions.end(), known), "what is sealed can be restarted from");
  sealed_.push_back({++last_, positions});
  return last_;
}

Status MemoryState::commit(Seal seal) {
  FRESHET_CHECK(!sealed_.empty() && sealed_.front().number <= seal && seal <= last_, "what is committed was sealed");
  while (!sealed_.empty() && sealed_.front().number <= seal) {
    committed_ = std::move(sealed_.front().positions);
    sealed_.pop_front();
  }
  ++commits_;
  return {};
}

}  // namespace freshet
