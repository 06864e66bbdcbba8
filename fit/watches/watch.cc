#include "fit/watches/watch.h"

#include <fmt/format.h>

#include "fit/checks/judge.h"
#include "fit/watches/watch_kinds.h"

namespace freshet {
namespace {

using What = Expression::Kind;

/// A value that may be null for another reason than being declared so by chance.
bool may_be_null(const Expression& value) {
  switch (value.kind) {
    case What::Constant:
      return value.literal.cells[0].kind == Kind::Null;
    case What::When:
      for (std::size_t i = 1; i < value.operands.size(); ++i) {
        if (may_be_null(*value.operands[i])) return true;
      }
      return false;
    case What::Path:
    case What::Data:
    case What::Nullable:
    case What::Sum:
    case What::Multiply:
    case What::Divide:
    case What::Add:
    case What::Subtract:
      return true;
    default:
      return false;
  }
}

class NullableWatch final : public Watch {
 public:
  NullableWatch(const WatchPlace& place, const Expression& value)
      : check_(check_of(place, "share of null")),
        share_(value.weights[0]),
        mixed_(may_be_null(*value.operands[0])),
        inner_(watch_value(place, *value.operands[0])) {}
  void see(const Sight& sight, std::size_t column) override {
    ++of_;
    if (sight.cell(column).kind == Kind::Null) {
      ++nulls_;
    } else {
      inner_->see(sight, column);
    }
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    if (mixed_) {
      check.samples = of_;
      check.declared = fmt::format("{:.6g} %", share_ * 100);
      check.note = "what is not null by chance may be null all the same";
    } else {
      judge_share(nulls_, of_, share_, check);
    }
    out.push_back(std::move(check));
    if (!mixed_) inner_->conclude(out);
  }

 private:
  FitCheck check_;
  double share_;
  bool mixed_;
  std::unique_ptr<Watch> inner_;
  std::int64_t nulls_ = 0;
  std::int64_t of_ = 0;
};

/// A value that depends on another column: one watch for each case.
class WhenWatch final : public Watch {
 public:
  WhenWatch(const WatchPlace& place, const Expression& value) : value_(value), of_text_(!value.values.empty()) {
    const std::string column = value.operands[0]->path;
    const ColumnType& type = value.operands[0]->type;
    for (std::size_t i = 1; i < value.operands.size(); ++i) {
      std::string condition = "else";
      if (i + 1 < value.operands.size()) {
        condition = column + (value.at_least ? " >= " : " = ");
        if (of_text_) {
          condition += value.values[i - 1];
        } else {
          append_decimal(value.thresholds[i - 1], type.kind == Kind::Decimal ? type.scale : 0, condition);
        }
      }
      WatchPlace inner = place;
      inner.subject += " [" + condition + "]";
      cases_.push_back(watch_value(inner, *value.operands[i]));
    }
  }
  void see(const Sight& sight, std::size_t column) override {
    const Expression& by = *value_.operands[0];
    const std::size_t base = by.outer ? 0 : sight.base;
    cases_[case_of(sight.row, sight.row.cells[base + static_cast<std::size_t>(by.column)])]->see(sight, column);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    for (const auto& each : cases_) each->conclude(out);
  }

 private:
  [[nodiscard]] std::size_t case_of(const Row& row, const Cell& cell) const {
    const std::size_t otherwise = cases_.size() - 1;
    if (cell.kind == Kind::Null) return otherwise;
    if (of_text_) {
      for (std::size_t i = 0; i < otherwise; ++i) {
        if (row.text_of(cell) == value_.values[i]) return i;
      }
      return otherwise;
    }
    const auto number = cell.kind == Kind::Double ? static_cast<std::int64_t>(as_double(cell)) : cell.number;
    std::size_t chosen = otherwise;
    for (std::size_t i = 0; i < otherwise; ++i) {
      const std::int64_t bound = value_.thresholds[i];
      if (!value_.at_least && number == bound) return i;
      const bool higher = chosen == otherwise || bound > value_.thresholds[chosen];
      if (value_.at_least && number >= bound && higher) chosen = i;
    }
    return chosen;
  }

