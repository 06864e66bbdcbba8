#include "scenarios/loader/read/windows.h"

#include <algorithm>
#include <array>

#include "base/overloaded.h"
#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/declared.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

using Measure = ViewColumn::Measure;
using Form = constructs::Time::Form;

constexpr const char* kWindowStart = "window_start";
constexpr const char* kGroupVersion = "group_version";
constexpr Micros kLeastWindow{1'000};
constexpr std::size_t kMostMeasured = 100;  // columns of a group, and of measures

struct NamedMeasure {
  const char* name;
  Measure measure;
};
constexpr std::array kMeasures{NamedMeasure{"count", Measure::Count}, NamedMeasure{"sum", Measure::Sum},
                               NamedMeasure{"min", Measure::Min}, NamedMeasure{"max", Measure::Max}};
constexpr const char* kMeasuresExample = "{\"rows\": \"count\", \"value\": \"sum(column)\"}";
constexpr const char* kMeasureForms = "\"count\", \"sum(column)\", \"min(column)\" or \"max(column)\"";

/// The form in which a column contains an instant; nullopt if it contains none.
std::optional<Form> form_of(const Scenario& scenario, const Declared& declared) {
  namespace c = constructs;
  using Found = std::optional<Form>;
  if (declared.value == nullptr) return std::nullopt;
  return std::visit(
      Overloaded{
          [](const c::Time& time) { return time.form == Form::Date ? std::nullopt : Found(time.form); },
          [&](const c::Nullable& nullable) {
            return form_of(scenario, {declared.entity, nullable.value.get(), declared.embedded});
          },
          [&](const c::Path& path) -> Found {
            const bool parent = path.record == c::Path::Record::Parent;
            if (path.record == c::Path::Record::Outer || (parent && !declared.entity->per)) return std::nullopt;
            const Entity& owner = parent ? scenario.entity(*declared.entity->per) : *declared.entity;
            return form_of(scenario, declared_at(owner, path.column));
          },
          [&](const c::Ref& ref) {
            return form_of(scenario, declared_at(scenario.entity(ref.entity), ref.embed_columns[declared.embedded]));
          },
          [](const OneOf<c::Constant, c::Sequence, c::Uuid, c::OrderedUuid, c::Draw, c::Choice, c::State, c::List,
                         c::Sum, c::Arithmetic, c::Chance, c::Pattern, c::Words, c::Person, c::Data, c::When> auto&) {
            return Found();
          },
      },
      declared.value->construct);
}

class WindowReader {
 public:
  WindowReader(const RecordType& input, const FindColumn& find, View& view, Context& context)
      : input_(input), find_(find), view_(view), context_(context), problems_(context.problems) {}

  void read(const Json& value, const ObjectReader& members) {
    for (const char* name : {"join", "unnest", "select", "key"}) refuse(value, name);
    if (const Json* group = value.find("group")) read_group(*group);
    if (const Json* tumble = members.require("tumble", R"({"on": "time column", "size": "5m"})")) read_tumble(*tumble);
    if (const Json* measures = members.require("measures", kMeasuresExample)) {
      read_measures(*measures);
    }
    if (const Json* retention = members.find("retention")) {
      view_.retention = read_retention(*retention, problems_);
      view_.retention_origin = retention->origin;
    }
    for (const ViewColumn& column : view_.columns) view_.record.columns.push_back({column.name, column.type});
  }

 private:
  void refuse(const Json& value, const std::string& name) {
    const Json* found = value.find(name);
    if (found == nullptr) return;
    problems_.error(found->origin, "a view with windows has no \"" + name + '"',
                    name == "key" ? "nothing: its key is its group and the start of the window"
                                  : "\"" + name + "\" in a view of its own, from which this one reads");
  }

  void add(ViewColumn column, const Json& said) {
    const std::string name = table_name_of(column.name);
    const bool taken = std::any_of(view_.columns.begin(), view_.columns.end(),
                                   [&](const ViewColumn& other) { return table_name_of(other.name) == name; });
    const bool ours = context_.scenario.stamp && name == kGroupVersion;
    if (taken || ours || (name == kWindowStart && column.source != ViewColumn::Source::Window)) {
      problems_.error(said.origin,
                      taken ? "a second column \"" + column.name + '"'
                            : "\"" + column.name + "\" is the name of a column that every view with windows has",
                      "names that differ when dots are underscores and case is ignored");
      return;
    }
    column.origin = said.origin;
    view_.columns.push_back(std::move(column));
  }

  void read_group(const Json& group) {
    if (!group.is_array()) return mismatch(group, "a list of columns of \"from\", [\"store.id\"]", problems_);
    if (!few_enough(group, "columns", problems_, kMostMeasured)) return;
    for (const Json& name : group.items) {
      const auto at = find_(name);
      if (!at) continue;
      ViewColumn column;
      column.name = name.text;
      column.column = *at;
      column.type = input_[*at].type;
      if (column.type.kind == Kind::List || column.type.kind == Kind::Double) {
        problems_.error(name.origin, "\"" + name.text + "\" is " + describe(column.type),
                        "a column whose values can be compared for equality");
        continue;
      }
      const std::size_t before = view_.columns.size();
      add(std::move(column), name);
      if (view_.columns.size() > before) view_.key.push_back(ColumnIndex{before});
    }
  }

  void read_tumble(const Json& tumble) {
    const ObjectReader members(tumble, {"on", "size"}, problems_);
    if (!members.ok()) return;
    Tumble out;
    if (const Json* size = members.require("size", "\"5m\"")) {
      if (const auto micros = read_duration(*size, problems_)) {
        out.size = Micros{static_cast<std::int64_t>(*micros)};
        if (out.size < kLeastWindow) problems_.error(size->origin, "a window that is too short", "at least \"1ms\"");
      }
    }
    const Json* on = members.require("on", "\"time column\"");
    const auto at = on == nullptr ? std::nullopt : find_(*on);
    if (!at) return;
    const std::optional<Form> form = form_of_input(*at);
    if (!form) {
      problems_.error(on->origin, "\"" + on->text + "\" is " + describe(input_[*at].type) + " and no instant",
                      "a column that is a \"time\", in any form but a date");
      return;
    }
    out.form = *form;
    ViewColumn column;
    column.name = kWindowStart;
    column.source = ViewColumn::Source::Window;
    column.column = *at;
    column.type.kind = Kind::Time;
    const std::size_t before = view_.columns.size();
    add(std::move(column), *on);
    if (view_.columns.size() > before) view_.key.push_back(ColumnIndex{before});
    view_.tumble = out;
  }

  [[nodiscard]] std::optional<Form> form_of_input(ColumnIndex at) const {
    if (input_[at].type.kind == Kind::Time) return Form::Native;
    const Scenario& scenario = context_.scenario;
    Scenario::Provenance from;
    if (view_.inputs[0].entity) {
      from.entity = view_.inputs[0].entity;
      from.column = at;
    } else {
      const View& below = scenario.view(*view_.inputs[0].view);
      from = scenario.provenance(below, below.columns[index_of(at)]);
    }
    if (!from.entity || from.item_column) return std::nullopt;
    return form_of(scenario, declared_at(scenario.entity(*from.entity), from.column));
  }

  void read_measures(const Json& measures) {
    if (!measures.is_object() || measures.items.empty()) {
      return mismatch(measures, std::string("an object of measures, ") + kMeasuresExample, problems_);
    }
    if (!few_enough(measures, "measures", problems_, kMostMeasured)) return;
    for (std::size_t i = 0; i < measures.items.size(); ++i) {
      const Json::Name& name = measures.names[i];
      if (!is_name(name.text)) {
        problems_.error(name.origin, "\"" + name.text + "\" cannot name a measure", "letters, digits and _");
        continue;
      }
      if (auto column = read_measure(measures.items[i])) {
        column->name = name.text;
        Json said = measures.items[i];
        said.origin = name.origin;
        add(std::move(*column), said);
      }
    }
  }

  std::optional<ViewColumn> read_measure(const Json& value) {
    if (!value.is_text()) {
      mismatch(value, kMeasureForms, problems_);
      return std::nullopt;
    }
    const std::size_t open = value.text.find('(');
    const std::string word = value.text.substr(0, open);
    Names words;
    const NamedMeasure* found = nullptr;
    for (const NamedMeasure& each : kMeasures) {
      words.emplace_back(each.name);
      if (word == each.name) found = &each;
    }
    if (found == nullptr) {
      problems_.error(value.origin, "unknown measure \"" + value.text + '"', kMeasureForms,
                      problems_.nearest(word, words));
      return std::nullopt;
    }
    ViewColumn column;
    column.source = ViewColumn::Source::Measure;
    column.measure = found->measure;
    column.type.kind = Kind::Integer;
    const bool whole = (open == std::string::npos) == (column.measure == Measure::Count) &&
                       (open == std::string::npos || value.text.back() == ')');
    if (!whole) {
      problems_.error(value.origin, "\"" + value.text + "\" is not a measure", kMeasureForms);
      return std::nullopt;
    }
    if (column.measure == Measure::Count) return column;
    Json name = value;
    name.text = value.text.substr(open + 1, value.text.size() - open - 2);
    const auto argument = find_(name);
    if (!argument) return std::nullopt;
    column.column = *argument;
    if (!check_argument(column, name)) return std::nullopt;
    column.type = input_[column.column].type;
    return column;
  }

  /// Sums must be exact in any order, which doubles are not. Ordered values have a minimum and a maximum.
  bool check_argument(const ViewColumn& column, const Json& name) {
    const ColumnType& type = input_[column.column].type;
    const bool exact = type.kind == Kind::Integer || type.kind == Kind::Decimal;
    const bool ordered = exact || type.kind == Kind::Double || type.kind == Kind::Time;
    if (column.measure == Measure::Sum ? exact : ordered) return true;
    problems_.error(
        name.origin, "\"" + name.text + "\" is " + describe(type),
        column.measure == Measure::Sum ? "an integer or a decimal, whose sum is exact" : "a number or a native time");
    return false;
  }

  const RecordType& input_;
  const FindColumn& find_;
  View& view_;
  Context& context_;
  Problems& problems_;
};

}  // namespace

bool reads_windows(const Json& view) {
  return view.find("group") != nullptr || view.find("tumble") != nullptr || view.find("measures") != nullptr;
}

void refuse_retention(const Json& view, Problems& problems) {
  const Json* retention = view.find("retention");
  if (retention == nullptr) return;
  problems.error(retention->origin, "\"retention\" of a view without windows",
                 "\"retention\" of the entities that it reads, whose rows are held");
}

void read_windows(const Json& value, const ObjectReader& members, const RecordType& input, const FindColumn& find,
                  View& view, Context& context) {
  WindowReader(input, find, view, context).read(value, members);
}

}  // namespace freshet::loading
