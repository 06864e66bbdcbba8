#include "pipeline/state/memory/memory_group_table.h"

namespace freshet {

Group* MemoryGroupTable::find(const std::string& key) {
  const auto found = groups_.find(key);
  return found == groups_.end() ? nullptr : &found->second;
}

std::size_t MemoryGroupTable::forget_older(WallTime at) {
  return std::erase_if(groups_, [at](const auto& entry) { return entry.second.changed_at < at; });
}

std::size_t MemoryGroupTable::bytes() const {
  constexpr std::size_t kNode = 64;
  std::size_t sum = 0;
  for (const auto& [key, group] : groups_) {
    sum += sizeof(Group) + key.capacity() + group.shown.capacity() + group.key.cells.capacity() * sizeof(Cell);
    for (const Group::Argument& argument : group.arguments) {
      sum += sizeof(Group::Argument) + argument.in_order.size() * kNode;
    }
  }
  return sum;
}

}  // namespace freshet
