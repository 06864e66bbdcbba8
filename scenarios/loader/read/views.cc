// Views: from [join] [unnest] select, with a key, or from group tumble measures (windows.h). Planned parts of the
// language that this version cannot maintain and judge are refused by name.
#include <algorithm>
#include <unordered_map>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/read/readers.h"
#include "scenarios/loader/read/windows.h"
#include "scenarios/loader/values/declared.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

const Names kKeys{"from", "join", "unnest", "select", "key", "group", "tumble", "measures", "retention"};
constexpr std::size_t kMostViewColumns = 20'000;
const Names kPlannedKeys{"where", "latest", "compute"};

class ViewReader {
 public:
  ViewReader(const Json::Name& name, const Json& value, Context& context)
      : value_(value),
        context_(context),
        problems_(context.problems),
        members_(value, kKeys, context.problems, kPlannedKeys) {
    view_.name = name.text;
    view_.origin = name.origin;
  }

  /// The view, or nullopt after a problem.
  std::optional<View> read() {
    const std::size_t before = problems_.errors();
    const Json* from = members_.require("from", "an entity or an earlier view");
    if (from == nullptr || !add_input(*from)) return std::nullopt;
    if (reads_windows(value_)) {
      const RecordType& input = record_of(view_.inputs[0]);
      const auto find = [&](const Json& name) { return require_known(name, input, name_of(view_.inputs[0])); };
      read_windows(value_, members_, input, find, view_, context_);
      if (problems_.errors() != before || incomplete_) return std::nullopt;
      return std::move(view_);
    }
    refuse_retention(value_, problems_);
    if (const Json* join = members_.find("join"); join != nullptr && !read_join(*join)) return std::nullopt;
    if (const Json* unnest = members_.find("unnest"); unnest != nullptr && !read_unnest(*unnest)) return std::nullopt;
    read_columns();
    if (problems_.errors() != before || incomplete_) return std::nullopt;
    for (const ViewColumn& column : view_.columns) view_.record.columns.push_back({column.name, column.type});
    check_version_columns();
    read_key();
    if (problems_.errors() != before || incomplete_) return std::nullopt;
    return std::move(view_);
  }

 private:
  [[nodiscard]] const Scenario& scenario() const { return context_.scenario; }

  [[nodiscard]] const RecordType& record_of(const View::Input& input) const {
    return input.entity ? scenario().entity(*input.entity).record : scenario().view(*input.view).record;
  }

  [[nodiscard]] const std::string& name_of(const View::Input& input) const {
    return input.entity ? scenario().entity(*input.entity).name : scenario().view(*input.view).name;
  }

  [[nodiscard]] std::vector<EntityId> bases_of(const View::Input& input) const {
    return input.entity ? std::vector<EntityId>{*input.entity} : scenario().view(*input.view).versions_of;
  }

  [[nodiscard]] bool unnested(const View::Input& input) const {
    if (input.entity) return false;
    const View& view = scenario().view(*input.view);
    return view.unnest_column.has_value() ||
           std::any_of(view.inputs.begin(), view.inputs.end(), [&](const View::Input& each) { return unnested(each); });
  }

  // --- inputs ---

  bool add_input(const Json& name) {
    if (!name.is_text()) {
      mismatch(name, "the name of an entity or of an earlier view", problems_);
      return false;
    }
    return add_input(name.text, name.origin);
  }

  bool add_input(const std::string& name, const Origin& origin) {
    View::Input input;
    input.entity = scenario().find_entity(name);
    input.view = scenario().find_view(name);
    if (!input.entity && !input.view) {
      report_input(name, origin);
      return false;
    }
    if (input.view && scenario().view(*input.view).tumble) {
      problems_.error(origin, "a view of the windows of \"" + name + "\" is not supported yet");
      return false;
    }
    for (const EntityId base : bases_of(input)) {
      const bool known = std::find(view_.versions_of.begin(), view_.versions_of.end(), base) != view_.versions_of.end();
      if (known) {
        problems_.error(origin,
                        "a view that reads \"" + scenario().entity(base).name + "\" twice is not supported yet");
        return false;
      }
    }
    for (const EntityId base : bases_of(input)) {
      require_written(base, origin, context_);
      view_.versions_of.push_back(base);
    }
    view_.inputs.push_back(input);
    return true;
  }

