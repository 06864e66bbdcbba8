// Data beside the scenario: CSV (RFC 4180, with a header line) or JSON (a list of objects with the same keys).
//
// A column is whole numbers if all of its values are, decimals if all are plain numbers, else text. A number with a
// leading zero ("007") is text: it is a code. An empty CSV value is null.
#include <algorithm>

#include "scenarios/loader/fields.h"
#include "scenarios/loader/files.h"
#include "scenarios/loader/units.h"

namespace freshet::loading {
namespace {

using Texts = std::vector<std::optional<std::string>>;

struct Table {
  Names names;
  std::vector<Texts> lines;
};

/// Splits a CSV text. False when a quote stays open or a line has another number of values than the header.
bool split_csv(const std::string& text, Table& out, std::string& why) {
  std::vector<Texts> lines;
  Texts line;
  std::string value;
  bool quoted = false;  // this value has been
  std::size_t at = 0;
  const auto end_value = [&] {
    line.push_back(value.empty() && !quoted ? std::nullopt : std::optional(value));
    value.clear();
    quoted = false;
  };
  const auto end_line = [&] {
    end_value();
    if (line.size() > 1 || line[0]) lines.push_back(line);
    line.clear();
  };
  while (at < text.size()) {
    const char c = text[at++];
    if (c == '"' && value.empty() && !quoted) {
      quoted = true;
      for (;; ++at) {
        if (at >= text.size()) {
          why = "has a quote that stays open";
          return false;
        }
        if (text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"')) break;
        if (text[at] == '"') ++at;
        value += text[at];
      }
      ++at;
    } else if (c == ',') {
      end_value();
    } else if (c == '\n') {
      end_line();
    } else if (c != '\r') {
      value += c;
    }
  }
  if (!value.empty() || quoted || !line.empty()) end_line();
  if (lines.size() < 2) {
    why = "has no line below its header";
    return false;
  }
  for (const auto& name : lines[0]) out.names.push_back(name.value_or(""));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].size() != out.names.size()) {
      why = "has " + std::to_string(lines[i].size()) + " values in line " + std::to_string(i + 1) + ", and " +
            std::to_string(out.names.size()) + " in its header";
      return false;
    }
    out.lines.push_back(std::move(lines[i]));
  }
  return true;
}

bool read_json_table(const Json& root, Table& out, std::string& why) {
  why = "is no list of objects with the same keys and plain values";
  if (!root.is_array() || root.items.empty() || !root.items[0].is_object()) return false;
  for (const Json::Name& name : root.items[0].names) out.names.push_back(name.text);
  for (const Json& item : root.items) {
    if (!item.is_object() || item.names.size() != out.names.size()) return false;
    Texts& line = out.lines.emplace_back();
    for (const std::string& name : out.names) {
      const Json* value = item.find(name);
      if (value == nullptr || value->is_object() || value->is_array()) return false;
      if (value->is(Json::Kind::Null)) {
        line.emplace_back();
      } else {
        line.emplace_back(value->is(Json::Kind::Boolean) ? (value->boolean ? "true" : "false") : value->text);
      }
    }
  }
  return true;
}

ColumnType type_of(const Table& table, std::size_t column) {
  int scale = 0;
  bool number = true;
  std::size_t longest = 0;
  for (const Texts& line : table.lines) {
    if (!line[column]) continue;
    const std::string& text = *line[column];
    longest = std::max(longest, text.size());
    const auto decimal = parse_decimal_text(text);
    const std::size_t digit = text[0] == '-' ? 1 : 0;
    const bool code = text.size() > digit + 1 && text[digit] == '0' && text[digit + 1] != '.';
    number = number && decimal && !code;
    if (decimal) scale = std::max(scale, decimal->scale);
  }
  if (!number || longest == 0) return text_type(longest);
  ColumnType type;
  type.kind = scale > 0 ? Kind::Decimal : Kind::Integer;
  type.scale = scale;
  return type;
}

std::shared_ptr<const DataTable> typed(const Table& table, const std::string& file) {
  auto out = std::make_shared<DataTable>();
  out->file = file;
  for (std::size_t c = 0; c < table.names.size(); ++c)
    out->columns.columns.push_back({table.names[c], type_of(table, c)});
  for (const Texts& line : table.lines) {
    Row& row = out->rows.emplace_back();
    row.reset(line.size());
    for (std::size_t c = 0; c < line.size(); ++c) {
      if (!line[c]) continue;
      const ColumnType& type = out->columns.columns[c].type;
      std::int64_t units = 0;
      if (type.kind == Kind::Text) {
        row.cells[c] = row.add_text(*line[c]);
      } else if (parse_decimal(*line[c], type.scale, units)) {
        row.cells[c] = type.kind == Kind::Integer ? integer_cell(units) : decimal_cell(units);
      }
    }
  }
  return out;
}

}  // namespace

std::shared_ptr<const DataTable> read_data_file(const Json& name, Context& context) {
  if (!name.is_text() || name.text.empty()) {
    mismatch(name, "the name of a CSV or JSON file beside the scenario", context.problems);
    return nullptr;
  }
  const std::string path = beside(name.origin.file, name.text);
  const auto known = context.data_files.find(path);
  if (known != context.data_files.end()) return known->second;
  std::string why;
  Table table;
  bool good = false;
  const auto text = read_whole_file(path, why);
  if (text && path.size() > 5 && path.compare(path.size() - 5, 5, ".json") == 0) {
    const auto root = parse_json(*text, path, context.problems);
    if (!root) return nullptr;
    good = read_json_table(*root, table, why);
  } else if (text) {
    good = split_csv(*text, table, why);
  }
  std::shared_ptr<const DataTable> out;
  if (good) {
    out = typed(table, name.text);
  } else {
    context.problems.error(name.origin, "the file \"" + name.text + "\" " + why,
                           "a CSV file with a header line, or a JSON list of objects");
  }
  context.data_files[path] = out;
  return out;
}

ExpressionPtr read_data_column(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"data"}, context.problems);
  if (scope.data == nullptr) {
    if (!context.is_broken(scope.owner + " data")) {
      context.problems.error(value.origin, "\"data\" in an entity without a data file",
                             "\"data\": \"products.csv\" in the entity");
    }
    return nullptr;
  }
  const int column = require_column(*members.find("data"), scope.data->columns, scope.data->file, context);
  if (column < 0) return nullptr;
  auto out = make_expression(Expression::Kind::Data, value.origin);
  out->data = scope.data;
  out->column = column;
  out->type = scope.data->columns.columns[static_cast<std::size_t>(column)].type;
  return out;
}

}  // namespace freshet::loading
