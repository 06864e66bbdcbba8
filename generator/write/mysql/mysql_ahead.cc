// Changes of MysqlWriter that commit by themselves: prepared statements, executed ahead of the answers. The server need
// not parse, and executes one while the next is made. Unlike with a text, it continues after an error, so nothing is
// sent together with what it depends on.
#include <algorithm>

#include "generator/write/mysql/mysql_writer.h"

namespace freshet {

/// True if the change may be executed whatever the outcomes of the earlier ones: none is of its instance, or inserts
/// its owner.
bool MysqlWriter::independent(const Change& change, Batch earlier) const {
  const std::optional<EntityId> parent = outcomes_->parent_of(change.entity);
  const Ordinal owner = parent ? outcomes_->parent_ordinal(change) : 0;
  return std::none_of(earlier.begin(), earlier.end(), [&](const Write& other) {
    if (other.change.entity == change.entity) return other.change.ordinal == change.ordinal;
    return parent && other.change.entity == *parent && other.change.ordinal == owner;
  });
}

/// Gathers as many changes, from the first, as may be executed ahead.
void MysqlWriter::gather_ahead(Batch batch) {
  executions_.clear();
  for (std::size_t i = 0; i < batch.size() && i < most_gathered_; ++i) {
    const Change& change = batch[i].change;
    if (change.phase == Phase::Reference || !independent(change, batch.first(i))) return;
    const TableStatement& statement = statement_of(change);
    executions_.push_back({&statement.sql, statement.columns, batch[i].row});
  }
}

/// Executes the changes, from the first of the batch, that need no answer in between. Returns how many have an outcome;
/// sets `sound` to false if not all of them committed.
std::size_t MysqlWriter::send_ahead(Batch batch, bool& sound) {
  gather_ahead(batch);
  if (executions_.empty()) return 0;
  answered_.clear();
  const Instant released = clock_.now();
  const Status sent = connection_->execute_ahead(executions_, [&](const mysql::Failure* refusal) {
    answered_.push_back({refusal == nullptr ? mysql::Failure{} : *refusal, clock_.now()});
  });
  ++counts_.messages;
  const bool lost = !sent.ok() && connection_->failure().lost();
  // A single change that could not be executed ahead is tried alone, where its error is handled.
  if (answered_.empty() && !lost) return 0;
  if (lost) failure_ = connection_->failure();
  pace(clock_.now() - released, executions_.size());
  const Batch answered = batch.first(answered_.size());
  settled_.clear();
  for (std::size_t i = 0; i < answered.size(); ++i) {
    if (answered_[i].refusal.code != 0) continue;
    settled_.push_back({answered[i].change, Outcome::Committed, 0, released, answered_[i].acknowledged});
  }
  counts_.transactions += static_cast<std::int64_t>(settled_.size());
  sound = settled_.size() == answered.size() && !lost;
  if (!settled_.empty()) outcomes_->settle(settled_);
  for (std::size_t i = 0; i < answered.size(); ++i) {
    if (answered_[i].refusal.code == 0) mirror(answered.subspan(i, 1));
  }
  if (lost) resolve_ahead(batch.subspan(answered.size(), executions_.size() - answered.size()), released);
  for (std::size_t i = 0; i < answered.size(); ++i) {
    if (answered_[i].refusal.code == 0) continue;
    const Batch refused = answered.subspan(i, 1);
    failure_ = answered_[i].refusal;
    if (broken_) {
      settle(refused, Outcome::Rejected, released);
    } else {
      if (is_passing(failure_.code)) ++counts_.lock_repeats;
      send(refused, clock_.now());
    }
  }
  return lost ? executions_.size() : answered.size();
}

/// The connection was lost while these changes were sent and not answered. Each may be committed or refused,
/// independently of the others; those that are not in their table are sent again.
void MysqlWriter::resolve_ahead(Batch unanswered, Instant released) {
  for (std::size_t i = 0; i < unanswered.size(); ++i) {
    const Batch change = unanswered.subspan(i, 1);
    const std::optional<bool> committed = broken_ ? std::nullopt : resolve(change);
    if (!committed) {
      settle(unanswered.subspan(i), Outcome::Unknown, released);
      return broken_ ? void() : give_up();
    }
    if (*committed) {
      ++counts_.transactions;
      settle(change, Outcome::Committed, released);
      mirror(change);
    } else {
      send(change, clock_.now());
    }
  }
}

}  // namespace freshet
