// ScenarioModel: the Rows of a scenario, from a timeline (when) and programs (what).
#pragma once

#include <memory>
#include <vector>

#include "generator/model/model.h"
#include "generator/row/machine.h"
#include "generator/row/program.h"
#include "generator/time/timeline.h"

namespace freshet {

class ScenarioModel final : public Rows {
 public:
  ScenarioModel(const Scenario& scenario, const RunIdentity& identity);
  ScenarioModel(const ScenarioModel&) = delete;
  ScenarioModel& operator=(const ScenarioModel&) = delete;

  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

  [[nodiscard]] const RecordType& type_of(EntityId entity) const override;
  void row(EntityId entity, Ordinal ordinal, Version version, Row& out) const override;
  void row_of(const Change& change, Row& out) const override;
  [[nodiscard]] std::optional<Ordinal> ordinal_of(EntityId entity, std::string_view key) const override;
  void life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const override;
  [[nodiscard]] Ordinal count(EntityId entity) const override;
  [[nodiscard]] std::vector<Ordinal> canaries(EntityId entity) const override;

 private:
  [[nodiscard]] bool lives(EntityId entity, Ordinal ordinal) const;
  [[nodiscard]] std::vector<double> weights_of(EntityId entity, ColumnIndex column) const;

  const Scenario& scenario_;
  Timeline timeline_;
  std::vector<EntityKey> keys_;
  RowContext row_context_;
  FrozenRows frozen_;
  std::vector<Program> programs_;
};

}  // namespace freshet
