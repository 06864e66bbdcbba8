// Groups in memory.
#pragma once

#include <string>
#include <unordered_map>

#include "pipeline/state/group_table.h"

namespace freshet {

/// One entry per group, and for min and max one entry per value and group.
class MemoryGroupTable final : public GroupTable {
 public:
  [[nodiscard]] Group* find(const std::string& key) override;
  [[nodiscard]] Group& add(const std::string& key) override { return groups_[key]; }
  void erase(const std::string& key) override { groups_.erase(key); }
  std::size_t forget_older(WallTime at) override;
  [[nodiscard]] std::int64_t next_version() override { return ++version_; }
  [[nodiscard]] std::size_t size() const override { return groups_.size(); }
  [[nodiscard]] std::size_t bytes() const override;

 private:
  std::unordered_map<std::string, Group> groups_;
  std::int64_t version_ = 0;
};

}  // namespace freshet
