#include "pipeline/native/binlog_statement.h"

#include <algorithm>
#include <initializer_list>

namespace freshet {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

struct Token {
  enum class Kind : std::uint8_t { End, Word, Quoted, Text, Symbol };
  Kind kind = Kind::End;
  std::string text;
  [[nodiscard]] bool is_name() const { return kind == Kind::Word || kind == Kind::Quoted; }
};

// Cuts a statement into words, quoted names, texts and single symbols. Comments are left out, the content of
// executable comments (/*! … */, /*M! … */) is not.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) { advance(); }

  [[nodiscard]] const Token& current() const { return token_; }
  [[nodiscard]] bool done() const { return token_.kind == Token::Kind::End; }

  Token take() {
    Token taken = std::move(token_);
    advance();
    return taken;
  }
  [[nodiscard]] bool at(std::string_view keyword) const {
    return token_.kind == Token::Kind::Word && same(token_.text, keyword);
  }
  [[nodiscard]] bool at_symbol(char symbol) const {
    return token_.kind == Token::Kind::Symbol && token_.text[0] == symbol;
  }
  bool accept(std::string_view keyword) {
    if (!at(keyword)) return false;
    advance();
    return true;
  }

 private:
  static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '$' || (c & 0x80) != 0;
  }
  static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  void advance() {
    token_ = {};
    skip_space();
    if (sql_.empty()) return;
    const char c = sql_[0];
    if (c == '`' || c == '"' || c == '\'') return take_quoted(c);
    const auto end = std::find_if_not(sql_.begin(), sql_.end(), is_word);
    const auto size = std::max<std::size_t>(1, static_cast<std::size_t>(end - sql_.begin()));
    token_.kind = is_word(c) ? Token::Kind::Word : Token::Kind::Symbol;
    token_.text = sql_.substr(0, size);
    sql_.remove_prefix(size);
  }

  void take_quoted(char quote) {
    token_.kind = quote == '\'' ? Token::Kind::Text : Token::Kind::Quoted;
    std::size_t at = 1;
    for (; at < sql_.size(); ++at) {
      if (sql_[at] == '\\' && quote != '`') {
        ++at;
      } else if (sql_[at] == quote) {
        if (at + 1 >= sql_.size() || sql_[at + 1] != quote) break;
        ++at;
      }
      if (at < sql_.size()) token_.text += sql_[at];
    }
    sql_.remove_prefix(std::min(at + 1, sql_.size()));
  }

  void skip_to(std::string_view end) {
    const std::size_t at = sql_.find(end);
    sql_.remove_prefix(at == std::string_view::npos ? sql_.size() : at + end.size());
  }

  void skip_space() {
    while (!sql_.empty()) {
      if (is_space(sql_[0])) {
        sql_.remove_prefix(1);
      } else if (sql_.starts_with("/*!") || sql_.starts_with("/*M!")) {
        sql_.remove_prefix(sql_[2] == '!' ? 3 : 4);
        while (!sql_.empty() && sql_[0] >= '0' && sql_[0] <= '9') sql_.remove_prefix(1);
      } else if (sql_.starts_with("*/")) {
        sql_.remove_prefix(2);
      } else if (sql_.starts_with("/*")) {
        sql_.remove_prefix(2);
        skip_to("*/");
      } else if (sql_[0] == '#' || (sql_.starts_with("--") && (sql_.size() == 2 || is_space(sql_[2])))) {
        skip_to("\n");
      } else {
        return;
      }
    }
  }

  std::string_view sql_;
  Token token_;
};

using TableNames = std::span<const std::pair<std::string, std::string>>;

// Finds names of our tables while it goes through a statement.
class Search {
 public:
  Search(std::string_view database, TableNames tables) : database_(database), tables_(tables) {}

  [[nodiscard]] StatementEffect effect() const { return effect_; }

  // [database .] name
  void name(Tokens& tokens) {
    if (!tokens.current().is_name()) return;
    Token first = tokens.take();
    if (!tokens.at_symbol('.')) return note(database_, first.text);
    tokens.take();
    note(first.text, tokens.take().text);
  }

