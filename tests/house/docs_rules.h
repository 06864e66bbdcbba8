// The rules that hold for every document (*.md) of the project. Each is tried on planted violations in docs_test.cc.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace freshet::house {

struct Document {
  std::string path;  ///< relative to the project's folder
  std::string text;
};

struct Fault {
  std::string where;  ///< path:line
  std::string rule;
  std::string what;
};

inline constexpr std::size_t kLongestDocumentLine = 120;

inline std::vector<std::string> document_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The document with its fenced blocks and, where `spans`, its `code` emptied, line for line.
inline std::string prose_of(const std::string& text, bool spans) {
  static const std::regex code("`[^`]*`");
  std::string out;
  bool fenced = false;
  for (const std::string& line : document_lines(text)) {
    const bool fence = line.find("```") != std::string::npos && line.find_first_not_of(' ') == line.find("```");
    if (fence) fenced = !fenced;
    if (!fence && !fenced) out += spans ? std::regex_replace(line, code, "`") : line;
    out += '\n';
  }
  return out;
}

/// The anchors that a forge gives to the headings: lower case, punctuation dropped, hyphens for spaces.
inline std::set<std::string> anchors_of(const std::string& text) {
  std::set<std::string> anchors;
  std::map<std::string, int> seen;
  for (const std::string& line : document_lines(prose_of(text, false))) {
    const std::size_t hashes = line.find_first_not_of('#');
    if (hashes == 0 || hashes == std::string::npos || hashes > 6 || line[hashes] != ' ') continue;
    std::string anchor;
    for (const char c : line.substr(hashes + 1)) {
      const bool letter = static_cast<unsigned char>(c) >= 0x80 || c == '_' || c == '-' || (c >= '0' && c <= '9') ||
                          (c >= 'a' && c <= 'z');
      if (c >= 'A' && c <= 'Z') anchor += static_cast<char>(c - 'A' + 'a');
      if (c == ' ') anchor += '-';
      if (letter) anchor += c;
    }
    const int before = seen[anchor]++;
    anchors.insert(before == 0 ? anchor : anchor + '-' + std::to_string(before));
  }
  return anchors;
}

/// "docs/guide/a.md" and "../SCENARIO.md" → "docs/SCENARIO.md".
inline std::string joined(const std::string& document, const std::string& target) {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& path) {
    std::istringstream in(path);
    for (std::string part; std::getline(in, part, '/');) {
      if (part == ".." && !parts.empty() && parts.back() != "..") {
        parts.pop_back();
      } else if (!part.empty() && part != ".") {
        parts.push_back(part);
      }
    }
  };
  add(document);
  parts.pop_back();
  add(target);
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "/") + part;
  return out;
}

struct Link {
  int line = 0;
  std::string path;    ///< relative to the project's folder; the document's own where only an anchor is given
  std::string anchor;  ///< may be empty
};

/// The links that lead to files of the project.
inline std::vector<Link> links_of(const Document& document) {
  static const std::regex link(R"(\]\(([^)\s]+)\))");
  static const std::regex elsewhere("^[a-z]+:");
  std::vector<Link> links;
  int number = 0;
  for (const std::string& line : document_lines(prose_of(document.text, true))) {
    ++number;
    for (std::sregex_iterator at(line.begin(), line.end(), link), end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (std::regex_search(target, elsewhere)) continue;
      const std::size_t hash = target.find('#');
      const std::string path = target.substr(0, hash);
      links.push_back({number, path.empty() ? document.path : joined(document.path, path),
                       hash == std::string::npos ? "" : target.substr(hash + 1)});
    }
  }
  return links;
}

/// `text_of`: the text of a file of the project, "" of a folder, nothing where there is neither.
inline void check_links(const Document& document,
                        const std::function<std::optional<std::string>(const std::string&)>& text_of,
                        std::vector<Fault>& out) {
  for (const Link& link : links_of(document)) {
    const std::string where = document.path + ':' + std::to_string(link.line);
    const auto text = link.path == document.path ? std::optional(document.text) : text_of(link.path);
    if (!text) {
      out.push_back({where, "links lead to files", link.path});
    } else if (!link.anchor.empty() && !anchors_of(*text).contains(link.anchor)) {
      out.push_back({where, "anchors are headings", link.path + '#' + link.anchor});
    }
  }
}

/// Rules that one document can break alone.
inline void check_document(const Document& document, std::vector<Fault>& out) {
  // What a block says it is decides which test runs it; text is shown, and run by none.
  static const std::regex known("^ *```(json (scenario|fields|parts)|sh|text|slo|slo refused)$");
  int number = 0;
  bool fenced = false;
  for (const std::string& line : document_lines(document.text)) {
    const std::string where = document.path + ':' + std::to_string(++number);
    const auto characters =
        static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (characters > kLongestDocumentLine) {
      out.push_back({where, "lines have at most 120 characters", std::to_string(characters) + " characters"});
    }
    if (line.find("```") == std::string::npos || line.find_first_not_of(' ') != line.find("```")) continue;
    fenced = !fenced;
    if (fenced && !std::regex_match(line, known)) out.push_back({where, "blocks say what they are", line});
  }
  if (fenced) out.push_back({document.path, "blocks end", "the last one does not"});
}

/// The documents below docs/ that nothing leads to from the first document, decisions (adr) apart.
inline void check_reachable(const std::vector<Document>& documents, const std::string& first, std::vector<Fault>& out) {
  std::set<std::string> reached;
  std::vector<std::string> next{first};
  while (!next.empty()) {
    const std::string path = next.back();
    next.pop_back();
    if (!reached.insert(path).second) continue;
    for (const Document& document : documents) {
      if (document.path != path) continue;
      for (const Link& link : links_of(document)) next.push_back(link.path);
    }
  }
  for (const Document& document : documents) {
    if (!document.path.starts_with("docs/") || document.path.starts_with("docs/adr/")) continue;
    if (!reached.contains(document.path))
      out.push_back({document.path, "documents can be found", "no link leads here"});
  }
}

}  // namespace freshet::house
