// The send loop: takes changes from the schedule, renders their rows ahead of time, waits for the intended instants,
// and gives each writer what is due. While a write is in progress more changes become due, so batches grow with the
// load by themselves.
#include "generator/write/lanes/lanes.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace freshet {

namespace {

/// Maximum wait for the outcome of a parent's insert. Longer than a Kafka message may take, so that the writer's own
/// time limit applies first.
constexpr Nanos kOutcomeLimit = 150 * kNanosPerSecond;

/// A change, ready to be sent.
struct Prepared {
  Change change;
  Row row;     ///< recycled; empty for entities that are not written
  Row before;  ///< the row of the previous version, if a writer needs it
  bool has_before = false;
  bool rekeyed = false;

  [[nodiscard]] Write write() const { return {change, &row, has_before ? &before : nullptr, rekeyed}; }
};

/// Gives prepared changes to their writers, one group per writer, in order. A group never contains a change whose
/// prerequisite (its parent's insert) has no outcome yet: the gathered changes are sent first.
class Dispatcher {
 public:
  Dispatcher(const Scenario& scenario, LaneWriters& writers, const Clock& clock)
      : outcomes_(*writers.outcomes), by_entity_(writers.by_entity), clock_(clock) {
    for (std::size_t i = 0; i < by_entity_.size(); ++i) {
      Writer* writer = by_entity_[i].get();
      changes_key_.push_back(scenario.entities[i].changes_key());
      tells_before_.push_back(writer != nullptr && writer->wants_before(static_cast<EntityId>(i)));
      if (writer != nullptr && find(writer) == nullptr) groups_.push_back(Group{writer, {}, {}});
    }
  }

  /// Renders what a writer needs of the change.
  void render(const Rows& rows, Prepared& out) const {
    const Change& change = out.change;
    out.has_before = out.rekeyed = false;
    if (by_entity_[index_of(change.entity)] == nullptr) return;
    rows.row_of(change, out.row);
    const std::size_t entity = index_of(change.entity);
    if (change.operation != Operation::Update || !(changes_key_[entity] || tells_before_[entity])) return;
    rows.row(change.entity, change.ordinal, change.version - 1, out.before);
    const ColumnType& key = rows.type_of(change.entity).columns[0].type;
    out.rekeyed = !equal_cells(out.before, out.before.cells[0], out.row, out.row.cells[0], key);
    out.has_before = out.rekeyed || tells_before_[entity];
  }
  /// True if some writer wants the changes of one instant in one batch.
  [[nodiscard]] bool takes_events() const {
    return std::any_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.writer->takes_events(); });
  }

  /// The most changes that some writer can make good use of in one batch.
  [[nodiscard]] int batch_max() const {
    int most = 0;
    for (const Group& group : groups_) most = std::max(most, group.writer->batch_max());
    return most;
  }

  /// `prepared` must stay valid until send().
  void add(const Prepared& prepared) {
    const Change& change = prepared.change;
    if (change.operation == Operation::Insert && outcomes_.parent_of(change.entity)) await_parent(change);
    if (outcomes_.blocked(change) || outcomes_.awaits_parent(change)) return withhold(change);
    Group* group = find(by_entity_[index_of(change.entity)].get());
    if (group == nullptr) return settle(change, Outcome::Committed);
    group->writes.push_back(prepared.write());
    group->changes.push_back(change);
  }

  void send() {
    for (Group& group : groups_) {
      if (group.writes.empty()) continue;
      outcomes_.sent(group.changes);
      group.writer->write(group.writes);
      group.writes.clear();
      group.changes.clear();
    }
  }

  void withhold(const Change& change) { settle(change, Outcome::Withheld); }

  /// Waits until everything sent has an outcome.
  void flush() {
    for (Group& group : groups_) group.writer->flush(clock_.now() + kOutcomeLimit);
  }

 private:
  struct Group {
    Writer* writer;
    std::vector<Write> writes;
    std::vector<Change> changes;
  };

  Group* find(const Writer* writer) {
    const auto it = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.writer == writer; });
    return writer == nullptr || it == groups_.end() ? nullptr : &*it;
  }

  /// Returns when the outcome of the parent's insert is known, as far as the writer can tell. Later versions of the
  /// child need no such wait: they follow its insert.
  void await_parent(const Change& change) {
    const EntityId parent = *outcomes_.parent_of(change.entity);
    Group* group = find(by_entity_[index_of(parent)].get());
    if (group == nullptr) return;
    const bool gathered = std::any_of(group->changes.begin(), group->changes.end(), [&](const Change& other) {
      return other.entity == parent && other.ordinal == outcomes_.parent_ordinal(change) &&
             other.operation == Operation::Insert;
    });
    // A writer that accepts both at once ensures that the child follows its parent.
    const bool at_once = group->writer->takes_events() && group->writer == by_entity_[index_of(change.entity)].get();
    if (gathered && at_once) return;
    if (gathered) send();
    if (outcomes_.awaits_parent(change)) group->writer->flush(clock_.now() + kOutcomeLimit);
  }

  /// Settles changes that no writer gets: withheld ones, or those of an entity that is not written.
  void settle(const Change& change, Outcome outcome) {
    const Instant at = outcome == Outcome::Withheld ? Instant{} : clock_.now();
    const Settled settled{change, outcome, 0, at, at};
    outcomes_.settle_unsent(settled);
  }

  LaneOutcomes& outcomes_;
  const std::vector<std::shared_ptr<Writer>>& by_entity_;
  const Clock& clock_;
  std::vector<bool> changes_key_;   ///< by entity
  std::vector<bool> tells_before_;  ///< by entity: its writer wants the row before an update
  std::vector<Group> groups_;
};