  const Expression& value_;
  bool of_text_;
  std::vector<std::unique_ptr<Watch>> cases_;
};

/// How many items, and what is in them.
class ListWatch final : public Watch {
 public:
  ListWatch(const WatchPlace& place, const Expression& value)
      : check_(check_of(place, "items")),
        law_(value.law, true),
        width_(value.type.item->width()),
        items_(place.input, place.entity, place.subject + ".", value.fields, 0) {}
  void see(const Sight& sight, std::size_t column) override {
    const Cell list = sight.cell(column);
    counts_.push_back(static_cast<double>(list.number));
    for (std::size_t i = 0; i < static_cast<std::size_t>(list.number); ++i) {
      Sight item = sight;
      item.base = list.begin + i * width_;
      items_.see(item);
    }
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    judge_whole(law_, counts_, {}, check);
    out.push_back(std::move(check));
    items_.conclude(out);
  }

 private:
  FitCheck check_;
  Law law_;
  std::size_t width_;
  RecordWatch items_;
  std::vector<double> counts_;
};

std::unique_ptr<Watch> watch_when(const WatchPlace& place, const Expression& value) {
  const Expression& by = *value.operands[0];
  if (place.set) return unjudged(place, "depends on a value of the version before");
  if (by.kind != What::Path || by.parent) return unjudged(place, "depends on a value that the row does not show");
  return std::make_unique<WhenWatch>(place, value);
}

}  // namespace

FitCheck check_of(const WatchPlace& place, const std::string& aspect) {
  FitCheck check;
  check.entity = place.input.declared.scenario.entity(place.entity).name;
  check.subject = place.subject;
  check.aspect = aspect;
  return check;
}

std::size_t columns_of(const Field& field) {
  return field.value != nullptr && field.value->kind == What::Ref ? field.value->embed_columns.size() : 1;
}

std::unique_ptr<Watch> watch_value(const WatchPlace& place, const Expression& value) {
  switch (value.kind) {
    case What::Constant:
    case What::Data:
      return watch_constant(place, value);
    case What::Draw:
    case What::Words:
      return watch_draw(place, value);
    case What::Choice:
      return watch_choice(place, value);
    case What::Chance:
      return watch_chance(place, value.weights[0]);
    case What::Nullable:
      return std::make_unique<NullableWatch>(place, value);
    case What::When:
      return watch_when(place, value);
    case What::List:
      return std::make_unique<ListWatch>(place, value);
    case What::Time:
      return watch_time(place, value);
    case What::Ref:
      return watch_pick(place, value);
    case What::Sequence:
      return watch_sequence(place, value);
    case What::Person:
      return watch_person(place, value);
    case What::State:
      return unjudged(place, "state: see dwells and next states");
    case What::Uuid:
    case What::UuidOrdered:
      return unjudged(place, "uuid");
    case What::Pattern:
      return unjudged(place, "text of a pattern");
    case What::Path:
      return unjudged(place, "copied from " + value.path);
    case What::Sum:
    case What::Multiply:
    case What::Divide:
    case What::Add:
    case What::Subtract:
      return unjudged(place, "computed from other values");
  }
  return unjudged(place, "unknown construct");
}

RecordWatch::RecordWatch(const FitInput& input, EntityId entity, const std::string& prefix,
                         const std::vector<Field>& fields, std::size_t first) {
  std::size_t column = first;
  for (const Field& field : fields) {
    if (field.value != nullptr && field.name != kShownState) {
      parts_.push_back({column, watch_value({input, entity, prefix + field.name}, *field.value)});
    }
    column += columns_of(field);
  }
}

void RecordWatch::see(const Sight& sight) const {
  for (const Part& part : parts_) part.watch->see(sight, part.column);
}

void RecordWatch::conclude(std::vector<FitCheck>& out) const {
  for (const Part& part : parts_) part.watch->conclude(out);
}

}  // namespace freshet
