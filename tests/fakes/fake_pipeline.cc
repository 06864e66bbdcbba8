#include "fakes/fake_pipeline.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace freshet::fakes {

namespace {

constexpr std::uint64_t kPartitions = 8;

/// Which stream carries an entity's changes: a topic's partition, or a database's log.
std::pair<std::size_t, std::uint64_t> stream_of(const Scenario& scenario, const Change& change) {
  for (const WriteTarget& write : scenario.write) {
    if (write.entity != change.entity) continue;
    if (const auto* mysql = std::get_if<MysqlTarget>(&write.target)) return {mysql->connection, 0};
    return {scenario.connections.size() + index_of(change.entity), change.ordinal % kPartitions};
  }
  return {0, 0};
}

bool is_key_column(const View& view, std::size_t column) {
  return std::find(view.key.begin(), view.key.end(), ColumnIndex{column}) != view.key.end();
}

}  // namespace

std::vector<Version> versions_in(const View& view, const VersionedRow& row) {
  std::vector<Version> versions;
  for (const EntityId entity : view.versions_of) versions.push_back(row.versions.at(entity));
  return versions;
}

FakePipeline::FakePipeline(const Scenario& scenario, const PipelineTemper& temper, const FakeClock& clock, Trace& trace)
    : scenario_(scenario),
      temper_(temper),
      clock_(clock),
      trace_(trace),
      dice_(temper.seed, "pipeline"),
      views_(scenario),
      gathered_(scenario.views.size()),
      sinks_(scenario.views.size()) {}

Status FakePipeline::start() {
  clock_.sleep_until(clock_.now() + temper_.start, {});
  return refusal_.empty() ? Status() : Status(Error{ErrorKind::Unreachable, refusal_, ""});
}

void FakePipeline::stored(const Change& change, const Row& row) {
  trace_.add({1, clock_.now().time_since_epoch().count(), static_cast<std::int64_t>(index_of(change.entity)),
              static_cast<std::int64_t>(change.ordinal), change.version});
  clock_.at(arrival(change), [this, change, copy = std::make_shared<const Row>(row)] {
    arrived(change, *copy);
    if (faults_begun_ && temper_.twice > 0 && dice_.chance(temper_.twice)) arrived(change, *copy);
  });
}

Instant FakePipeline::awake(Instant instant) const {
  return instant >= frozen_from_ && instant < frozen_until_ ? frozen_until_ : instant;
}

Instant FakePipeline::arrival(const Change& change) {
  Stream& stream = streams_[stream_of(scenario_, change)];
  stream.arrived = awake(
      std::max(stream.arrived, clock_.now() + dice_.wait(temper_.read) + (faults_begun_ ? temper_.lag : Nanos{})));
  if (temper_.stalls_every == Nanos{}) return stream.arrived;
  if (stream.next_stall == Instant{}) stream.next_stall = clock_.now() + dice_.wait(temper_.stalls_every);
  if (stream.arrived >= stream.next_stall) {
    stream.stalled_until = stream.next_stall + dice_.wait(temper_.stall);
    stream.next_stall = stream.stalled_until + dice_.wait(temper_.stalls_every);
  }
  stream.arrived = awake(std::max(stream.arrived, stream.stalled_until));
  return stream.arrived;
}

void FakePipeline::arrived(const Change& change, const Row& row) {
  if (!died_.empty()) return;
  std::vector<ViewChange> changes;
  const std::string key = text_of(row, scenario_.entity(change.entity).record, ColumnIndex{0});
  views_.apply(change.entity, key, change.operation == Operation::Delete ? nullptr : &row, change.version, changes);
  const ChangeId id{change.entity, change.ordinal, change.version};
  read_.emplace(id, clock_.now());
  for (ViewChange& view_change : changes) {
    view_change.by = id;
    admit(std::move(view_change), change);
  }
}

Fault FakePipeline::fault_of(ViewId view, const std::string& key) const {
  if (exempt_.contains({view, key})) return Fault::None;
  double share = Dice::share_of(temper_.seed, scenario_.view(view).name + kKeySeparator + key);
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (share < temper_.shares[i]) return static_cast<Fault>(i);
    share -= temper_.shares[i];
  }
  return Fault::None;
}

void FakePipeline::admit(ViewChange change, const Change& by) {
  const Ordinal root = by.root;
  const bool spared = temper_.spares_markers && by.phase == Phase::Canary;
  if (!faults_begun_ || spared) exempt_.emplace(change.view, change.key);
  switch (fault_of(change.view, change.key)) {
    case Fault::Lose:
      return;
    case Fault::Stale:
      if (change.existed && change.now) return;
      break;
    case Fault::Resurrect:
      resurrect(change, root);
      break;
    case Fault::Alter:
      if (change.now) alter(*change.now, scenario_.view(change.view));
      break;
    case Fault::Duplicate:
      sinks_[index_of(change.view)].twice.insert(change.key);
      break;
    case Fault::KeepDeleted:
      if (!change.now) return;
      break;
    case Fault::Delay:
      clock_.at(clock_.now() + temper_.delay, [this, change, root] { gather(change, root); });
      return;
    case Fault::None:
      break;
  }
  gather(std::move(change), root);
}

