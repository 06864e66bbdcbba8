// The part of the compiler that uses values known in advance of the instances that a row or an item refers to.
#include "generator/row/columns.h"
#include "generator/row/compile/compilation.h"

namespace freshet {

/// Embeds the columns of the picked instance that are known in advance.
void Compiler::embed_frozen(Scope& target, const std::vector<ColumnIndex>& columns) {
  FrozenTable table = frozen_.table(target.entity, columns);
  if (table.columns.empty()) return;
  Step& step = emit(target.block, Op::Embed);
  step.subject = target.subject;
  step.dst = static_cast<std::uint16_t>(program_.registers);
  step.source = static_cast<std::uint16_t>(table.columns.size());
  for (const ColumnIndex column : table.columns) {
    const bool always = never_changes(scenario_, target.entity, column);
    target.columns[{column, always ? Image::Current : Image::First}] = new_register();
    if (always) target.frozen.insert(column);
  }
  step.table = static_cast<std::uint32_t>(add(program_.frozen, std::move(table)));
}

/// The outputs of a row or an item of which all columns are needed.
std::vector<Program::Output> Compiler::outputs_of(Scope& scope, std::size_t width) {
  constexpr int kMostRun = 63;  // the range of Cell::run
  std::vector<Program::Output> outputs;
  const Scope* last = nullptr;
  for (std::size_t i = 0; i < width; ++i) {
    const Register from = column(scope, ColumnIndex{i}, Image::Current);
    const Scope* embedded = embedded_from(scope, ColumnIndex{i});
    const bool beside = !outputs.empty() && outputs.back().from + outputs.back().size == from;
    if (beside && embedded == last && outputs.back().size < kMostRun) {
      ++outputs.back().size;
    } else {
      outputs.push_back({from, 1, 0});
    }
    if (embedded != nullptr && outputs.back().size > 1)
      outputs.back().run = static_cast<std::uint8_t>(outputs.back().size);
    last = embedded;
  }
  return outputs;
}

/// If a column is copied from a table together with its neighbours: the scope of that table; else null.
const Compiler::Scope* Compiler::embedded_from(const Scope& scope, ColumnIndex column) const {
  const auto [field, part] = field_of(*scope.fields, scope.first_column(), column);
  const auto* ref = field != nullptr ? field->value->as<constructs::Ref>() : nullptr;
  if (ref == nullptr) return nullptr;
  const Scope* target = scope.references.at(ref);
  return target->frozen.contains(ref->embed_columns[part]) ? target : nullptr;
}

/// Moves the picks out of the steps of a completely compiled item.
std::vector<Program::ItemPick> Compiler::picks_of(const Scope& item) {
  std::vector<Program::ItemPick> picks;
  std::vector<Step>& steps = blocks_[item.block];
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].op != Op::Pick || steps[i].subject != item.subject) continue;
    const bool embeds = i + 1 < steps.size() && steps[i + 1].op == Op::Embed;
    steps[i].op = Op::Picked;
    steps[i].source = static_cast<std::uint16_t>(picks.size());
    picks.push_back({steps[i].table, embeds ? static_cast<std::int64_t>(steps[i + 1].table) : -1});
  }
  return picks;
}

}  // namespace freshet
