// JSON Schema, as much of it as scenario.schema.json uses: a keyword that is not known here fails the test, so that
// none is passed over in silence.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace freshet {

class JsonSchema {
 public:
  using Json = nlohmann::ordered_json;

  explicit JsonSchema(Json root) : root_(std::move(root)) {}

  [[nodiscard]] bool accepts(const Json& value) const { return accepts(value, root_); }

  /// The keys that the schema knows for the object at `pointer` of `document`: those of every branch that takes it.
  /// Empty when the object may have any key.
  [[nodiscard]] std::set<std::string> keys_at(const Json& document, const std::string& pointer) const {
    std::set<std::string> keys;
    collect(document, root_, Json::json_pointer(pointer), keys);
    return keys;
  }

  /// Every property that is named anywhere in the schema.
  [[nodiscard]] std::set<std::string> all_keys() const {
    std::set<std::string> keys;
    all_keys(root_, keys);
    return keys;
  }

 private:
  [[nodiscard]] const Json& resolve(const Json& schema) const {
    const auto reference = schema.find("$ref");
    return reference == schema.end() ? schema
                                     : resolve(root_.at(Json::json_pointer(reference->get<std::string>().substr(1))));
  }

  [[nodiscard]] static bool is_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    throw std::runtime_error("unknown type " + type);
  }

  [[nodiscard]] bool accepts(const Json& value, const Json& given) const {
    const Json& schema = resolve(given);
    if (schema.is_boolean()) return schema.get<bool>();
    for (const auto& [keyword, rule] : schema.items()) {
      if (!keyword_accepts(value, keyword, rule, schema)) return false;
    }
    return true;
  }

  [[nodiscard]] bool keyword_accepts(const Json& value, const std::string& keyword, const Json& rule,
                                     const Json& schema) const {
    if (keyword == "type") {
      if (rule.is_string()) return is_type(value, rule);
      return std::any_of(rule.begin(), rule.end(), [&](const Json& type) { return is_type(value, type); });
    }
    if (keyword == "anyOf") {
      return std::any_of(rule.begin(), rule.end(), [&](const Json& branch) { return accepts(value, branch); });
    }
    if (keyword == "not") return !accepts(value, rule);
    if (keyword == "propertyNames") {
      if (!value.is_object()) return true;
      for (const auto& [name, unused] : value.items()) {
        if (!accepts(Json(name), rule)) return false;
      }
      return true;
    }
    if (keyword == "const") return value == rule;
    if (keyword == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
    if (keyword == "pattern") {
      static std::map<std::string, std::regex> patterns;
      const auto text = rule.get<std::string>();
      const auto at = patterns.try_emplace(text, text).first;
      return !value.is_string() || std::regex_search(value.get<std::string>(), at->second);
    }
    if (keyword == "minimum") return !value.is_number() || value.get<double>() >= rule.get<double>();
    if (keyword == "maximum") return !value.is_number() || value.get<double>() <= rule.get<double>();
    if (keyword == "exclusiveMinimum") return !value.is_number() || value.get<double>() > rule.get<double>();
    if (keyword == "minItems") return !value.is_array() || value.size() >= rule.get<std::size_t>();
    if (keyword == "maxItems") return !value.is_array() || value.size() <= rule.get<std::size_t>();
    if (keyword == "minProperties") return !value.is_object() || value.size() >= rule.get<std::size_t>();
    if (keyword == "maxProperties") return !value.is_object() || value.size() <= rule.get<std::size_t>();
    if (keyword == "items") {
      return !value.is_array() ||
             std::all_of(value.begin(), value.end(), [&](const Json& item) { return accepts(item, rule); });
    }
    if (keyword == "required") {
      return !value.is_object() || std::all_of(rule.begin(), rule.end(),
                                               [&](const Json& key) { return value.contains(key.get<std::string>()); });
    }
    if (keyword == "properties" || keyword == "additionalProperties") return members_accepted(value, schema);
    static const std::set<std::string> kSilent{"$schema", "title", "description", "$defs"};
    if (kSilent.count(keyword) == 0) throw std::runtime_error("unknown keyword " + keyword);
    return true;
  }

  [[nodiscard]] bool members_accepted(const Json& value, const Json& schema) const {
    if (!value.is_object()) return true;
    for (const auto& [name, member] : value.items()) {
      if (!accepts(member, member_schema(schema, name))) return false;
    }
    return true;
  }

  [[nodiscard]] static const Json& member_schema(const Json& schema, const std::string& name) {
    static const Json kAnything = true;
    const auto properties = schema.find("properties");
    if (properties != schema.end() && properties->contains(name)) return properties->at(name);
    const auto others = schema.find("additionalProperties");
    return others == schema.end() ? kAnything : *others;
  }

  /// Walks the branches that accept `value` down the pointer.
  void collect(const Json& value, const Json& given, const Json::json_pointer& rest,
               std::set<std::string>& keys) const {
    const Json& schema = resolve(given);
    if (!schema.is_object()) return;
    if (const auto branches = schema.find("anyOf"); branches != schema.end()) {
      for (const Json& branch : *branches) {
        if (accepts(value, branch)) collect(value, branch, rest, keys);
      }
      return;
    }
    if (rest.empty()) {
      if (schema.value("additionalProperties", Json()) != Json(false)) return;
      for (const auto& [name, unused] : schema.at("properties").items()) keys.insert(name);
      return;
    }
    const std::string text = rest.to_string();
    const std::size_t slash = text.find('/', 1);
    const Json::json_pointer below(slash == std::string::npos ? "" : text.substr(slash));
    Json::json_pointer first = rest;
    while (first.parent_pointer().to_string() != "") first = first.parent_pointer();
    if (value.is_array()) {
      if (schema.contains("items")) collect(value.at(first), schema.at("items"), below, keys);
    } else {
      collect(value.at(first), member_schema(schema, first.back()), below, keys);
    }
  }

  static void all_keys(const Json& schema, std::set<std::string>& keys) {
    if (schema.is_array()) {
      for (const Json& item : schema) all_keys(item, keys);
    }
    if (!schema.is_object()) return;
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "properties") {
        for (const auto& [name, member] : rule.items()) {
          keys.insert(name);
          all_keys(member, keys);
        }
      } else {
        all_keys(rule, keys);
      }
    }
  }

  Json root_;
};

}  // namespace freshet
