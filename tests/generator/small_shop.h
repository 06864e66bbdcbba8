// A small shop for the tests of model and schedule: every construct that a row can be made of, in one scenario.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "generator/model/model.h"
#include "scenarios/loaded.h"

namespace freshet::shop {

inline constexpr const char* kText = R"json({
  "freshet": 1, "name": "small-shop", "seed": 7, "time_scale": 4, "warm_up": "1s",
  "entities": {
    "store": {"rows": 12, "key": {"id": {"sequence": "S%02d"}},
              "fields": {"city": {"choice": {"Bonn": 3, "Kiel": 1, "Ulm": 1}}}},
    "clerk": {"rows": 40, "key": {"id": {"sequence": "C%03d"}}, "fields": {"store": {"ref": "store", "embed": ["id", "city"]}}},
    "product": {"rows": 50, "key": {"id": {"sequence": "P%04d"}},
                "fields": {"price": {"lognormal": {"median": "7.90", "sigma": 0.9}, "min": "0.50", "max": "99.99"},
                           "tax": {"multiply": ["price", "0.19"], "scale": 2},
                           "label": {"choice": ["plain", "bio"]}}},
    "order": {"key": {"id": "uuid"}, "fields": {
        "placed": {"time": "created"},
        "placed_text": {"time": "created", "as": "iso_ms", "zone": "-03:30"},
        "placed_ms": {"time": "created", "as": "epoch_ms"},
        "touched": {"time": "intended"},
        "clerk": {"ref": "clerk", "embed": ["id"]},
        "store": {"ref": "store", "via": "clerk", "embed": ["id", "city"]},
        "lines": {"list": {"geometric": {"mean": 3}, "max": 9}, "of": {
            "product": {"ref": "product", "pick": {"zipf": 0.99}, "inline": true, "embed": ["id", "price", "label"]},
            "quantity": {"integer": [1, 5]},
            "subtotal": {"multiply": ["price", "quantity"], "scale": 2}}},
        "total": {"sum": "lines.subtotal"},
        "nett": {"divide": ["total", "1.19"], "scale": 2},
        "vat": {"subtract": ["total", "nett"]},
        "note": {"constant": "ok"}, "state": "state"},
      "life": {"open": {"after": {"exponential": "2s", "min": "800ms"}, "to": {"paid": 9, "void": 1}},
               "paid": {"after": "4s", "to": {"done": 1}},
               "void": {"after": "2s", "to": "deleted"}}},
    "payment": {"per": "order", "share": "70%", "delay": {"uniform": ["2s", "6s"]}, "key": {"id": "parent"},
      "fields": {"amount": {"parent": "total"}, "city": {"parent": "store.city"}, "reference": "uuid",
                 "fee": {"decimal": ["0.10", "0.90"]}, "gross": {"add": ["amount", "fee"]}, "status": "state"},
      "life": {"new": {"after": {"uniform": ["1s", "8s"]}, "to": {"retry": 1, "gone": 1}},
               "retry": {"after": "2s", "to": {"retry": 3, "gone": 1}, "set": {"fee": {"decimal": ["1.00", "2.00"]}}},
               "gone": {"after": "1s", "to": "deleted"}}},
    "line": {"per": "order", "count": {"geometric": {"mean": 2}, "max": 5}, "key": {"id": {"sequence": "L%06d"}},
      "fields": {"of": {"parent": "id"}, "total": {"parent": "total"}, "part": {"decimal": ["0.10", "0.90"]}}},
    "parcel": {"per": "line", "share": "60%", "count": {"uniform": [0, 3]}, "delay": "1s", "key": {"id": "uuid"},
      "fields": {"part": {"parent": "part"}, "status": "state"},
      "life": {"packed": {"after": {"uniform": ["1s", "3s"]}, "to": {"shipped": 3, "deleted": 1}}}},
    "label": {"per": "parcel", "share": "50%", "delay": "500ms", "key": {"id": "parent"}, "fields": {"part": {"parent": "part"}}},
    "receipt": {"per": "payment", "share": "50%", "delay": "1s", "key": {"id": "parent"},
      "fields": {"amount": {"parent": "amount"}}}
  },
  "load": [
    {"entity": "order", "process": "poisson", "stages": [{"rate": "300/s", "for": "4s"}, {"ramp": "600/s", "for": "2s"}]},
    {"entity": "product", "update": "40/s", "pick": {"zipf": 0.99},
     "set": {"price": {"multiply": ["price", {"decimal": ["0.90", "1.10"]}], "scale": 2}}}],
  "write": {"order": {"kafka": {"topic": "orders", "key": "id"}}, "payment": {"mysql": {"table": "payments"}},
            "product": {"mysql": {"table": "products"}}},
  "connections": {"mysql": "mysql://nobody@localhost/nothing", "kafka": "localhost:1"}
})json";

/// The shop, optionally with some of its text replaced.
inline Scenario scenario(const std::string& from = {}, const std::string& to = {}) {
  return loaded_scenario(replaced(kText, from, to), "small-shop.json");
}

/// A scenario and its model; asks for rows by names.
class Shop {
 public:
  explicit Shop(Scenario shop = scenario(), RunIdentity as = {.seed = 7, .salt = 0, .epoch = {}})
      : scenario_(std::move(shop)), identity_(as), model_(make_model(scenario_, identity_)) {}

  [[nodiscard]] const Scenario& scenario_of() const { return scenario_; }
  [[nodiscard]] const RunIdentity& identity() const { return identity_; }
  [[nodiscard]] const Rows& rows() const { return *model_; }
  [[nodiscard]] EntityId id(const std::string& entity) const { return *scenario_.find_entity(entity); }
  [[nodiscard]] Ordinal count(const std::string& entity) const { return model_->count(id(entity)); }

  [[nodiscard]] std::string json(const std::string& entity, Ordinal ordinal, Version version = 1) const {
    Row row;
    model_->row(id(entity), ordinal, version, row);
    std::string text;
    append_json_object(row, 0, model_->type_of(id(entity)), text);
    return text;
  }
  /// Canonical text of one column.
  [[nodiscard]] std::string text(const std::string& entity, Ordinal ordinal, Version version,
                                 const std::string& column) const {
    Row row;
    model_->row(id(entity), ordinal, version, row);
    const RecordType& type = model_->type_of(id(entity));
    const std::size_t index = index_of(type.find(column).value());
    std::string text;
    append_text(row, row.cells.at(index), type.columns.at(index).type, text);
    return text;
  }
  [[nodiscard]] bool is_null(const std::string& entity, Ordinal ordinal, Version version,
                             const std::string& column) const {
    Row row;
    model_->row(id(entity), ordinal, version, row);
    return row[model_->type_of(id(entity)).find(column).value()].kind == Kind::Null;
  }
  /// Units of a number, µs of a time.
  [[nodiscard]] std::int64_t number(const std::string& entity, Ordinal ordinal, Version version,
                                    const std::string& column) const {
    Row row;
    model_->row(id(entity), ordinal, version, row);
    return row[model_->type_of(id(entity)).find(column).value()].number;
  }
  [[nodiscard]] std::vector<LifeEvent> life(const std::string& entity, Ordinal ordinal) const {
    std::vector<LifeEvent> events;
    model_->life_of(id(entity), ordinal, events);
    return events;
  }

 private:
  Scenario scenario_;
  RunIdentity identity_;
  std::unique_ptr<const Rows> model_;
};

}  // namespace freshet::shop