void FakePipeline::resurrect(const ViewChange& change, Ordinal root) {
  std::optional<VersionedRow>& last = last_[{change.view, change.key}];
  if (change.now) {
    last = change.now;
    return;
  }
  if (!last) return;
  const Instant put_back = clock_.now() + temper_.linger + dice_.wait(kNanosPerSecond);
  clock_.at(put_back, [this, back = ViewChange{change.view, change.key, false, last, {}}, root] {
    if (!last_[{back.view, back.key}]) gather(back, root);  // else it lives again, rightly
  });
  last.reset();
}

void FakePipeline::alter(VersionedRow& row, const View& view) const {
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    if (view.columns[i].type.kind != Kind::Text || is_key_column(view, i)) continue;
    row.row.cells[i] = row.row.add_text(std::string(row.row.text_of(row.row.cells[i])) + "~");
    row.image.clear();
    append_json_object(row.row, 0, view.record, row.image);
    return;
  }
}

void FakePipeline::plant_phantom() {
  const ViewId id = scenario_.observe[dice_.below(scenario_.observe.size())].view;
  const View& view = scenario_.view(id);
  FakeSink& sink = sinks_[index_of(id)];
  if (sink.rows.empty()) return;
  auto model = sink.rows.begin();
  std::advance(model, dice_.below(sink.rows.size()));
  ViewChange phantom{id, {}, false, model->second, {}};
  std::optional<Ordinal> root = sink.root_of.at(model->first);
  Row& row = phantom.now->row;
  // The last part of the key: a line that the basket does not have, or an unknown invoice.
  const ColumnIndex last = view.key.back();
  if (row[last].kind == Kind::Integer) {
    row[last].number = 1'000 + static_cast<std::int64_t>(phantoms_.size());
  } else {
    row[last] = row.add_text("nobody-" + std::to_string(phantoms_.size()));
    root.reset();
  }
  for (const ColumnIndex part : view.key) {
    if (!phantom.key.empty()) phantom.key += kKeySeparator;
    phantom.key += text_of(row, view.record, part);
  }
  phantoms_.emplace(id, phantom.key);
  gather(std::move(phantom), root);
}

void FakePipeline::gather(ViewChange change, std::optional<Ordinal> root) {
  const ViewId view = change.view;
  std::vector<Gathered>& gathered = gathered_[index_of(view)];
  gathered.push_back({std::move(change), root});
  if (gathered.size() == 1)
    clock_.at(awake(clock_.now() + dice_.between(Nanos{}, temper_.linger)), [this, view] { write_sink(view); });
}

void FakePipeline::write_sink(ViewId view) {
  if (!died_.empty()) return;
  FakeSink& sink = sinks_[index_of(view)];
  const Instant now = clock_.now();
  for (Gathered& gathered : std::exchange(gathered_[index_of(view)], {})) {
    const std::string& key = gathered.change.key;
    std::optional<VersionedRow>& row = gathered.change.now;
    trace_.add(key);
    trace_.add({2, now.time_since_epoch().count(), static_cast<std::int64_t>(index_of(view)), row ? 1 : 0});
    sink.root_of[key] = gathered.root;
    sink.shown[key].push_back(
        {now, row.has_value(), row ? versions_in(scenario_.view(view), *row) : std::vector<Version>{}});
    if (row) {
      sink.rows[key] = std::move(*row);
    } else {
      sink.rows.erase(key);
      if (gathered.change.by) gone_[{{view, key}, *gathered.change.by}] = now;
    }
  }
}

Status FakeObserver::look(std::span<const std::string> keys, std::vector<Sighting>& out) {
  if (clock_ != nullptr) clock_->sleep_until(clock_->now() + dice_.between(kNanosPerMicro, look_), {});
  const bool fails = outage_ != nullptr && clock_->now() >= outage_->from && clock_->now() < outage_->to;
  if (fails) return Error{ErrorKind::Unreachable, "the sink does not answer", ""};
  was_blind_ = !was_blind_ && dice_.chance(blind_);
  if (was_blind_) return Error{ErrorKind::Unreachable, "the sink does not answer", ""};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto row = sink_.rows.find(keys[i]);
    Sighting sighting;
    sighting.key = i;
    sighting.found = row != sink_.rows.end();
    if (sighting.found) sighting.versions = versions_in(view_, row->second);
    out.push_back(std::move(sighting));
  }
  return {};
}

Status FakeObserver::scan(const Visit& visit) {
  for (const auto& [key, row] : sink_.rows) {
    const std::vector<Version> versions = versions_in(view_, row);
    for (int times = sink_.twice.contains(key) ? 2 : 1; times > 0; --times) visit(row.row, versions);
  }
  return {};
}

}  // namespace freshet::fakes
