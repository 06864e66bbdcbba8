#include "pipeline/observe/list_text.h"

#include <simdjson.h>

#include <charconv>
#include <string>
#include <vector>

namespace freshet {

namespace {

namespace json = simdjson::ondemand;

std::optional<double> double_of(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Cell> number_cell(std::string_view digits, const ColumnType& type) {
  std::int64_t number = 0;
  switch (type.kind) {
    case Kind::Integer:
      if (digits.find('.') != digits.npos || !parse_decimal(digits, 0, number)) return std::nullopt;
      return integer_cell(number);
    case Kind::Decimal:
      if (!parse_decimal(digits, type.scale, number)) return std::nullopt;
      return decimal_cell(number);
    case Kind::Double:
      if (const auto value = double_of(digits)) return double_cell(*value);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Cell> string_cell(std::string_view text, const ColumnType& type, Row& row) {
  std::int64_t number = 0;
  if (type.kind == Kind::Text) return row.add_text(text);
  if (type.kind == Kind::Time && parse_time(text, number)) return time_cell(number);
  if (type.kind == Kind::Decimal && parse_decimal(text, type.scale, number)) return decimal_cell(number);
  return std::nullopt;
}

/// The letters of a number or a name, without what follows it.
std::string_view letters_of(json::value& value) {
  const std::string_view token = value.raw_json_token();
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

/// Items of one record. A member is known by its path from the item: "product.name".
class Items {
 public:
  explicit Items(const RecordType& type) : type_(type) {
    for (const Column& column : type.columns) {
      lists_.push_back(column.type.kind == Kind::List ? std::make_unique<Items>(*column.type.item) : nullptr);
    }
  }

  std::optional<Cell> read(json::array array, Row& row) {
    std::size_t count = 0;
    if (array.count_elements().get(count) != simdjson::SUCCESS) return std::nullopt;
    const Cell list = row.add_list(count, type_.width());
    std::size_t first = list.begin;
    for (auto element : array) {
      json::object item;
      if (element.get_object().get(item) != simdjson::SUCCESS) return std::nullopt;
      path_.clear();
      if (!read_members(item, first, row)) return std::nullopt;
      first += type_.width();
    }
    return list;
  }

 private:
  bool read_members(json::object object, std::size_t first, Row& row) {
    const std::size_t length = path_.size();
    for (auto member : object) {
      std::string_view name;
      json::value value;
      if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      path_.resize(length);
      if (length > 0) path_ += '.';
      path_ += name;
      if (member.value().get(value) != simdjson::SUCCESS || !read_value(value, first, row)) return false;
    }
    return true;
  }

  bool read_value(json::value value, std::size_t first, Row& row) {
    json::json_type kind{};
    if (value.type().get(kind) != simdjson::SUCCESS) return false;
    const std::size_t column = column_of(path_);
    if (kind == json::json_type::object) return column == type_.width() && read_members(value, first, row);
    if (column == type_.width()) return true;
    const std::optional<Cell> cell = cell_of(value, kind, column, row);
    if (cell) row.cells[first + column] = *cell;
    return cell.has_value();
  }

  std::optional<Cell> cell_of(json::value value, json::json_type kind, std::size_t column, Row& row) {
    const ColumnType& type = type_.columns[column].type;
    json::array array;
    std::string_view text;
    bool truth = false;
    switch (kind) {
      case json::json_type::null:
        if (letters_of(value) != "null") return std::nullopt;
        return null_cell();
      case json::json_type::number:
        return number_cell(letters_of(value), type);
      case json::json_type::boolean:
        if (type.kind != Kind::Boolean || value.get_bool().get(truth) != simdjson::SUCCESS) return std::nullopt;
        return boolean_cell(truth);
      case json::json_type::string:
        if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
        return string_cell(text, type, row);
      case json::json_type::array:
        if (!lists_[column] || value.get_array().get(array) != simdjson::SUCCESS) return std::nullopt;
        return lists_[column]->read(array, row);
      default:
        return std::nullopt;
    }
  }

  /// The width of the record when there is no such column. Writers keep to an order.
  std::size_t column_of(std::string_view path) {
    const std::size_t width = type_.width();
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t at = (next_ + i) % width;
      if (type_.columns[at].name != path) continue;
      next_ = at + 1;
      return at;
    }
    return width;
  }

  const RecordType& type_;
  std::vector<std::unique_ptr<Items>> lists_;  // like the columns
  std::string path_;
  std::size_t next_ = 0;
};

}  // namespace

struct ListText::Reader {
  explicit Reader(const RecordType& item) : items(item) {}

  json::parser parser;
  std::string text;  // with room for the parser behind it
  Items items;
};

ListText::ListText(const RecordType& item) : reader_(std::make_unique<Reader>(item)) {}
ListText::~ListText() = default;
ListText::ListText(ListText&&) noexcept = default;
ListText& ListText::operator=(ListText&&) noexcept = default;

std::optional<Cell> ListText::read(std::string_view text, Row& row) {
  Reader& reader = *reader_;
  reader.text.assign(text);
  reader.text.append(simdjson::SIMDJSON_PADDING, ' ');
  json::document document;
  json::array array;
  const simdjson::padded_string_view padded(reader.text.data(), text.size(), reader.text.size());
  if (reader.parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  if (document.get_array().get(array) != simdjson::SUCCESS) return std::nullopt;
  const std::optional<Cell> list = reader.items.read(array, row);
  const char* rest = nullptr;
  const bool ends = document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
  return ends ? list : std::nullopt;
}

}  // namespace freshet