/// A ring of prepared changes: from the schedule at one end, to the writers at the other.
class Lane {
 public:
  Lane(const Rows& rows, Schedule& schedule, Dispatcher& dispatcher, const Clock& clock, const LaneOptions& options)
      : rows_(rows),
        schedule_(schedule),
        dispatcher_(dispatcher),
        clock_(clock),
        options_(options),
        batch_max_(
            static_cast<std::size_t>(std::max(1, options.in_flight > 0 ? options.in_flight : options.batch_max))),
        ring_(2 * batch_max_) {}

  std::int64_t run(const std::stop_token& stop) {
    while (!stop.stop_requested() && (count_ > 0 || prepare_one())) {
      wait(stop);
      if (!stop.stop_requested()) send_due();
    }
    while (count_ > 0) dispatcher_.withhold(pop().change);
    return taken_;
  }

 private:
  [[nodiscard]] const Prepared& at(std::size_t index) const { return ring_[(first_ + index) % ring_.size()]; }
  [[nodiscard]] Instant due(std::size_t index) const {
    if (options_.in_flight > 0) return options_.zero;
    return options_.zero + at(index).change.intended;
  }
  const Prepared& pop() {
    const Prepared& front = at(0);
    first_ = (first_ + 1) % ring_.size();
    --count_;
    return front;
  }

  /// Takes and renders one more change. False when the ring is full or the schedule has ended.
  bool prepare_one() {
    if (count_ == ring_.size() || ended_) return false;
    Prepared& slot = ring_[(first_ + count_) % ring_.size()];
    if (!schedule_.next(slot.change)) {
      ended_ = true;
      return false;
    }
    dispatcher_.render(rows_, slot);
    ++count_;
    ++taken_;
    return true;
  }

  /// When the next batch is sent: as soon as the last change is due that falls within the horizon of the first, or
  /// fills the batch. Prepares these changes.
  Instant batch_at() {
    const Instant patient = due(0) + options_.horizon;
    std::size_t last = 0;
    while (last + 1 < batch_max_ && (last + 1 < count_ || prepare_one()) && due(last + 1) <= patient) ++last;
    return due(last);
  }

  /// Waits for the next batch, and renders the changes after it meanwhile.
  void wait(const std::stop_token& stop) {
    const Instant at = batch_at();
    while (!stop.stop_requested() && clock_.now() < at) {
      if (!prepare_one()) clock_.sleep_until(at, stop);
    }
  }

  /// True if the change at `size` may be sent with those before it: there is room, or it may belong to their last
  /// event.
  [[nodiscard]] bool fits(std::size_t size) const {
    return size < batch_max_ ||
           (dispatcher_.takes_events() && at(size).change.intended == at(size - 1).change.intended);
  }

  void send_due() {
    const Instant now = clock_.now();
    std::size_t size = 0;
    while (size < ring_.size() && (size < count_ || prepare_one()) && due(size) <= now && fits(size)) ++size;
    // The ring's slots stay unchanged until the writers are done with the rows.
    for (std::size_t i = 0; i < size; ++i) dispatcher_.add(at(i));
    dispatcher_.send();
    if (options_.in_flight > 0) dispatcher_.flush();
    for (std::size_t i = 0; i < size; ++i) pop();
  }

  const Rows& rows_;
  Schedule& schedule_;
  Dispatcher& dispatcher_;
  const Clock& clock_;
  const LaneOptions& options_;
  const std::size_t batch_max_;
  std::vector<Prepared> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::int64_t taken_ = 0;
  bool ended_ = false;
};

void check_writers(const Scenario& scenario, const LaneWriters& writers) {
  FRESHET_CHECK(writers.by_entity.size() == scenario.entities.size(), "a lane needs one writer slot per entity");
  FRESHET_CHECK(writers.outcomes != nullptr, "a lane's writers must report through its LaneOutcomes");
}

}  // namespace

std::int64_t run_lane(const Scenario& scenario, const Rows& rows, Schedule& schedule, LaneWriters& writers,
                      const Clock& clock, const LaneOptions& options, std::stop_token stop) {
  check_writers(scenario, writers);
  Dispatcher dispatcher(scenario, writers, clock);
  LaneOptions roomy = options;
  roomy.batch_max = std::max(roomy.batch_max, dispatcher.batch_max());
  return Lane(rows, schedule, dispatcher, clock, roomy).run(stop);
}

void write_now(const Scenario& scenario, const Rows& rows, std::span<const Change> changes, LaneWriters& writers,
               const Clock& clock) {
  constexpr std::size_t kBatch = 500;
  check_writers(scenario, writers);
  Dispatcher dispatcher(scenario, writers, clock);
  std::vector<Prepared> batch(std::min(kBatch, changes.size()));
  while (!changes.empty()) {
    const std::size_t size = std::min(kBatch, changes.size());
    for (std::size_t i = 0; i < size; ++i) {
      batch[i].change = changes[i];
      dispatcher.render(rows, batch[i]);
      dispatcher.add(batch[i]);
    }
    dispatcher.send();
    changes = changes.subspan(size);
  }
  dispatcher.flush();
}

}  // namespace freshet