  void report_input(const std::string& name, const Origin& origin) {
    if (context_.is_broken(name)) return;
    Names candidates = context_.entity_names;
    const auto self = std::find(context_.view_names.begin(), context_.view_names.end(), view_.name);
    candidates.insert(candidates.end(), context_.view_names.begin(), self);
    const bool later = std::find(self, context_.view_names.end(), name) != context_.view_names.end();
    if (later) {
      problems_.error(origin, "the view \"" + name + "\" is not declared yet", "an entity or a view declared above");
      return;
    }
    problems_.error(origin, "unknown entity or view \"" + name + '"', one_of(candidates),
                    problems_.nearest(name, candidates));
  }

  // --- join ---

  bool read_join(const Json& join) {
    if (!join.is_object() || join.names.size() != 1) {
      mismatch(join, "one entity or view and its column, {\"payment\": \"invoiceNumber\"}", problems_);
      return false;
    }
    if (!add_input(join.names[0].text, join.names[0].origin)) return false;
    const Json& on = join.items[0];
    const bool pair = on.is_object() && on.names.size() == 1;
    if (!pair && !on.is_text()) {
      mismatch(on, "a column of both, or {\"column\": \"column of the other\"}", problems_);
      return false;
    }
    Json left = pair ? on.items[0] : on;
    if (pair) {
      left.text = on.names[0].text;
      left.kind = Json::Kind::String;
      left.origin = on.names[0].origin;
    }
    const Json& right = pair ? on.items[0] : on;
    const auto left_column = require_known(left, record_of(view_.inputs[0]), name_of(view_.inputs[0]));
    const auto right_column = require_known(right, record_of(view_.inputs[1]), name_of(view_.inputs[1]));
    view_.inputs[0].on_column = left_column;
    view_.inputs[1].on_column = right_column;
    return left_column && right_column && check_join(join);
  }

  /// The base entity whose key column is an input's join column, or nullopt.
  [[nodiscard]] std::optional<EntityId> key_joined(const View::Input& input) const {
    Scenario::Provenance from;
    if (input.entity) {
      from.entity = input.entity;
      from.column = *input.on_column;
    } else {
      const View& view = scenario().view(*input.view);
      from = scenario().provenance(view, view.columns[index_of(*input.on_column)]);
    }
    return from.is_key() ? from.entity : std::nullopt;
  }

  bool check_join(const Json& join) {
    const Origin& origin = join.items[0].origin;
    const EntityId family = scenario().family_of(view_.versions_of.front());
    for (const EntityId base : view_.versions_of) {
      if (scenario().family_of(base) == family) continue;
      problems_.error(origin, "a join of \"" + scenario().entity(view_.versions_of.front()).name + "\" and \"" +
                                  scenario().entity(base).name +
                                  "\", which are not one for one by \"per\", is not supported yet");
      return false;
    }
    for (const View::Input& input : view_.inputs) {
      if (!unnested(input)) continue;
      problems_.error(origin, "a join of the unnested view \"" + name_of(input) + "\" is not supported yet");
      return false;
    }
    const auto left = key_joined(view_.inputs[0]);
    const auto right = key_joined(view_.inputs[1]);
    if (left && right && key_owner(scenario(), *left) == key_owner(scenario(), *right)) return true;
    problems_.error(origin, "a join on anything but the key that a child has from its parent is not supported yet");
    return false;
  }

  // --- columns ---

