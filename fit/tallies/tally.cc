#include "fit/tallies/tally.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/overloaded.h"
#include "fit/checks/statistical_tests.h"
#include "fit/tallies/tally_kinds.h"

namespace freshet {
namespace {

namespace c = constructs;

/// True if a value may be null for a reason other than a declared chance.
bool may_be_null(const Expression& value) {
  return std::visit(
      Overloaded{
          [&](const c::Constant&) { return is_null(value); },
          [](const c::When& when) {
            return may_be_null(*when.otherwise) ||
                   std::any_of(when.cases.begin(), when.cases.end(),
                               [](const c::When::Case& each) { return may_be_null(*each.result); });
          },
          [](const OneOf<c::Path, c::Data, c::Nullable, c::Sum, c::Arithmetic> auto&) { return true; },
          [](const OneOf<c::Sequence, c::Uuid, c::OrderedUuid, c::Draw, c::Choice, c::Time, c::State, c::Ref, c::List,
                         c::Chance, c::Pattern, c::Words, c::Person> auto&) { return false; },
      },
      value.construct);
}

class NullableTally final : public Tally {
 public:
  NullableTally(const TallyContext& context, const c::Nullable& nullable)
      : check_(check_of(context, "share of null")),
        share_(nullable.share),
        mixed_(may_be_null(*nullable.value)),
        inner_(make_tally(context, *nullable.value)) {}
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
      check.note = "a value can also be null for another reason";
    } else {
      test_share(nulls_, of_, share_, check);
    }
    out.push_back(std::move(check));
    if (!mixed_) inner_->conclude(out);
  }

 private:
  FitCheck check_;
  double share_;
  bool mixed_;
  std::unique_ptr<Tally> inner_;
  std::int64_t nulls_ = 0;
  std::int64_t of_ = 0;
};

/// A value that depends on another column: one tally for each case.
class WhenTally final : public Tally {
 public:
  WhenTally(const TallyContext& context, const c::When& when) : when_(when), path_(when.path()) {
    const ColumnType& type = when.tested->type;
    const auto tally = [&](const std::string& condition, const Expression& value) {
      TallyContext inner = context;
      inner.subject += " [" + condition + "]";
      cases_.push_back(make_tally(inner, value));
    };
    for (const c::When::Case& each : when.cases) {
      std::string condition = path_.name + (when.at_least ? " >= " : " = ");
      std::visit(Overloaded{[&](const std::string& text) { condition += text; },
                            [&](std::int64_t units) {
                              append_decimal(units, type.kind == Kind::Decimal ? type.scale : 0, condition);
                            }},
                 each.value);
      tally(condition, *each.result);
    }
    tally("else", *when.otherwise);
  }
  void see(const Sight& sight, std::size_t column) override {
    const std::size_t base = path_.record == c::Path::Record::Outer ? 0 : sight.base;
    cases_[case_of(sight.row, sight.row.cells[base + index_of(path_.column)])]->see(sight, column);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    for (const auto& each : cases_) each->conclude(out);
  }

 private:
  /// The last one when none holds.
  [[nodiscard]] std::size_t case_of(const Row& row, const Cell& cell) const {
    std::size_t chosen = when_.cases.size();
    if (cell.kind == Kind::Null) return chosen;
    const auto number = cell.kind == Kind::Double ? static_cast<std::int64_t>(as_double(cell)) : cell.number;
    std::int64_t highest = 0;
    for (std::size_t i = 0; i < when_.cases.size(); ++i) {
      const auto* text = std::get_if<std::string>(&when_.cases[i].value);
      if (text != nullptr) {
        if (row.text_of(cell) == *text) return i;
        continue;
      }
      const std::int64_t bound = std::get<std::int64_t>(when_.cases[i].value);
      if (!when_.at_least && number == bound) return i;
      if (!when_.at_least || number < bound || (chosen < when_.cases.size() && bound <= highest)) continue;
      chosen = i;
      highest = bound;
    }
    return chosen;
  }

