// LaneSchedule: one lane's changes, merged from its arrivals and background updates and the lives of its instances.
#pragma once

#include <vector>

#include "generator/schedule/pending.h"
#include "generator/schedule/schedule.h"
#include "generator/time/timeline.h"

namespace freshet {

class LaneSchedule final : public Schedule {
 public:
  LaneSchedule(const Timeline& timeline, std::size_t entities, int lane, int lanes);

  bool next(Change& out) override;
  [[nodiscard]] std::size_t waiting() const override { return pending_.size(); }

 private:
  /// An ordered stream of changes of which the lane reads one ahead: arrivals (insert) or background updates (update).
  struct Source {
    EntityId entity{};
    const UpdateIndex* updates = nullptr;  ///< null: arrivals
    std::uint32_t load = 0;                ///< index in updates->loads()
    Arrivals::Cursor cursor;
    std::uint64_t index = 0;  ///< index of the arrival to be read next
    PendingChange head;
  };
  [[nodiscard]] bool owns(Ordinal root, EntityId root_entity) const;
  bool read_ahead(Source& source) const;
  void add_source(Source source);
  void begin_children(EntityId entity, Ordinal ordinal, Micros base);
  [[nodiscard]] bool following(PendingChange& change) const;
  void take_pending(Change& out);
  void take_source(Change& out);
  [[nodiscard]] Change change_of(const PendingChange& change) const;

  const Timeline& timeline_;
  int lane_;
  int lanes_;
  std::vector<Source> sources_;  ///< those that are not exhausted; few
  Pending pending_;
};

}  // namespace freshet