  bool read_unnest(const Json& list) {
    const RecordType& record = record_of(view_.inputs[0]);
    Names lists;
    for (const Column& column : record.columns) {
      if (column.type.kind == Kind::List) lists.push_back(column.name);
    }
    const auto column = list.is_text() ? record.find(list.text) : std::nullopt;
    if (column && record[*column].type.kind == Kind::List) {
      view_.unnest_column = column;
      return true;
    }
    if (!list.is_text() || !told_already(list.text))
      unknown_name(list, "list", lists, problems_, name_of(view_.inputs[0]));
    return false;
  }

  void read_columns() {
    const Json* select = members_.find("select");
    if (select != nullptr) {
      read_select(*select);
    } else if (view_.unnest_column) {
      (void)members_.require("select", "{\"column\": \"list.column\", \"line\": {\"line\": 1}}");
    } else {
      select_all();
    }
  }

  void select_all() {
    for (std::size_t i = 0; i < view_.inputs.size(); ++i) {
      const RecordType& record = record_of(view_.inputs[i]);
      for (std::size_t c = 0; c < record.width(); ++c) {
        if (i == 1 && view_.inputs[1].on_column == ColumnIndex{c}) continue;
        ViewColumn column;
        column.name = record.columns[c].name;
        column.type = record.columns[c].type;
        column.input = i;
        column.column = ColumnIndex{c};
        column.origin = view_.origin;
        if (!add_column(std::move(column))) return;
      }
    }
  }

  /// Adds the column unless its name is taken.
  bool add_column(ViewColumn column) {
    const auto [known, fresh] = taken_.emplace(table_name_of(column.name), view_.columns.size());
    if (view_.columns.size() >= kMostNamed || ++context_.view_columns > kMostViewColumns) {
      problems_.error(column.origin, "too many columns", "at most 2000 in a view, 20000 in all views");
      return false;
    }
    if (!fresh) {
      const ViewColumn& other = view_.columns[known->second];
      const bool all = members_.find("select") == nullptr;
      const std::string both = "both \"" + name_of(view_.inputs[other.input]) + "\" and \"" +
                               name_of(view_.inputs[column.input]) + "\" have a column \"" + column.name + '"';
      problems_.error(column.origin,
                      all ? both : "a second column \"" + column.name + "\", after \"" + other.name + '"',
                      all ? "a \"select\" that names the columns"
                          : "names that differ when dots are underscores and case is ignored");
      return false;
    }
    view_.columns.push_back(std::move(column));
    return true;
  }

  void read_select(const Json& select) {
    if ((!select.is_object() && !select.is_array()) || select.items.empty()) {
      mismatch(select, "an object of columns, {\"name\": \"column\"}, or a list of columns", problems_);
      return;
    }
    for (std::size_t i = 0; i < select.items.size(); ++i) {
      const Json& item = select.items[i];
      const std::string& name = select.is_object() ? select.names[i].text : item.text;
      const Origin& origin = select.is_object() ? select.names[i].origin : item.origin;
      if (select.is_object() && !is_dotted_name(name)) {
        problems_.error(origin, "\"" + name + "\" cannot name a column", "letters, digits and _, dots between them");
        continue;
      }
      auto column = resolve(item, select.is_array());
      if (!column) continue;
      column->name = name;
      column->origin = origin;
      (void)add_column(std::move(*column));
    }
  }

  std::optional<ViewColumn> resolve(const Json& value, bool in_list) {
    if (value.is_object()) return resolve_line(value);
    if (!value.is_text()) {
      mismatch(value, in_list ? "the name of a column" : "the name of a column, or {\"line\": 1}", problems_);
      return std::nullopt;
    }
    if (auto found = find_item(value.text)) return found;
    if (is_ambiguous(value)) return std::nullopt;
    if (auto found = find_plain(value.text)) return found;
    if (auto found = find_qualified(value.text)) return found;
    if (in_list && value.text == "line" && view_.unnest_column) return line_column();
    report_column(value);
    return std::nullopt;
  }

  static ViewColumn line_column() {
    ViewColumn column;
    column.source = ViewColumn::Source::Line;
    column.type.kind = Kind::Integer;
    return column;
  }