  const c::When& when_;
  const c::Path& path_;
  std::vector<std::unique_ptr<Tally>> cases_;
};

/// The number of items, and their fields.
class ListTally final : public Tally {
 public:
  ListTally(const TallyContext& context, const c::List& list, const RecordType& item)
      : check_(check_of(context, "items")),
        distribution_(list.count, true),
        width_(item.width()),
        items_(context.input, context.entity, context.subject + ".", list.fields, 0) {}
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
    test_whole(distribution_, counts_, {}, check);
    out.push_back(std::move(check));
    items_.conclude(out);
  }

 private:
  FitCheck check_;
  KnownDistribution distribution_;
  std::size_t width_;
  RecordTally items_;
  std::vector<double> counts_;
};

std::unique_ptr<Tally> watch_when(const TallyContext& context, const c::When& when) {
  if (context.set) return untested(context, "depends on a value of the version before");
  if (when.path().record == c::Path::Record::Parent) {
    return untested(context, "depends on a value that the row does not show");
  }
  return std::make_unique<WhenTally>(context, when);
}

}  // namespace

FitCheck check_of(const TallyContext& context, const std::string& aspect) {
  FitCheck check;
  check.entity = context.input.declared.scenario.entity(context.entity).name;
  check.subject = context.subject;
  check.aspect = aspect;
  return check;
}

std::size_t columns_of(const Field& field) {
  const auto* ref = field.value != nullptr ? field.value->as<c::Ref>() : nullptr;
  return ref != nullptr ? ref->embed_columns.size() : 1;
}

std::unique_ptr<Tally> make_tally(const TallyContext& context, const Expression& value) {
  using Made = std::unique_ptr<Tally>;
  const ColumnType& type = value.type;
  return std::visit(
      Overloaded{
          [&](const c::Constant& constant) { return make_constant_tally(context, constant, type); },
          [&](const c::Data& data) { return watch_data(context, data, type); },
          [&](const c::Draw& draw) { return make_draw_tally(context, draw, type); },
          [&](const c::Words& words) { return watch_words(context, words); },
          [&](const c::Choice& choice) { return make_choice_tally(context, choice); },
          [&](const c::Chance& chance) { return make_chance_tally(context, chance.share); },
          [&](const c::Nullable& nullable) -> Made { return std::make_unique<NullableTally>(context, nullable); },
          [&](const c::When& when) { return watch_when(context, when); },
          [&](const c::List& list) -> Made { return std::make_unique<ListTally>(context, list, *type.item); },
          [&](const c::Time& time) { return make_time_tally(context, time); },
          [&](const c::Ref& ref) { return make_pick_tally(context, ref); },
          [&](const c::Sequence& sequence) { return make_sequence_tally(context, sequence); },
          [&](const c::Person& person) { return make_person_tally(context, person); },
          [&](const c::State&) { return untested(context, "state: see dwells and next states"); },
          [&](const OneOf<c::Uuid, c::OrderedUuid> auto&) { return untested(context, "uuid"); },
          [&](const c::Pattern&) { return untested(context, "text of a pattern"); },
          [&](const c::Path& path) { return untested(context, "copied from " + path.name); },
          [&](const OneOf<c::Sum, c::Arithmetic> auto&) { return untested(context, "computed from other values"); },
      },
      value.construct);
}

RecordTally::RecordTally(const FitInput& input, EntityId entity, const std::string& prefix,
                         const std::vector<Field>& fields, std::size_t first) {
  std::size_t column = first;
  for (const Field& field : fields) {
    if (field.value != nullptr && field.name != kShownState) {
      parts_.push_back({column, make_tally({input, entity, prefix + field.name}, *field.value)});
    }
    column += columns_of(field);
  }
}

void RecordTally::see(const Sight& sight) const {
  for (const Part& part : parts_) part.tally->see(sight, part.column);
}

void RecordTally::conclude(std::vector<FitCheck>& out) const {
  for (const Part& part : parts_) part.tally->conclude(out);
}

}  // namespace freshet
