// Data beside the scenario: CSV (RFC 4180, with a header line) or JSON (a list of objects with the same keys).
//
// A column contains whole numbers if all its values are, decimals if all are plain numbers, else text. A number with a
// leading zero ("007") is text, because it is a code. An empty CSV value is null. Line ends may be those of Unix or
// Windows.
#include <algorithm>
#include <set>

#include "scenarios/loader/json/files.h"
#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

using Texts = std::vector<std::optional<std::string>>;

struct Table {
  Names names;
  std::vector<Texts> lines;
};

/// Counts one more line with this many values against the budget.
bool take(std::size_t values, FileBudget& budget, std::string& why) {
  if (budget.lines == 0 || values > budget.cells) {
    const FileBudget whole;
    why = "makes the data files of the scenario larger than " + std::to_string(whole.lines) + " lines or " +
          std::to_string(whole.cells) + " values";
    return false;
  }
  --budget.lines;
  budget.cells -= values;
  return true;
}

/// Splits a CSV text; if it cannot be split, `why` says what is wrong.
class CsvReader {
 public:
  CsvReader(std::string_view text, FileBudget& budget, std::string& why) : text_(text), budget_(budget), why_(why) {
    // the byte order mark that spreadsheets put before UTF-8
    if (text_.rfind("\xEF\xBB\xBF", 0) == 0) text_.remove_prefix(3);
  }

  bool read(Table& out) {
    for (Texts line; at_ < text_.size(); line.clear()) {
      const std::size_t number = line_;
      if (!read_line(line)) return false;
      if (line.size() == 1 && !line[0]) continue;
      if (out.names.empty()) {
        if (!read_header(line, out.names)) return false;
        continue;
      }
      if (line.size() != out.names.size()) {
        return fail("has " + std::to_string(line.size()) + " values in line " + std::to_string(number) + ", and " +
                    std::to_string(out.names.size()) + " in its header");
      }
      if (!take(line.size(), budget_, why_)) return false;
      out.lines.push_back(std::move(line));
    }
    return !out.lines.empty() || fail("has no line below its header");
  }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }

  bool read_header(const Texts& line, Names& names) {
    std::set<std::string_view> known;
    for (const auto& name : line) {
      if (!name || name->empty()) return fail("has a column without a name");
      if (!known.insert(*name).second) {
        return fail("has two columns \"" + *name + '"');
      }
      names.push_back(*name);
    }
    return names.size() <= kMostNamed || fail("has more than " + std::to_string(kMostNamed) + " columns");
  }

  bool read_line(Texts& line) {
    while (true) {
      std::optional<std::string>& value = line.emplace_back();
      if (at_ < text_.size() && text_[at_] == '"') {
        if (!read_quoted(value.emplace())) return false;
      } else {
        const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
        std::string_view plain = text_.substr(at_, end - at_);
        at_ = end;
        if (at_line_end() && !plain.empty() && plain.back() == '\r') plain.remove_suffix(1);
        if (!plain.empty()) value = plain;
      }
      if (value && !is_utf8(*value)) return fail("has bytes that are not UTF-8 text in line " + std::to_string(line_));
      if (at_line_end()) break;
      ++at_;  // the comma
    }
    ++at_;
    ++line_;
    return true;
  }

  [[nodiscard]] bool at_line_end() const { return at_ >= text_.size() || text_[at_] == '\n'; }

  bool read_quoted(std::string& value) {
    const std::size_t begin = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"' && text_.substr(at_ + 1, 1) != "\"") {
        ++at_;
        if (text_.substr(at_, 2) == "\r\n" || text_.substr(at_) == "\r") ++at_;
        if (at_line_end() || text_[at_] == ',') return true;
        return fail("has a text after a closing quote in line " + std::to_string(line_));
      }
      if (text_[at_] == '"') ++at_;
      if (text_[at_] == '\n') ++line_;
      value += text_[at_];
    }
    return fail("has a quote that stays open, in line " + std::to_string(begin));
  }

  std::string_view text_;
  FileBudget& budget_;
  std::string& why_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

bool read_json_table(const Json& root, Table& out, FileBudget& budget, std::string& why) {
  why = "is not a list of objects with the same keys and plain values";
  if (!root.is_array() || root.items.empty() || !root.items[0].is_object()) return false;
  if (root.items[0].names.size() > kMostNamed) {
    why = "has more than " + std::to_string(kMostNamed) + " columns";
    return false;
  }
  for (const Json::Name& name : root.items[0].names) out.names.push_back(name.text);
  for (const Json& item : root.items) {
    if (!item.is_object() || item.names.size() != out.names.size()) return false;
    std::string excess;
    if (!take(out.names.size(), budget, excess)) {
      why = excess;
      return false;
    }
    Texts& line = out.lines.emplace_back();
    for (std::size_t i = 0; i < out.names.size(); ++i) {
      const bool there = item.names[i].text == out.names[i];  // the keys mostly have the same order
      const Json* value = there ? &item.items[i] : item.find(out.names[i]);
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
  for (const Texts& line : table.lines) {  // all values get the scale of the most precise one
    std::int64_t units = 0;
    number = number && (!line[column] || parse_decimal(*line[column], scale, units));
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
  const std::string path = beside(name.origin.file.text(), name.text);
  context.named_files[&name] = path;
  const auto known = context.data_files.find(path);
  if (known != context.data_files.end()) return known->second;
  std::string why;
  Table table;
  bool good = false;
  const auto text = read_whole_file(path, context.files, why);
  if (text && path.size() > 5 && path.compare(path.size() - 5, 5, ".json") == 0) {
    std::size_t values = context.files.values;  // in memory until the table is built
    const auto root = parse_json(*text, path, context.problems, values);
    if (!root) return nullptr;
    good = read_json_table(*root, table, context.files, why);
  } else if (text) {
    good = CsvReader(*text, context.files, why).read(table);
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
  const ObjectReader members(value, {"data"}, context.problems);
  if (scope.data == nullptr) {
    if (!context.is_broken(scope.owner + " data")) {
      context.problems.error(value.origin, "\"data\" in an entity without a data file",
                             "\"data\": \"products.csv\" in the entity");
    }
    return nullptr;
  }
  const RecordType& columns = scope.data->columns;
  const auto column = require_column(*members.find("data"), columns, scope.data->file, context);
  if (!column) return nullptr;
  return make_expression(constructs::Data{scope.data, *column}, columns[*column].type, value.origin);
}

}  // namespace freshet::loading
