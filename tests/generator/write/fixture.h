// A tiny shop for the tests of the send side: products (reference rows), baskets, and payments owned by baskets, with
// rows that name their instance and version.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/column_types.h"
#include "base/rows.h"
#include "generator/schedule/schedule.h"
#include "generator/stamped_entity.h"
#include "generator/write/lanes/lanes.h"
#include "scenarios/model/scenario.h"

namespace freshet::fixture {

// The matchers that these tests speak in.
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

inline constexpr EntityId kProduct{0};
inline constexpr EntityId kBasket{1};
inline constexpr EntityId kPayment{2};

inline RecordType shop_record() {
  using columns::of;
  return {{{"id", of(Kind::Text, 0, 40)},
           {"paid.amount", of(Kind::Decimal, 2)},
           {"note", of(Kind::Text)},
           {"rate", of(Kind::Double)},
           {"open", of(Kind::Boolean)},
           {"items", columns::list_of({{"name", of(Kind::Text, 0, 20)}, {"quantity", of(Kind::Integer)}})},
           {"version", of(Kind::Integer)},
           {"updated_at", of(Kind::Time)}}};
}

inline Entity shop_entity(const std::string& name) { return stamped_entity(name, shop_record()); }

inline Scenario shop() {
  Scenario scenario;
  scenario.name = "shop";
  scenario.entities = {shop_entity("product"), shop_entity("basket"), shop_entity("payment")};
  scenario.entities[index_of(kPayment)].per = kBasket;
  return scenario;
}

inline std::string shop_key(EntityId entity, Ordinal ordinal) {
  return fmt::format("{}-{:06}", "PBY"[index_of(entity)], ordinal);
}
inline std::int64_t shop_amount(Ordinal ordinal, Version version) {
  return static_cast<std::int64_t>(ordinal) * 100 + version;
}

/// Rows whose content is readable: key, amount = ordinal.version, a note, two items, a version.
class ShopRows final : public Rows {
 public:
  [[nodiscard]] const RecordType& type_of(EntityId /*entity*/) const override { return record_; }
  void row(EntityId entity, Ordinal ordinal, Version version, Row& out) const override {
    out.reset(record_.width());
    out.cells[0] = out.add_text(shop_key(entity, ordinal));
    out.cells[1] = decimal_cell(shop_amount(ordinal, version));
    if (version % 2 == 1) out.cells[2] = out.add_text(fmt::format("it's \\ version {}", version));
    out.cells[3] = double_cell(static_cast<double>(version) / 4);
    out.cells[4] = boolean_cell(version == 1);
    const Cell list = out.add_list(2, 2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      const Cell name = out.add_text(i == 0 ? "tea" : "rusks");
      out.cells[list.begin + 2 * i] = name;
      out.cells[list.begin + 2 * i + 1] = integer_cell(i + 1);
    }
    out.cells[5] = list;
    out.cells[6] = integer_cell(version);
    out.cells[7] = time_cell(1'700'000'000'000'000 + version);
  }
  [[nodiscard]] std::optional<Ordinal> ordinal_of(EntityId, std::string_view) const override { return std::nullopt; }
  void life_of(EntityId, Ordinal, std::vector<LifeEvent>&) const override {}
  [[nodiscard]] Ordinal count(EntityId) const override { return 0; }
  [[nodiscard]] std::vector<Ordinal> canaries(EntityId) const override { return {}; }

 private:
  const RecordType record_ = shop_record();
};

/// What SELECT * shows of product 12 in its first version and product 13 in its second, the values joined by |.
inline std::vector<std::string> rendered_products() {
  const std::string items = R"(|[{"name":"tea","quantity":1},{"name":"rusks","quantity":2}]|)";
  return {R"(P-000012|12.01|it's \ version 1|0.25|1)" + items + "1|2023-11-14 22:13:20.000001",
          "P-000013|13.02|∅|0.5|0" + items + "2|2023-11-14 22:13:20.000002"};
}

/// Renders the rows and gives the changes to the writer as one batch.
inline void write_batch(Writer& writer, const Rows& rows, const std::vector<Change>& changes) {
  std::vector<Row> images(changes.size());
  std::vector<Write> batch;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    rows.row(changes[i].entity, changes[i].ordinal, changes[i].version, images[i]);
    batch.push_back({changes[i], &images[i]});
  }
  writer.write(batch);
}

inline Change change(EntityId entity, Ordinal ordinal, Version version, Operation operation, Micros intended = {}) {
  return Change{entity, operation, Phase::Measured, version, ordinal, ordinal, intended};
}
inline Change insert(EntityId entity, Ordinal ordinal, Micros intended = {}, Version version = 1) {
  return change(entity, ordinal, version, Operation::Insert, intended);
}
inline Change update(EntityId entity, Ordinal ordinal, Version version, Micros intended = {}) {
  return change(entity, ordinal, version, Operation::Update, intended);
}
inline Change erase(EntityId entity, Ordinal ordinal, Version version, Micros intended = {}) {
  return change(entity, ordinal, version, Operation::Delete, intended);
}

/// A schedule that is a list.
class ListedSchedule final : public Schedule {
 public:
  explicit ListedSchedule(std::vector<Change> changes) : changes_(std::move(changes)) {}
  bool next(Change& out) override {
    if (next_ == changes_.size()) return false;
    out = changes_[next_++];
    return true;
  }
  [[nodiscard]] std::size_t waiting() const override { return changes_.size() - next_; }

 private:
  std::vector<Change> changes_;
  std::size_t next_ = 0;
};

/// Keeps every outcome, in the order in which it came. Safe from any thread.
class Outcomes {
 public:
  [[nodiscard]] OutcomeSink sink() {
    return [this](std::span<const Settled> settled) {
      const std::scoped_lock lock(mutex_);
      all_.insert(all_.end(), settled.begin(), settled.end());
    };
  }
  [[nodiscard]] std::vector<Settled> all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
  }
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return all_.size();
  }
  [[nodiscard]] std::int64_t count(Outcome outcome) const {
    const std::vector<Settled> settled = all();
    return std::count_if(settled.begin(), settled.end(), [&](const Settled& s) { return s.outcome == outcome; });
  }
  /// The one outcome of that change; aborts the test when there is none or more than one.
  [[nodiscard]] Settled of(const Change& wanted) const {
    const std::vector<Settled> settled = all();
    std::vector<Settled> found;
    std::copy_if(settled.begin(), settled.end(), std::back_inserter(found), [&](const Settled& s) {
      return s.change.entity == wanted.entity && s.change.ordinal == wanted.ordinal &&
             s.change.version == wanted.version;
    });
    FRESHET_CHECK(found.size() == 1, "a change must have exactly one outcome");
    return found.front();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Settled> all_;
};

}  // namespace freshet::fixture
