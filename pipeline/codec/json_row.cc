#include "pipeline/codec/json_row.h"

#include <simdjson.h>

#include <charconv>
#include <string>
#include <vector>

namespace freshet {

namespace {

namespace ondemand = simdjson::ondemand;

// The known members of one JSON object: columns, and objects with further columns.
struct ObjectShape {
  struct Member {
    std::string name;
    int column = -1;   // index in the record, or -1 for an object
    int object = -1;   // index in RecordShape::objects
    int list_of = -1;  // index in JsonRowDecoder::State::records, for a list's items
  };
  std::vector<Member> members;
};

struct RecordShape {
  std::vector<ObjectShape> objects;  // 0 is the record itself
  const RecordType* type = nullptr;
};

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

}  // namespace

struct JsonRowDecoder::State {
  RecordType root;
  std::vector<RecordShape> records;
  ondemand::parser parser;
  std::string buffer;
  std::string problem;

  explicit State(const RecordType& type) : root(type) { add_record(root); }

  int add_record(const RecordType& type);
  int object_for(std::size_t record, std::string_view path);
  ObjectShape::Member* find(ObjectShape& shape, std::size_t& expected, std::string_view name);

  bool fail(const std::string& text) {
    if (problem.empty()) problem = text;
    return false;
  }
  bool begin(std::string_view json, ondemand::document& document);
  bool end(ondemand::document& document);
  bool read_object(ondemand::object object, std::size_t record, std::size_t shape, std::size_t first, Row& out);
  bool read_image(std::string_view json, std::string_view name, Row& out, bool& null);
  bool read_member(ondemand::value value, const ObjectShape::Member& member, std::size_t record, std::size_t first,
                   Row& out);
  bool read_value(ondemand::value value, const Column& column, Cell& cell, Row& out);
  bool read_number(std::string_view token, const Column& column, Cell& cell);
  bool read_items(ondemand::array array, std::size_t record, Row& out, Cell& list);
  Error error() const { return Error{ErrorKind::Usage, problem, ""}; }
};

// Shapes are in vectors that grow while nested ones are added, so only indexes are stable.
int JsonRowDecoder::State::add_record(const RecordType& type) {
  const std::size_t record = records.size();
  records.emplace_back();
  records[record].type = &type;
  records[record].objects.emplace_back();
  for (std::size_t i = 0; i < type.width(); ++i) {
    const std::string_view name = type.columns[i].name;
    const std::size_t dot = name.rfind('.');
    const bool nested = dot != std::string_view::npos;
    const auto object = static_cast<std::size_t>(nested ? object_for(record, name.substr(0, dot)) : 0);
    const int list_of = type.columns[i].type.kind == Kind::List ? add_record(*type.columns[i].type.item) : -1;
    records[record].objects[object].members.push_back(
        {std::string(nested ? name.substr(dot + 1) : name), static_cast<int>(i), -1, list_of});
  }
  return static_cast<int>(record);
}

int JsonRowDecoder::State::object_for(std::size_t record, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const bool nested = dot != std::string_view::npos;
  const auto parent = static_cast<std::size_t>(nested ? object_for(record, path.substr(0, dot)) : 0);
  const std::string_view name = nested ? path.substr(dot + 1) : path;
  auto& objects = records[record].objects;
  for (const ObjectShape::Member& member : objects[parent].members) {
    if (member.object >= 0 && member.name == name) return member.object;
  }
  const int index = static_cast<int>(objects.size());
  objects[parent].members.push_back({std::string(name), -1, index, -1});
  objects.emplace_back();
  return index;
}

// Writers use a fixed order: the member after the last one found is tried first.
ObjectShape::Member* JsonRowDecoder::State::find(ObjectShape& shape, std::size_t& expected, std::string_view name) {
  const std::size_t count = shape.members.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = expected + i < count ? expected + i : expected + i - count;
    if (shape.members[at].name != name) continue;
    expected = at + 1 < count ? at + 1 : 0;
    return &shape.members[at];
  }
  return nullptr;
}

