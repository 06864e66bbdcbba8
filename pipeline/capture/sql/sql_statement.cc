#include "pipeline/capture/sql/sql_statement.h"

#include <utility>

#include "pipeline/capture/sql/sql_reader.h"

namespace freshet {
namespace {

// Words that begin a statement that writes rows. They are reserved in both servers: as a name such a word is in quotes,
// or follows a point or @.
bool read_row_write(SqlReader& in, std::vector<std::string> common = {}) {
  RowWriteReader rows(in);
  rows.common = std::move(common);
  if (in.tokens.accept("update")) return rows.update(), true;
  if (in.tokens.accept("delete")) return rows.erase(), true;
  if (in.tokens.accept("load")) return rows.load(), true;
  const bool replaces = in.tokens.at("replace");
  if (replaces || in.tokens.at("insert")) {
    in.tokens.advance();
    if (!in.tokens.at_symbol('(')) rows.insert(replaces ? kInserts | kDeletes : kInserts);  // otherwise the function
    return true;
  }
  if (!in.tokens.accept("call")) return false;
  in.reading.calls.insert(in.take_name());
  return true;
}

// Takes the tokens up to the end of a statement; ON DUPLICATE KEY UPDATE belongs to the INSERT just read.
void finish_row_write(SqlReader& in) {
  while (!in.at_end()) {
    if (in.tokens.at("duplicate") && !in.reading.writes.empty()) in.reading.writes.back().operations |= kUpdates;
    in.step();
  }
}

// WITH [RECURSIVE] name [(columns)] AS (query), …
std::vector<std::string> read_common_tables(SqlReader& in) {
  std::vector<std::string> names;
  in.tokens.accept("recursive");
  while (in.tokens.current().is_name()) {
    names.push_back(in.tokens.name_of(in.tokens.current()));
    in.tokens.advance();
    if (in.tokens.at_symbol('(')) in.step_over_parentheses();
    in.tokens.accept("as");
    if (in.tokens.at_symbol('(')) in.step_over_parentheses();
    if (in.tokens.accept("cycle")) {
      while (!in.at_end() && !in.tokens.accept("restrict")) in.tokens.advance();
    }
    if (!in.tokens.accept_symbol(',')) break;
  }
  return names;
}

// SET STATEMENT name = value, … FOR statement. Returns false for any other SET.
bool skip_set_statement(SqlReader& in) {
  if (!in.tokens.accept("statement")) return false;
  while (!in.at_end() && !in.tokens.accept("for")) in.step();
  return true;
}

// Reads a trigger, routine or block: statements that write rows may begin anywhere in it.
void read_block(SqlReader& in) {
  const auto begins = [&in] {
    const SqlToken& before = in.tokens.previous();
    // ON DELETE, ON UPDATE, FOR UPDATE, KEY UPDATE, AFTER INSERT, OR REPLACE, a.update, @delete
    for (const std::string_view word : {"on", "for", "key", "after", "before", "or"}) {
      if (before.is(word)) return false;
    }
    return !before.is_symbol('.') && !before.is_symbol('@');
  };
  while (!in.tokens.done()) {
    if (in.tokens.accept("set")) {
      if (skip_set_statement(in)) read_row_write(in);
    } else if (!begins() || !read_row_write(in)) {
      if (in.tokens.at("duplicate") && !in.reading.writes.empty()) in.reading.writes.back().operations |= kUpdates;
      in.step();
    }
  }
}

void read_one(SqlReader& in, const SqlDialect& dialect) {
  std::vector<std::string> common;
  while (in.tokens.accept("set")) {
    if (!skip_set_statement(in)) return in.finish();
  }
  if (in.tokens.accept("analyze")) {  // MariaDB executes the statement, and logs it with this word
    if (in.tokens.accept("format")) {
      in.tokens.accept_symbol('=');
      in.tokens.advance();
    }
  }
  if (in.tokens.accept("with")) common = read_common_tables(in);
  if (read_row_write(in, std::move(common))) return finish_row_write(in);
  if (in.tokens.accept("create")) {
    read_create(in, dialect);
  } else if (in.tokens.accept("alter")) {
    read_alter(in, dialect);
  } else if (in.tokens.accept("drop")) {
    read_drop(in);
  } else if (in.tokens.accept("rename")) {
    read_rename(in);
  } else if (in.tokens.accept("truncate")) {
    read_truncate(in);
  } else if (in.accept_any({"select", "do", "values", "table"}) || in.tokens.at_symbol('(')) {
    in.reading.is_query = true;
    in.finish();
  } else if (in.accept_any({"begin", "if", "case", "while", "loop", "repeat", "for", "execute", "prepare"})) {
    read_block(in);
  }
  while (!in.at_end()) in.tokens.advance();  // GRANT INSERT ON …: the names have no effect on rows
}

}  // namespace

StatementReading read_statement(std::string_view sql, std::string_view database, const SqlDialect& dialect) {
  SqlReader in(sql, database, dialect);
  while (!in.tokens.done()) {
    read_one(in, dialect);
    in.tokens.accept_symbol(';');
  }
  return std::move(in.reading);
}

void read_program_body(std::string_view sql, std::string_view database, const SqlDialect& dialect,
                       SqlProgram& program) {
  SqlReader in(sql, database, dialect);
  read_block(in);
  program.writes = std::move(in.reading.writes);
  program.calls = std::move(in.reading.calls);
  program.reads = std::move(in.reading.reads);
}

}  // namespace freshet
