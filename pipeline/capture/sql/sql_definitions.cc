// CREATE, ALTER, DROP, RENAME and TRUNCATE: which tables they change, and which programs they create.
#include <algorithm>
#include <utility>

#include "pipeline/capture/sql/sql_reader.h"

namespace freshet {
namespace {

using What = DefinitionChange::Kind;

void note(SqlReader& in, What kind, SqlName table, SqlName other = {}) {
  in.reading.changes.push_back({kind, std::move(table), std::move(other), {}});
}

void note_program(SqlReader& in, What kind, SqlProgram program) {
  in.reading.changes.push_back({kind, {}, {}, std::move(program)});
}

// name [@ host], as text or name
void skip_account(SqlReader& in) {
  in.tokens.advance();
  if (in.tokens.at_symbol('(')) in.step_over_parentheses();
  if (in.tokens.accept_symbol('@')) in.tokens.advance();
}

// What may be between CREATE or ALTER and the kind of object.
struct Modifiers {
  bool replace = false;
  bool temporary = false;
  bool ignore = false;  // drops rows that a new key does not allow
};
Modifiers take_modifiers(SqlReader& in) {
  Modifiers modifiers;
  for (;;) {
    if (in.tokens.accept("or")) {
      modifiers.replace |= in.tokens.accept("replace");
    } else if (in.tokens.accept("temporary")) {
      modifiers.temporary = true;
    } else if (in.tokens.accept("definer")) {
      in.tokens.accept_symbol('=');
      skip_account(in);
    } else if (in.tokens.accept("algorithm")) {
      in.tokens.accept_symbol('=');
      in.tokens.advance();
    } else if (in.tokens.accept("sql")) {  // SECURITY DEFINER
      in.tokens.accept("security");
      in.tokens.advance();
    } else if (in.tokens.accept("ignore")) {
      modifiers.ignore = true;
    } else if (!in.accept_any({"online", "offline", "aggregate"})) {
      return modifiers;
    }
  }
}

// WAIT n, NOWAIT
void accept_wait(SqlReader& in) {
  if (in.tokens.accept("wait")) {
    in.tokens.advance();
  } else {
    in.tokens.accept("nowait");
  }
}

// ON DELETE … and ON UPDATE … after REFERENCES parent (columns): the effect of a change of the parent on `child`.
bool read_reference(SqlReader& in, const SqlName& child) {
  SqlProgram cascade{SqlProgram::Kind::Cascade, {child.database, ""}, in.take_name(), 0, false, {}, {}, {}};
  if (in.tokens.at_symbol('(')) in.step_over_parentheses();
  bool found = false;
  while (in.tokens.at("on") || in.tokens.at("match")) {
    if (in.tokens.accept("match")) {
      in.tokens.advance();
      continue;
    }
    in.tokens.advance();
    const bool erases = in.tokens.at("delete");
    in.tokens.advance();
    const bool cascades = in.tokens.at("cascade");
    const bool sets = in.tokens.at("set");
    in.tokens.advance();
    if (sets || in.tokens.at("action")) in.tokens.advance();  // SET NULL, NO ACTION
    if (!cascades && !sets) continue;
    found = true;
    cascade.operations = erases ? kDeletes : kUpdates;
    cascade.writes = {{child, erases && cascades ? kDeletes : kUpdates, {}}};
    note_program(in, What::Create, cascade);
  }
  return found;
}

// UNION [=] (table, …), an option of the MERGE engine. Returns false if it is the UNION of a query.
bool read_union(SqlReader& in, const SqlName& table) {
  in.tokens.accept_symbol('=');
  SqlTokens ahead = in.tokens;
  ahead.advance();
  if (!in.tokens.at_symbol('(') || ahead.at_query()) return false;
  do {
    in.tokens.advance();
    if (in.tokens.current().is_name()) note(in, What::Merge, table, in.take_name());
  } while (in.tokens.at_symbol(','));
  return true;
}

void read_create_table(SqlReader& in, const Modifiers& modifiers) {
  in.accept_if_exists();
  const SqlName table = in.take_name();
  if (modifiers.temporary) note(in, What::CreateTemporary, table);
  if (modifiers.replace && !modifiers.temporary) note(in, What::Drop, table);
  bool filled = false;
  while (!in.at_end()) {
    if (in.tokens.accept("references")) {
      read_reference(in, table);
      continue;
    }
    // VALUES may also limit a partition, and ROW belong to a format.
    const bool query = in.tokens.at("select") || in.tokens.at("table") ||
                       (in.tokens.at("values") && in.tokens.previous().is("as")) ||
                       (in.tokens.at("row") && in.tokens.previous().is("values"));
    if (query && !filled) {
      filled = true;
      if (!modifiers.temporary) in.reading.writes.push_back({table, kInserts, {}});
    }
    if (!filled && in.tokens.accept("union")) {
      read_union(in, table);
      continue;
    }
    if (filled) {
      in.step();
    } else {
      in.tokens.advance();  // indexes and types look like calls
    }
  }
}

void skip_all(SqlReader& in) {
  while (!in.tokens.done()) in.tokens.advance();
}

// Takes the rest: a body may be a block, in which semicolons end inner statements.
void read_body(SqlReader& in, std::string_view database, const SqlDialect& dialect, SqlProgram& program) {
  read_program_body(in.tokens.remaining(), database, dialect, program);
  skip_all(in);
}

void read_view(SqlReader& in, const SqlDialect& dialect, bool replace) {
  in.accept_if_exists();
  SqlProgram view{SqlProgram::Kind::View, in.take_name(), {}, 0, false, {}, {}, {}};
  if (in.tokens.at_symbol('(')) in.step_over_parentheses();
  in.tokens.accept("as");
  read_body(in, in.database(), dialect, view);
  if (replace) note_program(in, What::DropProgram, view);
  note_program(in, What::Create, std::move(view));
}

RowOperations operation_of(const SqlToken& token) {
  if (token.is("insert")) return kInserts;
  if (token.is("update")) return kUpdates;
  return token.is("delete") ? kDeletes : RowOperations{0};
}

// name BEFORE|AFTER event [OR event …] [OF columns] ON table FOR EACH ROW body
void read_trigger(SqlReader& in, const SqlDialect& dialect, bool replace) {
  in.accept_if_exists();
  SqlProgram trigger{SqlProgram::Kind::Trigger, in.take_name(), {}, 0, false, {}, {}, {}};
  while (!in.at_end() && !in.tokens.accept("on")) {
    trigger.operations |= operation_of(in.tokens.current());
    in.tokens.advance();
  }
  trigger.on = in.take_name();
  trigger.name.database = trigger.on.database;  // triggers are in the database of their table
  read_body(in, trigger.on.database, dialect, trigger);
  if (replace) note_program(in, What::DropProgram, trigger);
  note_program(in, What::Create, std::move(trigger));
}

void read_routine(SqlReader& in, const SqlDialect& dialect, bool replace) {
  in.tokens.accept("body");  // of a package
  in.accept_if_exists();
  SqlProgram routine{SqlProgram::Kind::Routine, in.take_name(), {}, 0, false, {}, {}, {}};
  read_body(in, routine.name.database, dialect, routine);
  if (replace) note_program(in, What::DropProgram, routine);
  note_program(in, What::Create, std::move(routine));
}

// True if one part of an ALTER TABLE leaves the rows and their columns unchanged. Called after `word`.
bool is_harmless_add(SqlReader& in, const SqlName& table) {
  if (in.tokens.accept("constraint")) {
    in.accept_if_exists();
    const bool named =
        !in.tokens.at("unique") && !in.tokens.at("primary") && !in.tokens.at("foreign") && !in.tokens.at("check");
    if (named) in.tokens.advance();
  }
  if (in.tokens.accept("foreign")) {
    while (!in.at_end() && !in.tokens.at_symbol(',') && !in.tokens.accept("references")) {
      if (in.tokens.at_symbol('(')) {
        in.step_over_parentheses();
      } else {
        in.tokens.advance();
      }
    }
    return !read_reference(in, table);
  }
  if (in.accept_any({"unique", "fulltext", "spatial", "primary", "index", "key", "check", "partition"})) return true;
  return in.tokens.accept("vector") && (in.tokens.at("index") || in.tokens.at("key"));
}

bool is_harmless_drop(SqlReader& in) {
  if (in.tokens.accept("foreign")) return in.tokens.at("key");
  if (!in.accept_any({"index", "key", "constraint", "check"})) return false;
  in.accept_if_exists();
  return !may_be_same_name(in.tokens.name_of(in.tokens.current()), "primary", true);
}

// Options of the table that remove no rows.
bool is_harmless_option(SqlReader& in) {
  if (in.tokens.accept("engine")) {
    in.tokens.accept_symbol('=');
    return in.accept_any({"innodb", "myisam", "aria", "rocksdb"});
  }
  return in.accept_any({"comment",
                        "auto_increment",
                        "row_format",
                        "algorithm",
                        "lock",
                        "stats_persistent",
                        "stats_auto_recalc",
                        "stats_sample_pages",
                        "key_block_size",
                        "max_rows",
                        "min_rows",
                        "avg_row_length",
                        "checksum",
                        "table_checksum",
                        "pack_keys",
                        "delay_key_write",
                        "compression",
                        "encryption",
                        "encrypted",
                        "encryption_key_id",
                        "page_checksum",
                        "page_compressed",
                        "page_compression_level",
                        "transactional",
                        "force",
                        "default",
                        "charset",
                        "character",
                        "collate",
                        "with",
                        "without",
                        "wait",
                        "nowait",
                        "tablespace",
                        "secondary_engine",
                        "engine_attribute"});
}

struct AlterPart {
  bool harmless = false;
  bool ends = false;  ///< following commas do not begin another part
};

AlterPart read_alter_part(SqlReader& in, const SqlName& table) {
  if (in.tokens.accept("add")) {
    const bool partition = in.tokens.at("partition");
    return {is_harmless_add(in, table), partition};
  }
  if (in.tokens.accept("drop")) return {is_harmless_drop(in), false};
  if (in.tokens.accept("alter")) {
    if (in.accept_any({"index", "key", "check", "constraint"})) return {true, false};
    in.tokens.accept("column");
    in.tokens.advance();
    return {in.accept_any({"set", "drop"}) && in.tokens.at("default"), false};
  }
  if (in.accept_any({"enable", "disable"})) return {in.tokens.at("keys"), false};
  if (in.tokens.accept("rename")) {
    if (in.tokens.accept("index") || in.tokens.accept("key")) return {true, false};
    if (in.tokens.at("column")) return {};
    if (!in.tokens.accept("to") && !in.tokens.accept("as")) in.tokens.accept_symbol('=');
    note(in, What::Rename, table, in.take_name());
    return {true, false};
  }
  if (in.tokens.accept("exchange")) {
    while (!in.at_end() && !in.tokens.accept("table")) in.tokens.advance();
    note(in, What::Alter, in.take_name());
    return {false, true};
  }
  if (in.tokens.accept("convert")) {  // TABLE x TO PARTITION p, PARTITION p TO TABLE x, TO CHARACTER SET
    while (!in.at_end() && !in.tokens.accept("table")) in.tokens.advance();
    if (!in.at_end()) note(in, What::Drop, in.take_name());
    return {false, false};
  }
  if (in.accept_any({"order", "coalesce", "reorganize", "analyze", "optimize", "rebuild", "repair", "remove",
                     "partition", "check"})) {
    return {true, true};
  }
  if (in.tokens.accept("union")) return {read_union(in, table), false};
  return {is_harmless_option(in), false};
}

void read_alter_table(SqlReader& in, bool ignore) {
  in.accept_if_exists();
  const SqlName table = in.take_name();
  accept_wait(in);
  bool harmless = !ignore;
  bool ends = false;
  while (!in.at_end() && !ends) {
    const AlterPart part = read_alter_part(in, table);
    harmless = harmless && part.harmless;
    ends = part.ends;
    while (!in.at_end() && !in.tokens.at_symbol(',')) {
      if (in.tokens.at_symbol('(')) {
        in.step_over_parentheses();
      } else {
        in.tokens.advance();
      }
    }
    in.tokens.accept_symbol(',');
  }
  in.reading.calls.clear();  // indexes and types look like calls
  if (!harmless) in.reading.changes.insert(in.reading.changes.begin(), {What::Alter, table, {}, {}});
}

// name, …
void note_tables(SqlReader& in, What kind) {
  in.accept_if_exists();
  do {
    if (!in.tokens.current().is_name()) return;
    note(in, kind, in.take_name());
  } while (in.tokens.accept_symbol(','));
}

void note_programs(SqlReader& in, SqlProgram::Kind kind) {
  in.accept_if_exists();
  do {
    if (!in.tokens.current().is_name()) return;
    note_program(in, What::DropProgram, {kind, in.take_name(), {}, 0, false, {}, {}, {}});
  } while (in.tokens.accept_symbol(','));
}

}  // namespace

void read_create(SqlReader& in, const SqlDialect& dialect) {
  const Modifiers modifiers = take_modifiers(in);
  if (in.tokens.accept("table")) return read_create_table(in, modifiers);
  if (in.tokens.accept("view")) return read_view(in, dialect, modifiers.replace);
  if (in.tokens.accept("trigger")) return read_trigger(in, dialect, modifiers.replace);
  if (in.accept_any({"function", "procedure", "package"})) return read_routine(in, dialect, modifiers.replace);
  if (in.tokens.accept("event")) return skip_all(in);  // its effects are logged when it runs
  if (modifiers.replace && in.accept_any({"database", "schema"})) {
    note(in, What::DropDatabase, {in.tokens.name_of(in.tokens.current()), ""});
  }
}

void read_alter(SqlReader& in, const SqlDialect& dialect) {
  const Modifiers modifiers = take_modifiers(in);
  if (in.tokens.accept("table")) return read_alter_table(in, modifiers.ignore);
  if (in.tokens.accept("view")) return read_view(in, dialect, true);
  if (in.tokens.accept("event")) skip_all(in);
}

void read_drop(SqlReader& in) {
  const bool temporary = in.tokens.accept("temporary");
  if (in.accept_any({"table", "tables"})) {
    note_tables(in, temporary ? What::DropTemporary : What::Drop);
  } else if (in.accept_any({"database", "schema"})) {
    in.accept_if_exists();
    note(in, What::DropDatabase, {in.tokens.name_of(in.tokens.current()), ""});
  } else if (in.tokens.accept("index")) {
    in.accept_if_exists();
    const bool primary = may_be_same_name(in.tokens.name_of(in.tokens.current()), "primary", true);
    in.tokens.advance();
    if (primary && in.tokens.accept("on")) note(in, What::Alter, in.take_name());
  } else if (in.tokens.accept("trigger")) {
    note_programs(in, SqlProgram::Kind::Trigger);
  } else if (in.tokens.accept("view")) {
    note_programs(in, SqlProgram::Kind::View);
  } else if (in.accept_any({"function", "procedure", "package"})) {
    in.tokens.accept("body");
    note_programs(in, SqlProgram::Kind::Routine);
  }
}

void read_rename(SqlReader& in) {
  if (!in.accept_any({"table", "tables"})) return;
  in.accept_if_exists();
  do {
    SqlName from = in.take_name();
    accept_wait(in);
    if (!in.tokens.accept("to")) return;
    note(in, What::Rename, std::move(from), in.take_name());
    accept_wait(in);
  } while (in.tokens.accept_symbol(','));
}

void read_truncate(SqlReader& in) {
  if (in.tokens.at_symbol('(')) return;  // a function
  in.tokens.accept("table");
  note(in, What::Alter, in.take_name());
}

}  // namespace freshet
