#include "pipeline/capture/sql/source_programs.h"

#include <algorithm>
#include <array>
#include <utility>

namespace freshet {
namespace {

using ProgramKind = SqlProgram::Kind;

constexpr std::array<const char*, 4> kKindNames = {"trigger", "routine", "view", "foreign key"};

std::string display(const SqlProgram& program) {
  const std::string kind = kKindNames[static_cast<std::size_t>(program.kind)];
  if (program.kind == ProgramKind::Cascade) return "a cascade of " + program.on.text();
  return kind + " " + program.name.text() + (program.body_unknown ? ", which this user may not read" : "");
}

// Names of routines, views' columns and triggers always ignore case.
bool same_routine(const SqlProgram& program, const SqlName& call) {
  if (!may_be_same_name(program.name.name, call.name, true)) return false;
  return may_be_same_name(program.name.database, call.database, true);
}

}  // namespace

bool SourcePrograms::same_table(const SqlName& a, const SqlName& b) const {
  return may_be_same_name(a.name, b.name, fold_) && same_database(a.database, b.database);
}

std::optional<std::size_t> SourcePrograms::ours_named(const SqlName& table) const {
  for (std::size_t i = 0; i < ours_.size(); ++i) {
    if (same_table(ours_[i].name, table)) return i;
  }
  return std::nullopt;
}

void SourcePrograms::add(SqlProgram program) {
  nodes_.push_back({std::move(program), std::nullopt, 0, std::nullopt});
  marked_ = false;
}

void SourcePrograms::drop(ProgramKind kind, const SqlName& name) {
  marked_ = false;
  std::erase_if(nodes_, [&](const Node& node) {
    if (node.program.kind != kind) return false;
    return kind == ProgramKind::View ? same_table(node.program.name, name) : same_routine(node.program, name);
  });
}

void SourcePrograms::drop_table(const SqlName& table) {
  marked_ = false;
  std::erase_if(nodes_, [&](const Node& node) {
    return (node.program.kind == ProgramKind::Trigger || node.program.kind == ProgramKind::Cascade) &&
           same_table(node.program.on, table);
  });
}

void SourcePrograms::apply(const DefinitionChange& change) {
  switch (change.kind) {
    case DefinitionChange::Kind::Create:
      return add(change.program);
    case DefinitionChange::Kind::DropProgram:
      return drop(change.program.kind, change.program.name);
    case DefinitionChange::Kind::Drop:
      return drop_table(change.table);
    case DefinitionChange::Kind::DropDatabase:
      marked_ = false;
      std::erase_if(nodes_,
                    [&](const Node& node) { return same_database(node.program.name.database, change.table.database); });
      return;
    case DefinitionChange::Kind::Rename:
      marked_ = false;
      for (Node& node : nodes_) {
        if (same_table(node.program.on, change.table)) node.program.on = change.other;
        if (node.program.kind == ProgramKind::View && same_table(node.program.name, change.table)) {
          node.program.name = change.other;
        }
      }
      return;
    case DefinitionChange::Kind::Alter:
    case DefinitionChange::Kind::CreateTemporary:
    case DefinitionChange::Kind::DropTemporary:
    case DefinitionChange::Kind::Merge:
      return;
  }
}

// Marks the programs that reach our tables, until there are no more: a trigger may fire a trigger that calls a
// function.
void SourcePrograms::mark() {
  if (marked_) return;
  marked_ = true;
  for (Node& node : nodes_) {
    node.reached.reset();
    node.written.reset();
    node.writes_through = 0;
  }
  bool more = true;
  while (more) {
    more = false;
    for (Node& node : nodes_) more |= mark(node);
  }
}

bool SourcePrograms::mark(Node& node) {
  const SqlProgram& program = node.program;
  bool changed = false;
  if (!node.reached) {
    node.reached = reached_by(program.writes, program.calls, program.reads);
    if (program.body_unknown && program.kind != ProgramKind::View) node.reached = Reached{0, ""};
    changed = node.reached.has_value();
  }
  if (program.kind != ProgramKind::View || node.writes_through == kAllOperations) return changed;
  if (program.body_unknown) {
    node.writes_through = kAllOperations;
    node.written = Reached{0, display(program)};
    return true;
  }
  for (const RowOperations operation : {kInserts, kUpdates, kDeletes}) {
    if ((node.writes_through & operation) != 0) continue;
    for (const SqlName& table : program.reads) {
      std::optional<Reached> reached = reached_by_write({table, operation, {}});
      if (!reached) continue;
      node.writes_through |= operation;
      node.written = std::move(reached);
      changed = true;
      break;
    }
  }
  return changed;
}

std::optional<Reached> SourcePrograms::reached_by_write(const WrittenTable& write) const {
  for (std::size_t i = 0; i < ours_.size(); ++i) {
    if (!same_table(ours_[i].name, write.table)) continue;
    const std::vector<std::string>& columns = ours_[i].columns;
    const bool sets_one = std::any_of(write.if_column.begin(), write.if_column.end(), [&](const std::string& set) {
      return std::any_of(columns.begin(), columns.end(),
                         [&](const std::string& column) { return may_be_same_name(column, set, true); });
    });
    if (write.if_column.empty() || columns.empty() || sets_one) return Reached{i, ""};
  }
  for (const Node& node : nodes_) {
    const SqlProgram& program = node.program;
    const bool runs = node.reached && (program.kind == ProgramKind::Trigger || program.kind == ProgramKind::Cascade) &&
                      (program.operations & write.operations) != 0 && same_table(program.on, write.table);
    if (runs) return Reached{node.reached->table, display(program)};
    const bool passes = (node.writes_through & write.operations) != 0 && same_table(program.name, write.table);
    if (passes) return Reached{node.written->table, display(program)};
  }
  return std::nullopt;
}

std::optional<Reached> SourcePrograms::reached_by_call(const SqlName& call) const {
  for (const Node& node : nodes_) {
    if (node.program.kind != ProgramKind::Routine || !node.reached) continue;
    // A function of a package is called as [database.]package.function.
    if (same_routine(node.program, call)) return Reached{node.reached->table, display(node.program)};
  }
  return std::nullopt;
}

std::optional<Reached> SourcePrograms::reached_by_read(const SqlName& read) const {
  for (const Node& node : nodes_) {
    if (node.program.kind == ProgramKind::View && node.reached && same_table(node.program.name, read)) {
      return Reached{node.reached->table, display(node.program)};
    }
  }
  return std::nullopt;
}

std::optional<Reached> SourcePrograms::reached_by(const std::vector<WrittenTable>& writes,
                                                  const std::set<SqlName>& calls,
                                                  const std::set<SqlName>& reads) const {
  for (const WrittenTable& write : writes) {
    if (auto reached = reached_by_write(write)) return reached;
  }
  if (nodes_.empty()) return std::nullopt;
  for (const SqlName& call : calls) {
    if (auto reached = reached_by_call(call)) return reached;
  }
  for (const SqlName& read : reads) {
    if (auto reached = reached_by_read(read)) return reached;
  }
  return std::nullopt;
}

std::optional<Reached> SourcePrograms::reached_by(const StatementReading& statement) {
  mark();
  if (auto reached = reached_by(statement.writes, statement.calls, statement.reads)) return reached;
  if (!statement.is_query || !routines_hidden_ || ours_.empty()) return std::nullopt;
  // A server logs SELECT f() only if f writes.
  const bool known = std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
    return node.program.kind == ProgramKind::Routine &&
           std::any_of(statement.calls.begin(), statement.calls.end(),
                       [&](const SqlName& call) { return same_routine(node.program, call); });
  });
  if (known || statement.calls.empty()) return std::nullopt;
  return Reached{0, "a function that this user may not see"};
}

std::optional<std::size_t> SourcePrograms::concerned_by(const DefinitionChange& change) const {
  using What = DefinitionChange::Kind;
  for (std::size_t i = 0; i < ours_.size(); ++i) {
    const SqlName& table = ours_[i].name;
    const bool renamed = change.kind == What::Rename && same_table(table, change.other);
    const bool named = (change.kind == What::Alter || change.kind == What::Drop || change.kind == What::Rename) &&
                       same_table(table, change.table);
    const bool dropped = change.kind == What::DropDatabase && same_database(table.database, change.table.database);
    if (renamed || named || dropped) return i;
  }
  return std::nullopt;
}

}  // namespace freshet
