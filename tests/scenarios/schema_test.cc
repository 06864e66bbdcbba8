// Loader, schema and document are three accounts of one language: what one knows, the others must know.
#include <gtest/gtest.h>

#include "generator/write/backends.h"
#include "scenarios/examples.h"
#include "scenarios/json_schema.h"
#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

const JsonSchema& schema() {
  static const JsonSchema kSchema(Json::parse(file_text(FRESHET_SOURCE_DIR "/scenarios/scenario.schema.json")));
  return kSchema;
}

Json parse(const std::string& text) { return Json::parse(text, nullptr, true, true); }

/// What extends another, with that other in it.
std::string whole(const std::string& text, const std::string& path) {
  if (text.find("\"extends\"") == std::string::npos) return text;
  EXPECT_TRUE(schema().accepts(parse(text))) << path << " as an extension";
  const Loaded loaded = parse_scenario(text, path, {}, target_forms());
  EXPECT_TRUE(loaded.scenario) << texts(loaded);
  return loaded.scenario ? loaded.scenario->resolved_json : "{}";
}

/// All scenarios of the project: the library, the examples, the tests' shop.
std::vector<std::pair<std::string, std::string>> scenarios() {
  std::vector<std::pair<std::string, std::string>> out{{"shop", kShop}};
  for (const std::string& path : library()) out.emplace_back(path, whole(file_text(path), path));
  for (const Example& example : examples()) {
    out.emplace_back(example.where(), whole(example.text, example.document));
  }
  return out;
}

void objects(const Json& value, const std::string& pointer, std::vector<std::string>& out) {
  if (value.is_object()) out.push_back(pointer);
  if (!value.is_structured()) return;
  for (const auto& [name, member] : value.items()) {
    std::string escaped;
    for (const char c : name) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    objects(member, pointer + '/' + escaped, out);
  }
}

/// What the loader says it knows, where an unknown key was put.
std::optional<std::set<std::string>> loader_keys(const Json& document, const std::string& pointer) {
  Json wrong = document;
  wrong.at(Json::json_pointer(pointer))["zzz_unknown"] = 1;
  const Loaded loaded = parse_scenario(wrong.dump(), FRESHET_SOURCE_DIR "/scenarios/x.json", {}, target_forms());
  for (const Problem& problem : loaded.problems) {
    if (problem.message != "unknown key \"zzz_unknown\"") continue;
    std::set<std::string> keys;
    if (problem.expected == "no keys here") return keys;
    std::string name;
    std::istringstream words(problem.expected);
    while (words >> name) {
      if (name == "or") continue;
      if (name.back() == ',') name.pop_back();
      keys.insert(name);
    }
    return keys;
  }
  return std::nullopt;
}

TEST(TheSchema, TakesEveryScenarioThatTheLoaderTakes) {
  for (const auto& [name, text] : scenarios()) EXPECT_TRUE(schema().accepts(parse(text))) << name;
}

TEST(TheSchema, RefusesWhatIsNotAScenario) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"rows\": 4", "\"row\": 4"},
           {"\"rows\": 4", "\"rows\": 0"},
           {"\"mean\": 3", "\"maen\": 3"},
           {"{\"mysql\": {\"table\": \"products\"}}", "{\"sqlite\": {\"table\": \"products\"}}"},
           {"\"seed\": 7", "\"seed\": -7"},
           {"\"rate\": \"50/s\"", "\"rate\": 50"},
           {"\"uuid\"}", "\"guid\"}"},
           {"\"process\": \"poisson\"", "\"process\": \"posson\""},
           {"\"zipf\": 0.5", "\"zipf\": -1"},
           {"\"line\": 1", "\"line\": 2"}}) {
    EXPECT_FALSE(schema().accepts(parse(shop_with(from, to)))) << to;
  }
}

TEST(TheSchema, KnowsTheKeysThatTheLoaderKnowsEverywhere) {
  std::size_t compared = 0;
  for (const auto& [name, text] : scenarios()) {
    if (name.find(".json") != std::string::npos) continue;  // long, and made of what the examples show
    const Json document = parse(text);
    std::vector<std::string> pointers;
    objects(document, "", pointers);
    for (const std::string& pointer : pointers) {
      const auto known = loader_keys(document, pointer);
      const std::set<std::string> keys = schema().keys_at(document, pointer);
      if (!known) {
        EXPECT_TRUE(keys.empty()) << name << " at " << pointer << ": the loader takes any key, the schema does not";
        continue;
      }
      ++compared;
      EXPECT_EQ(*known, keys) << name << " at " << pointer;
    }
  }
  EXPECT_GT(compared, 300u);
}

TEST(TheDocument, NamesEveryKeyOfTheSchema) {
  std::string document;
  for (const std::string& path : documents("reference")) document += file_text(path);
  for (const std::string& key : schema().all_keys()) {
    EXPECT_NE(document.find('"' + key + '"'), std::string::npos) << "docs/reference says nothing of \"" << key << '"';
  }
}

TEST(TheDocument, HasExamplesThatLoadWithoutAProblem) {
  EXPECT_GT(examples().size(), 30u);
  for (const Example& example : examples()) {
    EXPECT_NE(example.kind, "") << example.where() << ": a block must say what it is";
    const Loaded loaded = parse_scenario(example.text, example.document, {}, target_forms());
    for (const Problem& problem : loaded.problems) {
      if (problem.severity == Problem::Severity::Error) ADD_FAILURE() << example.where() << ": " << problem.text();
    }
  }
}

TEST(TheDocument, AnExampleWithASlipIsNoticed) {
  EXPECT_FALSE(parse_scenario(whole_scenario("fields", R"({"a": {"choise": ["x"]}})"), "x").scenario);
  EXPECT_TRUE(parse_scenario(whole_scenario("fields", R"({"a": {"choice": ["x"]}})"), "x").scenario);
}

}  // namespace
}  // namespace freshet