  std::optional<ViewColumn> resolve_line(const Json& value) {
    const ObjectReader members(value, {"line"}, problems_);
    const Json* line = members.require("line", "1");
    if (line == nullptr || !read_integer(*line, 1, 1, problems_)) return std::nullopt;
    if (!view_.unnest_column) {
      problems_.error(value.origin, "a line number in a view without \"unnest\"", "\"unnest\": a list");
      return std::nullopt;
    }
    return line_column();
  }

  [[nodiscard]] ViewColumn input_column(std::size_t input, ColumnIndex index) const {
    return {"", record_of(view_.inputs[input])[index].type, ViewColumn::Source::Input, input, index, {}};
  }

  /// A name that both inputs have, for different values, is reported.
  [[nodiscard]] bool is_ambiguous(const Json& value) {
    if (view_.inputs.size() < 2) return false;
    const View::Input& from = view_.inputs[0];
    const View::Input& join = view_.inputs[1];
    const auto left = record_of(from).find(value.text);
    const auto right = record_of(join).find(value.text);
    if (!left || !right || (left == from.on_column && right == join.on_column)) return false;
    problems_.error(value.origin, "\"" + value.text + "\" could belong to either side",
                    '"' + name_of(from) + '.' + value.text + "\" or \"" + name_of(join) + '.' + value.text + '"');
    return true;
  }

  /// By its name alone: a column of `from`, else of `join`.
  [[nodiscard]] std::optional<ViewColumn> find_plain(const std::string& path) const {
    for (std::size_t i = 0; i < view_.inputs.size(); ++i) {
      if (const auto index = record_of(view_.inputs[i]).find(path)) return input_column(i, *index);
    }
    return std::nullopt;
  }

  /// "list.column": a column of the items that are unnested.
  [[nodiscard]] std::optional<ViewColumn> find_item(const std::string& path) const {
    if (!view_.unnest_column) return std::nullopt;
    const Column& list = record_of(view_.inputs[0])[*view_.unnest_column];
    if (path.rfind(list.name + '.', 0) != 0) return std::nullopt;
    const auto index = list.type.item->find(path.substr(list.name.size() + 1));
    if (!index) return std::nullopt;
    return ViewColumn{"", (*list.type.item)[*index].type, ViewColumn::Source::Item, 0, *index, {}};
  }

  /// "payment.status"
  [[nodiscard]] std::optional<ViewColumn> find_qualified(const std::string& path) const {
    for (std::size_t i = 0; i < view_.inputs.size(); ++i) {
      const std::string& name = name_of(view_.inputs[i]);
      if (path.rfind(name + '.', 0) != 0) continue;
      if (const auto index = record_of(view_.inputs[i]).find(path.substr(name.size() + 1)))
        return input_column(i, *index);
    }
    return std::nullopt;
  }

  /// True if the column is missing because its field, or the field of a list's item, has a problem of its own.
  [[nodiscard]] bool told_already(const std::string& path) const {
    const std::size_t dot = path.find('.');
    return std::any_of(view_.versions_of.begin(), view_.versions_of.end(), [&](EntityId base) {
      const std::string owner = scenario().entity(base).name + '.';
      const bool below = dot != std::string::npos && context_.is_broken(owner + path.substr(dot + 1));
      return below || context_.is_broken(owner + path) || context_.is_broken(owner + path.substr(0, dot));
    });
  }

  /// A column by name; none after a problem: here or, reported already, in the entity.
  std::optional<ColumnIndex> require_known(const Json& name, const RecordType& record, const std::string& owner) {
    if (name.is_text() && !record.find(name.text) && told_already(name.text)) {
      incomplete_ = true;
      return std::nullopt;
    }
    return require_column(name, record, owner, context_);
  }

