// INSERT, REPLACE, UPDATE, DELETE and LOAD: which of the tables they name they write.
#include <algorithm>
#include <utility>

#include "pipeline/capture/sql/sql_reader.h"

namespace freshet {

void RowWriteReader::write(SqlName table, RowOperations operations) {
  in_.reading.writes.push_back({std::move(table), operations, {}});
}

void RowWriteReader::insert(RowOperations operations) {
  while (in_.accept_any({"low_priority", "delayed", "high_priority", "ignore"})) continue;
  in_.tokens.accept("into");
  write(in_.take_name(), operations);
  if (in_.tokens.accept("partition") && in_.tokens.at_symbol('(')) in_.step_over_parentheses();
  if (in_.tokens.accept("as")) in_.tokens.advance();
  // A list of column names is not a call.
  if (in_.tokens.at_symbol('(')) in_.tokens.advance();
}

void RowWriteReader::load() {
  RowOperations operations = kInserts;
  while (!in_.at_end()) {
    if (in_.tokens.accept("replace")) {
      operations |= kDeletes;
    } else if (in_.tokens.accept("into")) {
      if (!in_.tokens.accept("table")) continue;  // LOAD INDEX INTO CACHE
      return write(in_.take_name(), operations);
    } else {
      in_.tokens.advance();
    }
  }
}

// A table with its alias, or a derived one.
RowWriteReader::Source RowWriteReader::take_source() {
  Source source;
  bool derived = in_.tokens.at_symbol('(');
  if (!derived) {
    const SqlReader::Parts parts = in_.take_parts();
    derived = in_.tokens.at_symbol('(');  // JSON_TABLE(…)
    const SqlName name = in_.name_of(parts);
    const bool expression = parts.count == 1 && std::find(common.begin(), common.end(), name.name) != common.end();
    if (!derived) source.alias = name.name;
    if (!derived && !expression) {
      source.table = name;
      in_.note_read(parts);
    }
  }
  if (derived) in_.step_over_parentheses();
  if (in_.tokens.accept("partition") && in_.tokens.at_symbol('(')) in_.step_over_parentheses();
  const bool named = in_.tokens.accept("as");
  if (in_.tokens.current().is_name() && (named || !is_clause(in_.tokens.current()))) {
    source.alias = text(in_.tokens.current());
    in_.tokens.advance();
  }
  return source;
}

// Takes tables and joins, up to SET, WHERE or whatever follows them.
void RowWriteReader::take_sources(Sources& sources) {
  SqlTokens& tokens = in_.tokens;
  bool expecting = true;  // a table comes next, not a condition
  std::size_t depth = 0;  // parentheses around joins
  while (!in_.at_end()) {
    if (depth == 0 && (tokens.at("set") || tokens.at("where") || tokens.at("order") || tokens.at("limit"))) return;
    if (in_.accept_any({"join", "straight_join"}) || tokens.accept_symbol(',')) {
      expecting = true;
    } else if (expecting && tokens.at_symbol('(')) {
      SqlTokens ahead = tokens;
      ahead.advance();
      if (ahead.at_query()) {
        sources.push_back(take_source());
        expecting = false;
      } else {
        tokens.advance();
        ++depth;
      }
    } else if (depth > 0 && tokens.accept_symbol(')')) {
      --depth;
    } else if (expecting && (tokens.accept_symbol('{') || in_.accept_any({"lateral", "oj"}))) {
      continue;
    } else if (expecting && tokens.current().is_name()) {
      sources.push_back(take_source());
      expecting = false;
    } else if (tokens.at_symbol('(')) {
      in_.step_over_parentheses();
    } else {
      // UPDATE … FOR PORTION OF a period keeps the rest of the row, as a new one.
      if (tokens.at("portion")) updates_ |= kInserts;
      in_.step();
    }
  }
}

void RowWriteReader::update() {
  while (in_.accept_any({"low_priority", "ignore"})) continue;
  Sources sources;
  take_sources(sources);
  if (in_.tokens.accept("set")) return take_assignments(sources);
  for (const Source& source : sources) write(source.table, updates_);  // truncated, or of an unknown kind
}

void RowWriteReader::take_assignments(const Sources& sources) {
  SqlTokens& tokens = in_.tokens;
  std::vector<std::string> unqualified;
  bool expecting = true;
  while (!in_.at_end() && !tokens.at("where") && !tokens.at("order") && !tokens.at("limit")) {
    if (expecting && tokens.current().is_name()) {
      const SqlReader::Parts column = in_.take_parts();
      tokens.accept_symbol(':');
      if (tokens.at_symbol('=')) assign(column, sources, unqualified);
      expecting = false;
    } else if (tokens.at_symbol('(')) {
      in_.step_over_parentheses();
    } else if (tokens.accept_symbol(',')) {
      expecting = true;
    } else {
      in_.step();
    }
  }
  if (unqualified.empty()) return;
  const auto is_table = [](const Source& source) { return !source.table.name.empty(); };
  const bool certain = std::count_if(sources.begin(), sources.end(), is_table) == 1;
  for (const Source& source : sources) {
    if (!is_table(source)) continue;
    write(source.table, updates_);
    if (!certain) in_.reading.writes.back().if_column = unqualified;
  }
}

void RowWriteReader::assign(const SqlReader::Parts& column, const Sources& sources,
                            std::vector<std::string>& unqualified) {
  const SqlReader::Parts table{column.tokens, column.count - 1};
  if (table.count == 0) {
    unqualified.push_back(text(column.tokens[0]));
  } else {
    write(table, sources, updates_);
  }
}

// Finds the table by its name or alias among `sources`.
void RowWriteReader::write(const SqlReader::Parts& name, const Sources& sources, RowOperations operations) {
  if (name.count == 0) return;
  SqlName table = in_.name_of(name);
  bool found = false;
  for (const Source& source : sources) {
    if (name.count > 1 || !may_be_same_name(source.alias, table.name, true)) continue;
    found = true;
    if (!source.table.name.empty()) write(source.table, operations);
  }
  if (!found) write(std::move(table), operations);
}

// a, b.c, d.*
std::vector<SqlReader::Parts> RowWriteReader::take_targets() {
  std::vector<SqlReader::Parts> targets;
  do {
    targets.push_back(in_.take_parts());
    in_.tokens.accept_symbol('*');
  } while (in_.tokens.accept_symbol(','));
  return targets;
}

void RowWriteReader::erase() {
  SqlTokens& tokens = in_.tokens;
  while (in_.accept_any({"low_priority", "quick", "ignore", "history"})) continue;
  Sources sources;
  const bool from_first = tokens.accept("from");
  const std::vector<SqlReader::Parts> targets = take_targets();
  const bool several = from_first ? tokens.accept("using") : tokens.accept("from");
  if (several) take_sources(sources);
  RowOperations operations = kDeletes;
  // FOR PORTION OF: see update.
  if (!several && tokens.at("for")) operations |= kInserts | kUpdates;
  for (const SqlReader::Parts& target : targets) write(target, sources, operations);
}

}  // namespace freshet
