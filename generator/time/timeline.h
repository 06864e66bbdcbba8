// Timeline: when everything is intended. Arrivals, children, lives and background updates of every entity, as a
// function of scenario and seed; salt and epoch have no effect here. The schedule walks it forwards, the model accesses
// it at random.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/rows.h"
#include "generator/draw/alias_table.h"
#include "generator/draw/sampler.h"
#include "generator/time/arrivals.h"
#include "generator/time/update_index.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Limit for one row. A life that would change its key more often leaves the key as it is.
inline constexpr std::uint32_t kMostKeyChanges = 127;

/// Reference rows are intended 2 s before anything else, and canaries 1 s before the schedule's zero.
inline constexpr Micros kReferenceLead = -2 * kMicrosPerSecond;
inline constexpr Micros kCanaryInstant = -1 * kMicrosPerSecond;
/// Canary ordinals are far above those of any arrival. There is one canary per entity with arrivals; instances that it
/// owns share its ordinal. Markers follow: kFirstMarker + n is intended n ms after the schedule's zero, if it is sent
/// at all.
inline constexpr Ordinal kCanaryOrdinal = Ordinal{1} << 40;
inline constexpr Ordinal kFirstMarker = kCanaryOrdinal + 1;
inline constexpr Ordinal kBeyondMarkers = kCanaryOrdinal << 1;
/// When a canary or a marker is intended.
[[nodiscard]] constexpr Micros canary_instant(Ordinal ordinal) {
  return ordinal < kFirstMarker ? kCanaryInstant
                                : static_cast<std::int64_t>(ordinal - kFirstMarker) * (kMicrosPerSecond / 1'000);
}

/// The ordinal of the owner of a child; each owner has at most `most` children.
[[nodiscard]] constexpr Ordinal owner_of(Ordinal child, std::uint64_t most) {
  return child >= kCanaryOrdinal ? child : child / most;
}

/// The popularity of an entity's rows. Precondition: it has rows.
[[nodiscard]] Popularity popularity_of(const Entity& entity, std::uint64_t seed);

/// The state of a life after a version.
struct LifePoint {
  Version version = 1;
  Operation operation = Operation::Insert;
  std::size_t state = 0;  ///< state of the image; after a delete, of the last image
  Micros intended{};
  std::uint32_t key_changes = 0;  ///< how often the key has changed, at most kMostKeyChanges
};

/// Immutable and thread-safe.
class Timeline {
 public:
  Timeline(const Scenario& scenario, std::uint64_t seed);

  [[nodiscard]] Micros length() const { return length_; }
  /// The intended time of reference rows.
  [[nodiscard]] Micros reference_instant() const { return reference_instant_; }
  [[nodiscard]] Phase phase_at(Micros intended) const;
  /// The entity's arrivals, or null.
  [[nodiscard]] const Arrivals* arrivals(EntityId entity) const { return entities_[index_of(entity)].arrivals.get(); }
  /// The entity's background updates, or null.
  [[nodiscard]] const UpdateIndex* updates(EntityId entity) const { return entities_[index_of(entity)].updates.get(); }
  [[nodiscard]] std::shared_ptr<const Popularity> popularity(EntityId entity) const {
    return entities_[index_of(entity)].popularity;
  }
  [[nodiscard]] const std::vector<EntityId>& children(EntityId entity) const {
    return entities_[index_of(entity)].children;
  }
  [[nodiscard]] bool has_life(EntityId entity) const { return !entities_[index_of(entity)].states.empty(); }
  /// The number of ordinals in use, canaries excluded.
  [[nodiscard]] Ordinal count(EntityId entity) const;
  /// True if this entity has a canary.
  [[nodiscard]] bool has_canary(EntityId entity) const;

  /// True if an instance with this ordinal exists, according to its owners' shares and counts.
  [[nodiscard]] bool exists(EntityId entity, Ordinal ordinal) const;
  /// The number of `child` instances that the existing instance `owner` has. Their ordinals are owner * most + 0, 1, 2…
  [[nodiscard]] std::uint64_t children_of(EntityId child, Ordinal owner) const;
  [[nodiscard]] Ordinal owner(EntityId child, Ordinal ordinal) const {
    return owner_of(ordinal, entities_[index_of(child)].most);
  }
  /// The ordinal of the i-th child of an owner.
  [[nodiscard]] Ordinal child(EntityId child, Ordinal owner, std::uint64_t i) const {
    return owner >= kCanaryOrdinal ? owner : owner * entities_[index_of(child)].most + i;
  }
  /// The ordinal of the instance at the root of the ownership chain.
  [[nodiscard]] Ordinal root(EntityId entity, Ordinal ordinal) const;
  /// The delay between a child's base (its parent's intended time; for the children of reference rows the schedule's
  /// zero) and its own intended time.
  [[nodiscard]] Micros delay(EntityId entity, Ordinal ordinal) const;
  /// Intended time of version 1. Precondition: the ordinal is in use or a canary.
  [[nodiscard]] Micros created(EntityId entity, Ordinal ordinal) const;
  /// Intended time of the parent's version 1, given that of its child.
  [[nodiscard]] Micros parent_created(EntityId child, Ordinal ordinal, Micros created) const;
  /// Moves a life to its next version; returns false if it has none. Does not consider the end of the schedule.
  bool advance(EntityId entity, Ordinal ordinal, LifePoint& point) const;
  /// The version at `instant` of an instance that exists by then; for a deleted one, its last image.
  [[nodiscard]] Version version_at(EntityId entity, Ordinal ordinal, Micros created, Micros instant) const;
  /// True if the instance has been inserted by `instant` (inclusive) and not deleted since.
  [[nodiscard]] bool lives_at(EntityId entity, Ordinal ordinal, Micros instant) const;
  /// How often the instance gets another key before the end of the schedule.
  [[nodiscard]] std::uint32_t key_changes(EntityId entity, Ordinal ordinal) const;
  /// See Rows::life_of.
  void life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const;

 private:
  struct State {
    std::string name;
    Sampler after;
    std::vector<NextState> to;
    std::optional<AliasTable> choice;  ///< among `to`; empty if the state is final
    double share;                      ///< share of the instances that leave it
    bool new_key;                      ///< instances that enter it get a new key
  };
  struct EntityTimes {
    std::optional<std::uint64_t> rows;
    bool preloaded = true;
    std::optional<EntityId> per;
    EntityId root{};
    std::vector<EntityId> children;
    std::unique_ptr<Arrivals> arrivals;
    std::unique_ptr<UpdateIndex> updates;
    std::shared_ptr<const Popularity> popularity;
    double share = 1;
    std::optional<Sampler> count;
    std::uint64_t most = 1;
    Sampler delay{Distribution{}};
    std::vector<State> states;
    std::optional<State> revival;
    Stream shares{};
    Stream counts{};
    Stream delays{};
    Stream dwells{};
    Stream branches{};
    Stream stays{};
  };
  void add_entity(const Scenario& scenario, const Entity& entity, std::uint64_t seed);
  void add_loads(const Scenario& scenario, std::uint64_t seed);
  [[nodiscard]] Micros scaled(std::int64_t duration) const;

  Micros warm_up_;
  Micros length_;
  Micros reference_instant_;
  double time_scale_;
  std::vector<EntityTimes> entities_;
};

}  // namespace freshet