  void report_column(const Json& value) {
    if (told_already(value.text)) {
      incomplete_ = true;
      return;
    }
    Names candidates;
    for (const View::Input& input : view_.inputs) {
      const RecordType& record = record_of(input);
      for (const Column& column : record.columns) candidates.push_back(column.name);
    }
    if (view_.unnest_column) {
      const Column& list = record_of(view_.inputs[0])[*view_.unnest_column];
      for (const Column& item : list.type.item->columns) candidates.push_back(list.name + '.' + item.name);
    }
    unknown_name(value, "column", candidates, problems_);
  }

  // --- key ---

  void check_version_columns() {
    if (!scenario().stamp) return;
    for (const EntityId base : view_.versions_of) {
      const std::string version = scenario().entity(base).name + "_version";
      for (const ViewColumn& column : view_.columns) {
        if (table_name_of(column.name) != table_name_of(version)) continue;
        problems_.error(column.origin, "\"" + column.name + "\" is the name of a version column of the sink",
                        "another name");
      }
    }
  }

  void read_key() {
    const Json* key = members_.require("key", "[\"column\"]");
    if (key == nullptr) return;
    const std::size_t before = problems_.errors();
    if (key->is_array() && !key->items.empty()) {
      for (const Json& name : key->items) add_key(name);
    } else if (key->is_text()) {
      add_key(*key);
    } else {
      mismatch(*key, "a list of columns of this view", problems_);
    }
    if (problems_.errors() == before && !incomplete_) check_unique(*key);
  }

  void add_key(const Json& name) {
    const auto column = require_known(name, view_.record, view_.name);
    if (!column) return;
    const ColumnType& type = view_.record[*column].type;
    if (type.kind == Kind::List || type.kind == Kind::Double) {
      problems_.error(name.origin, "\"" + name.text + "\" is " + describe(type),
                      "a column whose values can be compared for equality");
    } else if (std::find(view_.key.begin(), view_.key.end(), *column) != view_.key.end()) {
      problems_.error(name.origin, "\"" + name.text + "\" twice in the key", "once");
    } else {
      view_.key.push_back(*column);
    }
  }

  /// One row per instance of the root, or per line of it: the key must contain that instance's key, and the line.
  void check_unique(const Json& key) {
    bool line = false;
    bool instance = false;
    for (const ColumnIndex column : view_.key) {
      const auto from = scenario().provenance(view_, view_.columns[index_of(column)]);
      line = line || from.line;
      instance = instance || from.is_key();
    }
    const bool lines = view_.unnest_column || unnested(view_.inputs[0]);
    if (lines && !line) {
      problems_.error(key.origin, "a key without the line number is not unique", "the column that is {\"line\": 1}");
    } else if (!instance) {
      problems_.warning(key.origin, "the key may not be unique: it holds no key of an entity below the view");
    }
  }

  const Json& value_;
  Context& context_;
  Problems& problems_;
  ObjectReader members_;
  View view_;
  std::unordered_map<std::string, std::size_t> taken_;  ///< columns by their names in tables
  bool incomplete_ = false;  ///< a column is missing because of a problem reported where it is declared
};

}  // namespace

void read_views(const Json& root, Context& context) {
  const Json* views = find_section(root, "views", Json::Kind::Object, "an object of views, {\"name\": {\"from\": …}}",
                                   "views", context.problems);
  if (views == nullptr) return;
  for (const Json::Name& name : views->names) context.view_names.push_back(name.text);
  for (std::size_t i = 0; i < views->items.size(); ++i) {
    const Json::Name& name = views->names[i];
    const auto& entities = context.entity_names;
    if (!is_name(name.text)) {
      context.problems.error(name.origin, "\"" + name.text + "\" cannot name a view", "letters, digits and _");
    }
    if (std::find(entities.begin(), entities.end(), name.text) != entities.end()) {
      context.problems.error(name.origin, "\"" + name.text + "\" is the name of an entity",
                             "another name for the view");
      continue;
    }
    auto view = ViewReader(name, views->items[i], context).read();
    if (view) {
      context.scenario.views.push_back(std::move(*view));
    } else {
      context.broken.insert(name.text);
    }
  }
}

}  // namespace freshet::loading