  void database(std::string_view name) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      if (same(tables_[i].first, name)) effect_ = {StatementEffect::Kind::Definition, i};
    }
  }

  // A word of a statement that writes rows: any mention counts.
  void mention(const Token& token) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      if (token.is_name() && same(tables_[i].second, token.text)) effect_ = {StatementEffect::Kind::Rows, i};
    }
  }

 private:
  void note(std::string_view database, std::string_view name) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      if (same(tables_[i].first, database) && same(tables_[i].second, name)) {
        effect_ = {StatementEffect::Kind::Definition, i};
      }
    }
  }

  std::string_view database_;
  TableNames tables_;
  StatementEffect effect_;
};

void accept_if_exists(Tokens& tokens) {
  if (tokens.accept("if")) {
    tokens.accept("not");
    tokens.accept("exists");
  }
}

// Names separated by commas or TO: DROP TABLE a, b and RENAME TABLE a TO b, c TO d.
void search_list(Tokens& tokens, Search& search) {
  accept_if_exists(tokens);
  while (!tokens.done()) {
    if (tokens.accept("to") || !tokens.current().is_name()) {
      if (!tokens.current().is_name()) tokens.take();
      continue;
    }
    search.name(tokens);
  }
}

// ALTER TABLE a …, and tables that it exchanges with or is renamed to.
void search_alter(Tokens& tokens, Search& search) {
  while (!tokens.done()) {
    if (tokens.accept("table")) {
      accept_if_exists(tokens);
      search.name(tokens);
    } else if (tokens.accept("rename")) {
      if (tokens.at("column") || tokens.at("index") || tokens.at("key")) continue;
      if (!tokens.accept("to")) tokens.accept("as");
      search.name(tokens);
    } else {
      tokens.take();
    }
  }
}

void search_drop(Tokens& tokens, Search& search) {
  if (tokens.accept("table") || tokens.accept("tables")) {
    search_list(tokens, search);
  } else if (tokens.accept("database") || tokens.accept("schema")) {
    accept_if_exists(tokens);
    search.database(tokens.take().text);
  }
}

void search_create(Tokens& tokens, Search& search) {
  if (!tokens.accept("or") || !tokens.accept("replace")) return;
  if (tokens.accept("table")) {
    search.name(tokens);
  } else if (tokens.accept("database") || tokens.accept("schema")) {
    search.database(tokens.take().text);
  }
}

bool accept_any(Tokens& tokens, std::initializer_list<std::string_view> keywords) {
  return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view word) { return tokens.accept(word); });
}

}  // namespace

StatementKind kind_of_statement(std::string_view sql) {
  Tokens tokens(sql.substr(0, 256));  // the first words decide
  if (tokens.accept("begin")) return StatementKind::Begin;
  tokens.accept("xa");
  if (tokens.accept("commit")) return StatementKind::Commit;
  if (!tokens.accept("rollback")) return StatementKind::Other;
  tokens.accept("work");
  return tokens.at("to") ? StatementKind::RollbackToSavepoint : StatementKind::Rollback;
}

StatementEffect effect_of_statement(std::string_view sql, std::string_view database, TableNames tables) {
  Tokens tokens(sql);
  Search search(database, tables);
  // SET STATEMENT name = value, … FOR statement
  if (tokens.accept("set") && tokens.accept("statement")) {
    while (!tokens.done() && !tokens.accept("for")) tokens.take();
  }
  if (tokens.accept("alter")) {
    search_alter(tokens, search);
  } else if (tokens.accept("drop")) {
    search_drop(tokens, search);
  } else if (tokens.accept("rename")) {
    if (tokens.accept("table") || tokens.accept("tables")) search_list(tokens, search);
  } else if (tokens.accept("truncate")) {
    tokens.accept("table");
    search.name(tokens);
  } else if (tokens.accept("create")) {
    search_create(tokens, search);
  } else if (accept_any(tokens, {"insert", "update", "delete", "replace", "load", "with"})) {
    while (!tokens.done()) search.mention(tokens.take());
  }
  return search.effect();
}

}  // namespace freshet
