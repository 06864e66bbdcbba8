// The steps that compute the items of a list.
#include <algorithm>
#include <array>

#include "generator/row/running.h"

namespace freshet {

std::size_t Machine::items_of(const Step& step, const Program::ListRule& rule) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(rule.count.whole(random(step)), 0, kMostItems));
}

void Machine::pick_for_items(const Step& step, const Program::ListRule& rule, std::size_t items) {
  constexpr std::size_t kBatch = InstancePicker::kMostPicks;
  std::array<std::uint64_t, kBatch> positions;
  std::array<Ordinal, kBatch> picked;
  const std::uint64_t position = subjects_[step.subject].position;
  const std::size_t picks = rule.picks.size();
  const std::size_t base = picked_.size();
  picked_.resize(base + items * picks);
  for (std::size_t first = 0; picks > 0 && first < items; first += kBatch) {
    const std::size_t size = std::min(kBatch, items - first);
    for (std::size_t i = 0; i < size; ++i) positions[i] = combine(position, first + i);
    for (std::size_t k = 0; k < picks; ++k) {
      const Program::ItemPick& pick = rule.picks[k];
      program_.pickers[pick.picker].pick_all({positions.data(), size}, picked.data());
      for (std::size_t i = 0; i < size; ++i) picked_[base + (first + i) * picks + k] = picked[i];
      if (pick.frozen < 0) continue;
      const FrozenTable& table = program_.frozen[static_cast<std::size_t>(pick.frozen)];
      const std::size_t width = table.columns.size();
      for (std::size_t i = 0; i < size; ++i) {
        const Cell* line = table.cells.data() + picked[i] * width;
        __builtin_prefetch(line);
        __builtin_prefetch(line + width - 1);
      }
    }
  }
}

template <typename Done>
void Machine::run_items(const Step& step, const Program::ListRule& rule, std::size_t items, const Done& done) {
  const std::size_t picks = picked_.size();
  pick_for_items(step, rule, items);
  Subject& item = subjects_[rule.item];
  item = subjects_[step.subject];
  const std::uint64_t position = item.position;
  for (std::size_t i = 0; i < items; ++i) {
    item.position = combine(position, i);
    item.picked = static_cast<std::uint32_t>(picks + i * rule.picks.size());
    run(rule.body);
    done(i);
  }
  picked_.resize(picks);
}

Cell Machine::list(const Step& step) {
  const Program::ListRule& rule = program_.lists[step.table];
  const std::size_t items = items_of(step, rule);
  const std::size_t width = rule.width;
  const Cell cell = out_.add_list(items, width);
  run_items(step, rule, items, [&](std::size_t i) {
    put_cells(registers_, rule.outputs, out_.cells.data() + cell.begin + i * width);  // the body may move them
  });
  return cell;
}

Cell Machine::sum_of_cells(const Step& step) {
  const Cell& cell = registers_[step.source];
  const Program::CellSum& sum = program_.cell_sums[step.table];
  Total total;
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    total.add(out_.cells[cell.begin + i * sum.width + sum.column]);
  }
  return total.of_kind(step.kind);
}

Cell Machine::sum_of_items(const Step& step) {
  const Program::ListRule& rule = program_.lists[step.table];
  Total total;
  run_items(step, rule, items_of(step, rule), [&](std::size_t) { total.add(registers_[rule.outputs[0].from]); });
  return total.of_kind(step.kind);
}

}  // namespace freshet
