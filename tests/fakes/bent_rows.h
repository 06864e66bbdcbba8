// Rows that err: those of another, changed on their way by what a test says. For negative controls.
#pragma once

#include <functional>

#include "base/rows.h"

namespace freshet {

class BentRows final : public Rows {
 public:
  using BendRow = std::function<void(EntityId, Ordinal, Row&)>;
  using BendLife = std::function<void(EntityId, Ordinal, std::vector<LifeEvent>&)>;

  explicit BentRows(const Rows& straight) : straight_(straight) {}
  BendRow bend_row;
  BendLife bend_life;

  [[nodiscard]] const RecordType& type_of(EntityId entity) const override { return straight_.type_of(entity); }
  void row(EntityId entity, Ordinal ordinal, Version version, Row& out) const override {
    straight_.row(entity, ordinal, version, out);
    if (bend_row) bend_row(entity, ordinal, out);
  }
  [[nodiscard]] std::optional<Ordinal> ordinal_of(EntityId entity, std::string_view key) const override {
    return straight_.ordinal_of(entity, key);
  }
  void life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const override {
    std::vector<LifeEvent> life;
    straight_.life_of(entity, ordinal, life);
    if (bend_life) bend_life(entity, ordinal, life);
    out.insert(out.end(), life.begin(), life.end());
  }
  [[nodiscard]] Ordinal count(EntityId entity) const override { return straight_.count(entity); }
  [[nodiscard]] std::vector<Ordinal> canaries(EntityId entity) const override { return straight_.canaries(entity); }

 private:
  const Rows& straight_;
};

}  // namespace freshet
