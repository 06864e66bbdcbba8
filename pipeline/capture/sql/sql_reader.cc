#include "pipeline/capture/sql/sql_reader.h"

#include <algorithm>
#include <utility>

namespace freshet {
namespace {

bool is_one_of(const SqlToken& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is(word); });
}

// Words after which commas do not separate tables.
bool ends_list(const SqlToken& token) {
  return is_one_of(token, {"where", "group", "having", "order", "limit", "union", "window", "except", "intersect",
                           "into", "procedure", "set", "select"});
}

}  // namespace

SqlReader::Parts SqlReader::take_parts() {
  Parts parts;
  while (tokens.current().is_name() && parts.count < parts.tokens.size()) {
    parts.tokens[parts.count++] = tokens.current();
    tokens.advance();
    if (!tokens.at_symbol('.')) break;
    tokens.advance();
  }
  return parts;
}

SqlName SqlReader::name_of(const Parts& parts) const {
  if (parts.count == 0) return {};
  const std::string last = tokens.name_of(parts.tokens[parts.count - 1]);
  return {parts.count == 1 ? database_ : tokens.name_of(parts.tokens[parts.count - 2]), last};
}

bool SqlReader::accept_any(std::initializer_list<std::string_view> keywords) {
  return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view word) { return tokens.accept(word); });
}

void SqlReader::accept_if_exists() {
  if (!tokens.accept("if")) return;
  tokens.accept("not");
  tokens.accept("exists");
}

// Tables follow FROM and JOIN, commas in such a list, and its parentheses.
void SqlReader::step() {
  while (!lists_.empty() && lists_.back() > tokens.depth()) lists_.pop_back();
  const bool in_list = !lists_.empty() && lists_.back() == tokens.depth();
  const bool expected = std::exchange(table_expected_, false);
  if (tokens.accept("from")) {
    if (!in_list) lists_.push_back(tokens.depth());
    table_expected_ = true;
  } else if (accept_any({"join", "straight_join"}) || (in_list && tokens.accept_symbol(','))) {
    table_expected_ = true;
  } else if (expected && tokens.accept_symbol('(')) {
    table_expected_ = !tokens.at_query();
    if (table_expected_) lists_.push_back(tokens.depth());
  } else if (!tokens.current().is_name()) {
    tokens.advance();
  } else if (expected) {
    read_table();
  } else {
    if (in_list && ends_list(tokens.current())) lists_.pop_back();
    const bool named = tokens.previous().is("as");  // an alias, with names of columns
    const Parts parts = take_parts();
    if (tokens.at_symbol('(') && !named) note_call(parts);
  }
}

void SqlReader::note_call(const Parts& parts) {
  const std::string first = tokens.name_of(parts.tokens[0]);
  // MariaDB logs the call of a package's function as `database`.`package.function`.
  const std::string last = tokens.name_of(parts.tokens[parts.count - 1]);
  if (const std::size_t point = last.find('.'); point != std::string::npos) {
    reading.calls.insert({parts.count == 1 ? database_ : first, last.substr(0, point)});
  }
  if (parts.count == 1) {
    reading.calls.insert({database_, first});
    return;
  }
  reading.calls.insert({first, tokens.name_of(parts.tokens[1])});  // database.function, or database.package.function
  if (parts.count == 2) reading.calls.insert({database_, first});  // package.function
}

void SqlReader::step_over_parentheses() {
  const std::size_t outside = tokens.depth();
  do {
    step();
  } while (!tokens.done() && tokens.depth() > outside);
}

void SqlReader::read_table() {
  const Parts parts = take_parts();
  if (tokens.at_symbol('(')) return note_call(parts);
  note_read(parts);
  tokens.accept("as");
  if (tokens.current().is_name() && !is_clause(tokens.current())) tokens.advance();
}

void SqlReader::note_read(const Parts& parts) { reading.reads.insert(name_of(parts)); }

bool is_clause(const SqlToken& token) {
  return ends_list(token) ||
         is_one_of(token, {"on",        "using",         "join", "left", "right", "inner",  "outer",
                           "cross",     "natural",       "for",  "use",  "force", "ignore", "partition",
                           "returning", "straight_join", "lock", "then", "end",   "values"});
}

}  // namespace freshet
