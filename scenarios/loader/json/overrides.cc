// Overrides: --set POINTER=VALUE, --seed, --rate, --for, --drain, --canary.
#include "scenarios/loader/json/overrides.h"

#include <algorithm>
#include <charconv>

#include "scenarios/loader/json/object_reader.h"
#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

/// The parts of a JSON pointer, unescaped. Returns nullopt if it is not one.
std::optional<Names> split_pointer(const std::string& pointer) {
  if (pointer.size() < 2 || pointer[0] != '/') return std::nullopt;
  Names parts;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      parts.emplace_back();
    } else if (pointer[i] != '~') {
      parts.back() += pointer[i];
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      parts.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return parts;
}

void place(Json& value, const SharedText& option) {
  value.origin.file = option;
  value.origin.line = 0;
  value.origin.column = 0;
  for (Json::Name& name : value.names) {
    name.origin.file = option;
    name.origin.line = 0;
    name.origin.column = 0;
  }
  for (Json& item : value.items) place(item, option);
}

Json text_value(const std::string& text, const SharedText& option) {
  Json out;
  out.kind = Json::Kind::String;
  out.text = text;
  out.origin.file = option;
  return out;
}

/// Parses JSON text, or a bare word. What begins like JSON must be JSON.
std::optional<Json> parse_value(const std::string& text, Problems& problems) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  const bool json = begin != std::string::npos && std::string_view("{[\"").find(text[begin]) != std::string_view::npos;
  if (json) {
    auto value = parse_json(text, "--set", problems);
    if (value) place(*value, "--set");
    return value;
  }
  Problems unused;
  auto value = parse_json(text, "--set", unused);
  if (!value) return text_value(text, "--set");
  place(*value, "--set");
  return value;
}

class Setter {
 public:
  Setter(Json& root, Problems& problems) : root_(root), problems_(problems) {}

  void set(const std::string& pointer, Json value) {
    const auto parts = split_pointer(pointer);
    if (!parts) {
      problems_.error({value.origin.file, "", 0, 0}, "\"" + pointer + "\" is not a JSON pointer",
                      "a pointer such as /load/0/rate");
      return;
    }
    set_pointers(value, pointer);
    Json* at = &root_;
    Pointer walked;
    for (std::size_t i = 0; i + 1 < parts->size(); ++i) {
      at = child(*at, (*parts)[i], walked, value.origin.file);
      if (at == nullptr) return;
      walked = walked.member((*parts)[i]);
    }
    put(*at, parts->back(), walked, std::move(value));
  }

 private:
  static std::optional<std::size_t> index_in(const Json& array, const std::string& part) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool number = error == std::errc{} && end == part.data() + part.size();
    return number && index < array.items.size() ? std::optional(index) : std::nullopt;
  }

  Json* child(Json& parent, const std::string& part, const Pointer& walked, const SharedText& option) {
    if (parent.is_object()) {
      if (Json* found = parent.find(part)) return found;
      Names names;
      for (const Json::Name& name : parent.names) names.push_back(name.text);
      nowhere(walked.member(part), one_of(names), problems_.nearest(part, names), option);
    } else if (parent.is_array()) {
      if (const auto index = index_in(parent, part)) return &parent.items[*index];
      nowhere(walked.member(part), elements(parent), "", option);
    } else {
      nowhere(walked.member(part), "nothing below " + describe(parent), "", option);
    }
    return nullptr;
  }

  static std::string elements(const Json& array) {
    return array.items.empty() ? "nothing: the list is empty"
                               : "an element from 0 to " + std::to_string(array.items.size() - 1);
  }

  void nowhere(const Pointer& pointer, std::string expected, std::string suggestion, const SharedText& option) {
    problems_.error({option, pointer, 0, 0}, "the pointer matches nothing", std::move(expected), std::move(suggestion));
  }

  /// Replaces the member or element; a new member is appended, and so is an element called "-".
  void put(Json& parent, const std::string& part, const Pointer& walked, Json value) {
    if (parent.is_object()) {
      if (Json* found = parent.find(part)) {
        *found = std::move(value);
        return;
      }
      parent.names.push_back({part, value.origin});
      parent.items.push_back(std::move(value));
    } else if (parent.is_array() && part == "-") {
      set_pointers(value, walked.element(parent.items.size()));
      parent.items.push_back(std::move(value));
    } else if (Json* found = child(parent, part, walked, value.origin.file)) {
      *found = std::move(value);
    }
  }

  Json& root_;
  Problems& problems_;
};

// --- rate and duration ---

void rates_of_stage(Json& stage, std::vector<Json*>& out) {
  for (const char* name : {"rate", "ramp", "burst", "idle", "flash", "mean"}) {
    if (Json* rate = stage.find(name)) out.push_back(rate);
  }
  if (Json* steps = stage.find("steps")) {
    for (Json& rate : steps->items) out.push_back(&rate);
  }
  if (Json* of = stage.find("of")) {
    for (Json& inner : of->items) rates_of_stage(inner, out);
  }
}