bool JsonRowDecoder::State::begin(std::string_view json, ondemand::document& document) {
  problem.clear();
  buffer.assign(json);
  buffer.append(simdjson::SIMDJSON_PADDING, '\0');
  const simdjson::padded_string_view padded(buffer.data(), json.size(), buffer.size());
  const auto failed = parser.iterate(padded).get(document);
  return failed ? fail(std::string("not JSON: ") + simdjson::error_message(failed)) : true;
}

bool JsonRowDecoder::State::end(ondemand::document& document) {
  const char* next = nullptr;
  const auto state = document.current_location().get(next);
  return state == simdjson::OUT_OF_BOUNDS ? true : fail("not JSON: trailing characters after the value");
}

bool JsonRowDecoder::State::read_object(ondemand::object object, std::size_t record, std::size_t shape,
                                        std::size_t first, Row& out) {
  std::size_t expected = 0;
  for (auto item : object) {
    ondemand::field field;
    if (const auto failed = std::move(item).get(field)) return fail(std::string("not JSON: ") + error_message(failed));
    std::string_view name;
    if (const auto failed = field.unescaped_key().get(name)) {
      return fail(std::string("not JSON: ") + error_message(failed));
    }
    const ObjectShape::Member* member = find(records[record].objects[shape], expected, name);
    if (member != nullptr && !read_member(field.value(), *member, record, first, out)) return false;
  }
  return true;
}

/// Reads one of the two images of an envelope, and the envelope to its end, so that a truncated one is refused.
bool JsonRowDecoder::State::read_image(std::string_view json, std::string_view name, Row& out, bool& null) {
  ondemand::document document;
  ondemand::object envelope;
  if (!begin(json, document)) return false;
  if (document.get_object().get(envelope)) return fail("expected an object");
  bool found = false;
  for (auto item : envelope) {
    ondemand::field field;
    if (const auto failed = std::move(item).get(field)) return fail(std::string("not JSON: ") + error_message(failed));
    if (field.key() != name) continue;
    found = true;
    ondemand::value value = field.value();
    null = trimmed(value.raw_json_token()) == "null";
    ondemand::object image;
    if (null) continue;
    if (value.get_object().get(image)) return fail(std::string(name) + ": expected an object");
    if (!read_object(image, 0, 0, 0, out)) return false;
  }
  if (!found) return fail("an envelope without \"" + std::string(name) + '"');
  return end(document);
}

bool JsonRowDecoder::State::read_member(ondemand::value value, const ObjectShape::Member& member, std::size_t record,
                                        std::size_t first, Row& out) {
  ondemand::json_type type;
  if (const auto failed = value.type().get(type)) return fail(member.name + ": " + simdjson::error_message(failed));
  if (type == ondemand::json_type::null) {
    // Compared letter by letter: the library guesses the type from the first one.
    if (trimmed(value.raw_json_token()) != "null") return fail(member.name + ": not JSON");
    if (member.column >= 0) out.cells[first + static_cast<std::size_t>(member.column)] = null_cell();
    return true;
  }
  if (member.object >= 0) {
    ondemand::object object;
    if (value.get_object().get(object)) return fail(member.name + ": expected an object");
    return read_object(object, record, static_cast<std::size_t>(member.object), first, out);
  }
  const std::size_t at = first + static_cast<std::size_t>(member.column);
  Cell cell;
  if (member.list_of >= 0) {
    ondemand::array array;
    if (value.get_array().get(array)) return fail(member.name + ": expected an array");
    if (!read_items(array, static_cast<std::size_t>(member.list_of), out, cell)) return false;
  } else if (!read_value(value, records[record].type->columns[static_cast<std::size_t>(member.column)], cell, out)) {
    return false;
  }
  out.cells[at] = cell;
  return true;
}

