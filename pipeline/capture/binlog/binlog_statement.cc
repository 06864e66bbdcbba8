#include "pipeline/capture/binlog/binlog_statement.h"

#include <algorithm>

#include <fmt/format.h>

namespace freshet {
namespace {

// The status variables of a QUERY event that determine how its text is read; they are in the order of their numbers.
void apply_variables(Bytes variables, SqlDialect& dialect) {
  enum Variable : std::uint8_t { Flags, SqlMode, Catalog, AutoIncrement, Charset, TimeZone, CatalogNz };
  ByteReader in(variables);
  while (in.left() > 0 && in.ok()) {
    switch (in.byte()) {
      case Flags:
        in.take(4);
        break;
      case SqlMode:
        apply_sql_mode(in.little(8), dialect);
        break;
      case Catalog:
        in.take(in.byte() + std::size_t{1});
        break;
      case AutoIncrement:
        in.take(4);
        break;
      case Charset:
        dialect.letters = letters_of_collation(static_cast<std::uint16_t>(in.little(2)));
        return;
      case TimeZone:
      case CatalogNz:
        in.take(in.byte());
        break;
      default:
        return;
    }
  }
}

}  // namespace

StatementKind kind_of_statement(std::string_view sql) {
  SqlTokens tokens(sql.substr(0, 256), {});  // the first words decide
  if (tokens.accept("begin")) return StatementKind::Begin;
  tokens.accept("xa");
  if (tokens.accept("commit")) return StatementKind::Commit;
  if (!tokens.accept("rollback")) return StatementKind::Other;
  tokens.accept("work");
  return tokens.at("to") ? StatementKind::RollbackToSavepoint : StatementKind::Rollback;
}

bool StatementJudge::is_temporary(std::uint32_t thread, const SqlName& table) const {
  const auto session = temporary_.find(thread);
  return session != temporary_.end() &&
         std::any_of(session->second.begin(), session->second.end(),
                     [&](const SqlName& known) { return programs_.same_table(known, table); });
}

bool StatementJudge::drop_temporary(std::uint32_t thread, const SqlName& table) {
  const auto session = temporary_.find(thread);
  if (session == temporary_.end()) return false;
  const auto dropped =
      std::erase_if(session->second, [&](const SqlName& known) { return programs_.same_table(known, table); });
  if (session->second.empty()) temporary_.erase(session);
  return dropped > 0;
}

void StatementJudge::take_change(const LoggedStatement& statement, const DefinitionChange& change,
                                 StatementEffect& effect) {
  using What = DefinitionChange::Kind;
  switch (change.kind) {
    case What::CreateTemporary:
      temporary_[statement.thread].insert(change.table);
      return;
    case What::DropTemporary:
      drop_temporary(statement.thread, change.table);
      return;
    case What::Drop:
      if (statement.uses_temporary && drop_temporary(statement.thread, change.table)) return;
      break;
    case What::Rename:
      if (statement.uses_temporary && drop_temporary(statement.thread, change.table)) {
        temporary_[statement.thread].insert(change.other);
        return;
      }
      break;
    case What::Merge:
      if (const auto table = programs_.ours_named(change.other)) {
        effect = {StatementEffect::Kind::Merge, *table, change.table.text()};
      }
      return;
    case What::Alter:
      if (statement.uses_temporary && is_temporary(statement.thread, change.table)) return;
      break;
    case What::Create:
      if (change.program.kind == SqlProgram::Kind::Cascade && !cascades_logged_) {
        if (const auto table = programs_.ours_named(change.program.writes[0].table)) {
          effect = {StatementEffect::Kind::Cascade, *table, "its foreign key to " + change.program.on.text()};
        }
        return;  // no statement is needed to log what its rows do
      }
      break;
    default:
      break;
  }
  if (const auto table = programs_.concerned_by(change)) effect = {StatementEffect::Kind::Definition, *table, ""};
  programs_.apply(change);
}

StatementEffect StatementJudge::judge(const LoggedStatement& statement) {
  SqlDialect dialect;
  dialect.mysql = mysql_;
  apply_variables(statement.variables, dialect);
  StatementReading reading = read_statement(statement.sql, statement.database, dialect);
  if (statement.uses_temporary) {
    std::erase_if(reading.writes,
                  [&](const WrittenTable& write) { return is_temporary(statement.thread, write.table); });
  }
  StatementEffect effect;
  if (auto reached = programs_.reached_by(reading)) {
    effect = {StatementEffect::Kind::Rows, reached->table, std::move(reached->by)};
  }
  for (const DefinitionChange& change : reading.changes) take_change(statement, change, effect);
  return effect;
}

Error refusal_of_merge(const std::string& merge, const std::string& table) {
  return Error{ErrorKind::Usage,
               fmt::format("{} has the MERGE engine and {} among its tables: the log has rows of {} that are written "
                           "through it as rows of {}",
                           merge, table, table, merge),
               fmt::format("drop {}, or take {} out of its UNION", merge, table)};
}

Error refusal_of(const StatementEffect& effect, const WatchedTable& table, std::string_view sql) {
  constexpr std::size_t kMostText = 200;
  const std::string name = table.name.text();
  std::string text(sql.substr(0, kMostText));
  // It is foreign text, and is shown on terminals.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  if (effect.kind == StatementEffect::Kind::Definition) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: the definition of {} was changed while it was read: {}", name, text),
                 "start the pipeline again after the change"};
  }
  if (effect.kind == StatementEffect::Kind::Cascade) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: {} changes rows of {}, and the log does not show it: {}", effect.by, name, text),
                 "drop the foreign key, or let the application delete these rows"};
  }
  if (effect.kind == StatementEffect::Kind::Merge) return refusal_of_merge(effect.by, name).in("binlog");
  if (effect.by.empty()) {
    return Error{ErrorKind::Usage,
                 fmt::format("binlog: rows of {} were written by a statement and not as row events: {}", name, text),
                 "set binlog_format=ROW for all sessions of the server"};
  }
  return Error{
      ErrorKind::Usage,
      fmt::format("binlog: rows of {} may have been written by a statement and not as row events, through {}: {}", name,
                  effect.by, text),
      "set binlog_format=ROW for all sessions of the server"};
}

}  // namespace freshet
