// The examples of the documents below docs/, each made a whole scenario.
//
// A block that opens with ```json scenario is one already. ```json fields holds the fields of an entity, ```json parts
// some keys of a scenario; what is missing comes from a small shop.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace freshet {

struct Example {
  std::string document;  ///< its path; files that the example names are relative to it
  int line = 0;          ///< of the document
  std::string kind;      ///< "scenario", "fields", "parts"; "" when the block does not say
  std::string text;      ///< a scenario
  [[nodiscard]] std::string where() const { return document + ':' + std::to_string(line); }
};

inline std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream buffer;
  buffer << in.rdbuf();
  return buffer.str();
}

inline std::string whole_scenario(const std::string& kind, const std::string& block) {
  if (kind == "scenario") return block;
  const std::string shop = R"(
    "store": {"rows": 8, "key": {"id": {"sequence": "S%02d"}}, "fields": {"city": {"choice": {"Bonn": 3, "Kiel": 1}}}},
    "product": {"rows": 50, "key": {"id": {"sequence": "P%04d"}},
      "fields": {"price": {"decimal": ["1.00", "99.00"]}, "category": {"choice": ["tea", "soap", "ink"]}}},)";
  if (kind == "fields") {
    return R"({"freshet": 1, "name": "example", "write": {}, "load": [{"entity": "thing", "rate": "20/s", "for": "2s"}],
  "entities": {)" +
           shop + "\n    \"thing\": {\"key\": \"uuid\", \"fields\": " + block + "}}}";
  }
  std::string out = R"({"freshet": 1, "name": "example", )";
  if (block.find("\"write\"") == std::string::npos) out += "\"write\": {}, ";
  if (block.find("\"load\"") == std::string::npos) {
    out += R"("load": [{"entity": "order", "rate": "20/s", "for": "2s"}], )";
  }
  if (block.find("\"entities\"") == std::string::npos) {
    out +=
        "\"entities\": {" + shop + R"("order": {"key": "uuid", "fields": {"total": {"decimal": ["1.00", "9.00"]}}}}, )";
  }
  return out + block.substr(block.find('{') + 1);
}

/// Every document below a folder of docs/, in alphabetical order.
inline std::vector<std::string> documents(const std::string& folder = "") {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FRESHET_SOURCE_DIR "/docs/" + folder)) {
    if (entry.path().extension() == ".md") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline void add_examples(const std::string& path, std::vector<Example>& out) {
  std::istringstream document(file_text(path));
  std::string line;
  for (int number = 1; std::getline(document, line); ++number) {
    if (line.rfind("```json", 0) != 0) continue;
    Example example{path, number, line.size() > 8 ? line.substr(8) : "", {}};
    std::string block;
    for (; std::getline(document, line) && line != "```"; ++number) block += line + '\n';
    ++number;
    example.text = whole_scenario(example.kind, block);
    out.push_back(std::move(example));
  }
}

inline std::vector<Example> examples() {
  std::vector<Example> out;
  for (const std::string& path : documents()) add_examples(path, out);
  return out;
}

/// The files of the scenario library, in alphabetical order.
inline std::vector<std::string> library() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(FRESHET_SOURCE_DIR "/scenarios")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && name != "scenario.schema.json") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace freshet