/// Every rate of a load: arrivals and background updates.
std::vector<Json*> rates_of(Json& load) {
  std::vector<Json*> out;
  for (const char* name : {"rate", "update", "delete", "put"}) {
    if (Json* rate = load.find(name)) out.push_back(rate);
  }
  if (Json* stages = load.find("stages")) {
    for (Json& stage : stages->items) rates_of_stage(stage, out);
  }
  return out;
}

double greatest_rate(Json& load) {
  double greatest = 0;
  for (const Json* rate : rates_of(load)) greatest = std::max(greatest, parse_rate(rate->text).value_or(0));
  return greatest;
}

std::string rate_text(double per_second) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, per_second, std::chars_format::fixed);
  return error == std::errc{} ? std::string(buffer, end) + "/s" : std::string();
}

Json* first_arrivals(Json& root) {
  Json* load = root.find("load");
  if (load == nullptr || !load->is_array()) return nullptr;
  for (Json& entry : load->items) {
    const bool free = entry.find("update") != nullptr || entry.find("delete") != nullptr;
    if (entry.is_object() && !free) return &entry;
  }
  return nullptr;
}

/// Scales every rate so that the largest rate of the first arrivals becomes `text`.
void apply_rate(const std::string& text, Json& root, Problems& problems) {
  const Origin origin{"--rate", "", 0, 0};
  const auto wanted = parse_rate(text);
  if (!wanted || *wanted <= 0 || *wanted > kMaxRate) {
    problems.error(origin, "found the text \"" + text + '"',
                   "a rate such as \"200/s\", more than 0 and at most 10000000/s");
    return;
  }
  Json* first = first_arrivals(root);
  const double now = first != nullptr ? greatest_rate(*first) : 0;
  if (now <= 0) {
    problems.error(origin, "the scenario has no arrivals whose rate could change", "arrivals in \"load\"");
    return;
  }
  for (Json& load : root.find("load")->items) {
    for (Json* rate : rates_of(load)) {
      const auto old = parse_rate(rate->text);
      if (!old) continue;  // the reader reports it
      const Pointer pointer = rate->origin.pointer;
      *rate = text_value(*old == now ? text : rate_text(*old / now * *wanted), "--rate");
      rate->origin.pointer = pointer;
    }
  }
}

void replace_length(Json* length, const std::string& text) {
  if (length == nullptr) return;
  const Pointer pointer = length->origin.pointer;
  *length = text_value(text, "--for");
  length->origin.pointer = pointer;
}

/// Sets the length of every load that has one stage.
void apply_duration(const std::string& text, Json& root, Problems& problems) {
  Json* load = root.find("load");
  if (load == nullptr || !load->is_array()) return;
  for (Json& entry : load->items) {
    Json* stages = entry.find("stages");
    if (stages != nullptr && stages->items.size() != 1) {
      problems.error({"--for", entry.origin.pointer, 0, 0},
                     "a load of " + std::to_string(stages->items.size()) + " stages", "a load of one stage");
      continue;
    }
    if (stages != nullptr && stages->items[0].find("for") == nullptr) {
      problems.error({"--for", entry.origin.pointer, 0, 0}, "a load whose stage has no \"for\"",
                     "a stage with \"for\"");
      continue;
    }
    replace_length(stages != nullptr ? stages->items[0].find("for") : entry.find("for"), text);
  }
}

}  // namespace

void apply_overrides(const Overrides& overrides, Json& root, Problems& problems) {
  constexpr std::size_t kMostChanges = 1000;
  if (overrides.set.size() > kMostChanges) {
    problems.error({"--set", "", 0, 0}, std::to_string(overrides.set.size()) + " changes",
                   "at most " + std::to_string(kMostChanges));
    return;
  }
  Setter setter(root, problems);
  for (const auto& [pointer, text] : overrides.set) {
    if (!is_utf8(pointer) || !is_utf8(text)) {
      problems.error({"--set", "", 0, 0}, "bytes that are not UTF-8", "UTF-8");
      continue;
    }
    if (auto value = parse_value(text, problems)) setter.set(pointer, std::move(*value));
  }
  if (overrides.seed) {
    Json seed = text_value(std::to_string(*overrides.seed), "--seed");
    seed.kind = Json::Kind::Number;
    setter.set("/seed", std::move(seed));
  }
  if (overrides.drain) setter.set("/drain", text_value(*overrides.drain, "--drain"));
  if (overrides.canary) setter.set("/canary", text_value(*overrides.canary, "--canary"));
  if (overrides.rate) apply_rate(*overrides.rate, root, problems);
  if (overrides.duration) apply_duration(*overrides.duration, root, problems);
}

}  // namespace freshet::loading
