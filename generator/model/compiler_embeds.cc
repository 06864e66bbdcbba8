// What the compiler knows beforehand of what a row or an item refers to.
#include "generator/model/columns.h"
#include "generator/model/compilation.h"

namespace freshet {

/// What is known beforehand of the instance that was picked.
void Compiler::embed_frozen(Scope& target, const std::vector<int>& columns) {
  FrozenTable table = frozen_.table(target.entity, columns);
  if (table.columns.empty()) return;
  Step& step = emit(target.block, Op::Embed);
  step.subject = target.subject;
  step.dst = static_cast<std::uint16_t>(program_.registers);
  for (const int column : table.columns) {
    const bool always = never_changes(scenario_, target.entity, column);
    target.columns[{column, always ? Image::Current : Image::First}] = new_register();
    if (always) target.frozen.insert(column);
  }
  step.table = static_cast<std::uint32_t>(add(program_.frozen, std::move(table)));
}

/// Of a row or an item that is all asked for.
std::vector<Program::Run> Compiler::runs_of(const Scope& scope, int width) const {
  constexpr int kMostRun = 63;  // what Cell::run holds
  std::vector<Program::Run> runs;
  const Scope* last = nullptr;
  for (int i = scope.outer == nullptr ? 1 : 0; i < width; ++i) {
    const auto [field, part] = field_of(*scope.fields, scope.outer == nullptr ? 1 : 0, i);
    const Scope* from = nullptr;
    if (field != nullptr && field->value->kind == Expression::Kind::Ref) {
      const Scope* target = scope.references.at(field->value.get());
      if (target->frozen.contains(field->value->embed_columns[static_cast<std::size_t>(part)])) from = target;
    }
    if (from != nullptr && from == last && runs.back().size < kMostRun) {
      ++runs.back().size;
    } else if (from != nullptr) {
      runs.push_back({static_cast<std::uint32_t>(i), 1});
    }
    last = from;
  }
  std::erase_if(runs, [](const Program::Run& run) { return run.size < 2; });
  return runs;
}

/// Takes the picks out of the steps of an item, which is complete.
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
