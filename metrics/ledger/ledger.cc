#include "metrics/ledger/ledger.h"

#include <numeric>

namespace freshet {

namespace {

std::size_t index_of(Operation operation) { return static_cast<std::size_t>(operation); }
std::size_t index_of(Outcome outcome) { return static_cast<std::size_t>(outcome); }

}  // namespace

Ledger::Ledger(const Scenario& scenario) : closed_(scenario.in_flight > 0), counts_(scenario.entities.size()) {}

void Ledger::settled(std::span<const Settled> batch) {
  for (const Settled& settled : batch) {
    const Change& change = settled.change;
    ++counts_.at(freshet::index_of(change.entity))[index_of(change.operation)][index_of(settled.outcome)];
    if (change.phase == Phase::Canary) {
      canaries_[change.entity].insert(change.ordinal);
      if (settled.outcome == Outcome::Committed) ++canary_changes_;
    }
    if (settled.outcome != Outcome::Committed) {
      const bool first =
          exceptions_.try_emplace({change.entity, change.ordinal, change.version}, settled.outcome).second;
      FRESHET_CHECK(first, "a change has one outcome");
      if (examples_.size() < kExamples) examples_.push_back({change, settled.outcome, settled.code});
    } else if (change.phase == Phase::Measured) {
      if (!closed_ && settled.code != kHeldOnPurpose) wait_.record(settled.released - (zero_ + change.intended));
      service_.record(settled.acknowledged - settled.released);
    }
  }
}

const Ledger::Counts& Ledger::counts(EntityId entity, Operation operation) const {
  return counts_.at(freshet::index_of(entity))[index_of(operation)];
}

Outcome Ledger::outcome(EntityId entity, Ordinal ordinal, Version version) const {
  const auto exception = exceptions_.find({entity, ordinal, version});
  return exception == exceptions_.end() ? Outcome::Committed : exception->second;
}

std::vector<Ordinal> Ledger::canaries(EntityId entity) const {
  const auto canaries = canaries_.find(entity);
  if (canaries == canaries_.end()) return {};
  return {canaries->second.begin(), canaries->second.end()};
}

std::int64_t Ledger::total(Outcome outcome) const {
  std::int64_t sum = 0;
  for (const auto& operations : counts_) {
    for (const Counts& counts : operations) sum += counts[index_of(outcome)];
  }
  return sum;
}

std::int64_t Ledger::settled_total() const {
  std::int64_t sum = 0;
  for (const auto& operations : counts_) {
    for (const Counts& counts : operations) sum = std::accumulate(counts.begin(), counts.end(), sum);
  }
  return sum;
}

}  // namespace freshet