bool JsonRowDecoder::State::read_value(ondemand::value value, const Column& column, Cell& cell, Row& out) {
  ondemand::json_type type;
  if (const auto failed = value.type().get(type)) return fail(column.name + ": " + simdjson::error_message(failed));
  if (type == ondemand::json_type::number) return read_number(trimmed(value.raw_json_token()), column, cell);
  if (type == ondemand::json_type::boolean) {
    bool truth = false;
    if (column.type.kind != Kind::Boolean || value.get_bool().get(truth))
      return fail(column.name + ": a Boolean does not fit");
    cell = boolean_cell(truth);
    return true;
  }
  std::string_view text;
  if (type != ondemand::json_type::string) return fail(column.name + ": an object or array does not fit");
  if (const auto failed = value.get_string().get(text))
    return fail(column.name + ": " + simdjson::error_message(failed));
  std::int64_t number = 0;
  if (column.type.kind == Kind::Text) {
    cell = out.add_text(text);
  } else if (column.type.kind == Kind::Time && parse_time(text, number)) {
    cell = time_cell(number);
  } else if (column.type.kind == Kind::Decimal && parse_decimal(text, column.type.scale, number)) {
    cell = decimal_cell(number);
  } else {
    return fail(column.name + ": the text \"" + std::string(text.substr(0, 40)) + "\" does not fit");
  }
  return true;
}

bool JsonRowDecoder::State::read_number(std::string_view token, const Column& column, Cell& cell) {
  std::int64_t number = 0;
  if (column.type.kind == Kind::Integer && parse_decimal(token, 0, number) && token.find('.') == token.npos) {
    cell = integer_cell(number);
  } else if (column.type.kind == Kind::Decimal && parse_decimal(token, column.type.scale, number)) {
    cell = decimal_cell(number);
  } else if (column.type.kind == Kind::Double) {
    double value = 0;
    const auto [end, failed] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (failed != std::errc{} || end != token.data() + token.size()) return fail(column.name + ": not a number");
    cell = double_cell(value);
  } else {
    return fail(column.name + ": the number " + std::string(token.substr(0, 40)) + " does not fit");
  }
  return true;
}

bool JsonRowDecoder::State::read_items(ondemand::array array, std::size_t record, Row& out, Cell& list) {
  std::size_t count = 0;
  if (const auto failed = array.count_elements().get(count)) {
    return fail(std::string("not JSON: ") + simdjson::error_message(failed));
  }
  const std::size_t width = records[record].type->width();
  list = out.add_list(count, width);
  std::size_t item = 0;
  for (auto element : array) {
    ondemand::object object;
    if (item >= count || element.get_object().get(object)) return fail("an item of a list is not an object");
    if (!read_object(object, record, 0, list.begin + item * width, out)) return false;
    ++item;
  }
  return item == count ? true : fail("not JSON: a truncated list");
}

JsonRowDecoder::JsonRowDecoder(const RecordType& type) : state_(std::make_unique<State>(type)) {}
JsonRowDecoder::~JsonRowDecoder() = default;
JsonRowDecoder::JsonRowDecoder(JsonRowDecoder&&) noexcept = default;
JsonRowDecoder& JsonRowDecoder::operator=(JsonRowDecoder&&) noexcept = default;

Status JsonRowDecoder::decode(std::string_view json, Row& out) {
  State& state = *state_;
  out.reset(state.root.width());
  ondemand::document document;
  ondemand::object object;
  if (!state.begin(json, document)) return state.error();
  if (document.get_object().get(object)) state.fail("expected an object");
  if (!state.problem.empty() || !state.read_object(object, 0, 0, 0, out) || !state.end(document)) return state.error();
  return {};
}

Result<bool> JsonRowDecoder::decode_envelope(std::string_view json, Row& out) {
  State& state = *state_;
  out.reset(state.root.width());
  bool deleted = false;
  bool nothing = false;
  if (!state.read_image(json, "after", out, deleted)) return state.error();
  if (!deleted) return false;
  if (!state.read_image(json, "before", out, nothing)) return state.error();
  if (!nothing) return true;
  state.fail("an envelope without a row");
  return state.error();
}

Result<Cell> JsonRowDecoder::append_list(std::string_view json, Row& out) {
  State& state = *state_;
  ondemand::document document;
  ondemand::array array;
  Cell list;
  if (!state.begin(json, document)) return state.error();
  if (document.get_array().get(array)) state.fail("expected an array");
  if (!state.problem.empty() || !state.read_items(array, 0, out, list) || !state.end(document)) return state.error();
  return list;
}

}  // namespace freshet
