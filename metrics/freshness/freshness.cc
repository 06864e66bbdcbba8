#include "metrics/freshness/freshness.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "metrics/freshness/commits.h"
#include "metrics/freshness/pending_rows.h"

namespace freshet {

namespace {

void merge_sorted(std::vector<Nanos>& into, const std::vector<Nanos>& from) {
  const auto middle = static_cast<std::ptrdiff_t>(into.size());
  into.insert(into.end(), from.begin(), from.end());
  std::inplace_merge(into.begin(), into.begin() + middle, into.end());
}

void merge(FreshnessSeries& into, const FreshnessSeries& from) {
  into.expected += from.expected;
  into.superseded += from.superseded;
  into.unchanged += from.unchanged;
  into.not_due += from.not_due;
  into.censored += from.censored;
  into.negative += from.negative;
  into.bounded += from.bounded;
  into.unproven += from.unproven;
  into.delay.merge(from.delay);
  into.end_to_end.merge(from.end_to_end);
  into.resolution.merge(from.resolution);
  into.earliest.merge(from.earliest);
  merge_sorted(into.censored_ages, from.censored_ages);
  merge_sorted(into.censored_ages_end_to_end, from.censored_ages_end_to_end);
}

/// How much earlier than `ended` the row may have become visible.
Nanos resolution_of(const SeenVersion& seen, Instant ended) {
  const Due& due = *seen.due;
  // A row that was seen before the writer got its acknowledgement became visible after the release.
  const Instant commit = ended < due.acknowledged ? due.released : due.acknowledged;
  return ended - std::max(seen.last_without, commit);
}

/// The state of one observed view.
class ObservedView final : public DueSink {
 public:
  ObservedView(const Scenario& scenario, const Rows& rows, ViewId id)
      : view_(scenario.view(id)), rows_(rows), closed_(scenario.in_flight > 0), order_(scenario.pipeline.order) {
    series_.resize(view_.versions_of.size() * kOperations);
    await_canaries(scenario, rows, id);
  }

  void committed(const Partitions& partitions, Instant acknowledged) override {
    evidence_.committed(partitions, acknowledged);
  }
  void marked(const Partitions& partitions, Instant released) override { evidence_.marked(partitions, released); }
  void due(const std::string& key, const DuePtr& due, Effect effect) override {
    pending_.add(key, due, effect);
    if (view_.tumble) finals_.due(key, *due);
    if (due->phase == Phase::Measured) ++series_[due->series].expected;
    if (due->phase == Phase::Canary) ++canary_pending_;
  }
  void unchanged(std::size_t series, Phase phase) override {
    if (phase == Phase::Measured) ++series_[series].unchanged;
  }
  void not_due(std::size_t series, Phase phase, int changes) override {
    if (phase == Phase::Measured) series_[series].not_due += changes;
  }

  void sighted(const std::string& key, const Sighting& sighting, Instant began, Instant ended, Instant zero) {
    seen_.clear();
    pending_.sighted(key, believed(key, sighting), began, passed_, seen_);
    for (const SeenVersion& seen : seen_) sample(seen, ended, zero);
    if (seen_.empty()) return;
    note_evidence(key);
    if (!view_.tumble || pending_.pending(key)) return;
    const SeenVersion& last = seen_.back();
    if (last.by_evidence && order_ == Order::Key) return finals_.unproven(key);
    finals_.seen(key, ended, last.by_evidence ? kNeverLooked : last.last_without);
  }
  void look_ended() { evidence_.look_ended(); }

  void may_overtake() { order_ = Order::Key; }
  [[nodiscard]] Order order() const { return order_; }
  [[nodiscard]] const Evidence& evidence() const { return evidence_; }
  /// True if canaries, and therefore markers, have rows in this view.
  [[nodiscard]] bool shows_markers() const { return shows_markers_; }
  /// True if nothing that is due can still arrive.
  [[nodiscard]] bool rows_are_in() const {
    return pending_.rows() == 0 || (order_ == Order::Source && pending_.all_overdue());
  }
  /// True if everything due for this row has been passed.
  [[nodiscard]] bool passed(const std::string& key) const { return pending_.all_passed(key, passed_); }

  void probe(Instant now) {
    ++staleness_.probes;
    staleness_.ages.record(oldest_age(now));
  }

  /// Returns 0 if nothing is pending, or nothing was due yet at that instant.
  [[nodiscard]] Nanos oldest_age(Instant now) const {
    const auto oldest = pending_.oldest();
    return oldest ? std::max(Nanos{}, now - *oldest) : Nanos{};
  }

  Freshness::Now now(Instant instant) {
    Freshness::Now now;
    now.visible = delays_.count();
    now.pending = static_cast<std::int64_t>(pending_.versions());
    now.oldest_pending = oldest_age(instant);
    if (recent_.count() > 0) now.p99_since_last = recent_.quantile(0.99);
    recent_ = {};
    return now;
  }

  void finish(Instant now, Instant zero) {
    pending_.for_each([&](const Due& due, bool unproven) {
      if (due.phase != Phase::Measured) return;
      FreshnessSeries& series = series_[due.series];
      if (unproven) {
        ++series.unproven;
        return;
      }
      ++series.censored;
      series.censored_ages.push_back(now - due.acknowledged);
      if (!closed_) series.censored_ages_end_to_end.push_back(now - zero - due.intended);
    });
    for (FreshnessSeries& series : series_) {
      std::ranges::sort(series.censored_ages);
      std::ranges::sort(series.censored_ages_end_to_end);
    }
  }

  void finish_windows(const WindowFinals::Bounds& bounds) {
    if (view_.tumble) windows_ = finals_.record(bounds);
  }
  [[nodiscard]] const std::optional<WindowRecord>& windows() const { return windows_; }

  [[nodiscard]] std::map<std::string, FreshnessSeries> series(const Scenario& scenario) const {
    std::map<std::string, FreshnessSeries> all;
    FreshnessSeries& sum = all["all"];
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const FreshnessSeries& one = series_[i];
      if (one.expected == 0 && one.unchanged == 0 && one.not_due == 0) continue;
      merge(sum, one);
      const std::string& entity = scenario.entity(view_.versions_of[i / kOperations]).name;
      all[entity + "." + name_of(static_cast<Operation>(i % kOperations))] = one;
    }
    return all;
  }

  [[nodiscard]] PendingRows& pending() { return pending_; }
  [[nodiscard]] const PendingRows& pending() const { return pending_; }
  [[nodiscard]] bool canary_seen() const { return canaries_unseen_.empty() && canary_pending_ == 0; }
  [[nodiscard]] const Histogram& delays() const { return delays_; }
  [[nodiscard]] Nanos lag() const { return delays_.count() > 0 ? std::max(Nanos{}, delays_.max()) : Nanos{}; }
  [[nodiscard]] const Staleness& staleness() const { return staleness_; }

 private:
  /// Collects the canary roots that will have rows here once their canary versions have committed.
  void await_canaries(const Scenario& scenario, const Rows& rows, ViewId id) {
    const ViewModel model(scenario, rows, id);
    std::vector<LifeEvent> life;
    std::vector<ExpectedRow> expected;
    for (const Ordinal root : rows.canaries(scenario.family_of(view_.versions_of[0]))) {
      std::vector<Version> versions;
      for (const EntityId entity : view_.versions_of) {
        life.clear();
        rows.life_of(entity, root, life);
        const auto first = std::ranges::find(life, Phase::Canary, &LifeEvent::phase);
        versions.push_back(first == life.end() ? 0 : first->version);
      }
      model.rows(root, versions, expected);
      if (!expected.empty()) canaries_unseen_.insert(root);
    }
    shows_markers_ = !canaries_unseen_.empty();
  }

  /// Filters what a look reported: a version that does not exist in the row's life was never written.
  const Sighting& believed(const std::string& key, const Sighting& sighting) {
    const Due* last = pending_.last(key);
    if (last == nullptr || last->versions.empty() || !sighting.found) return sighting;
    for (std::size_t i = 0; i < sighting.versions.size(); ++i) {
      if (sighting.versions[i] <= last->versions[i]) continue;
      life_.clear();
      rows_.life_of(view_.versions_of[i], last->root, life_);
      if (std::ranges::find(life_, sighting.versions[i], &LifeEvent::version) != life_.end()) continue;
      unbelieved_ = sighting;
      std::ranges::fill(unbelieved_.versions, 0);
      return unbelieved_;
    }
    return sighting;
  }

  /// Records what `seen_` shows about how far the pipeline has come.
  void note_evidence(const std::string& key) {
    std::vector<Due::Sent> speaks;
    for (const SeenVersion& seen : seen_) {
      if (seen.by_evidence) continue;
      speaks.push_back(seen.due->sent);
      speaks.insert(speaks.end(), seen.due->others.begin(), seen.due->others.end());
    }
    if (view_.tumble && !speaks_as_a_whole(key, speaks)) return;
    for (const Due::Sent& sent : speaks) evidence_.seen(sent.partitions, sent.released);
  }

  /// A row of a window is evidence for everything in it once it shows its last cut. An earlier content may also be the
  /// sum of other changes. Until then its changes are kept, the last one of each partition.
  bool speaks_as_a_whole(const std::string& key, std::vector<Due::Sent>& speaks) {
    std::vector<Due::Sent>& kept = unspoken_[key];
    for (const Due::Sent& sent : speaks) {
      const auto same = std::ranges::find_if(kept, [&](const Due::Sent& other) {
        return other.partitions.first == sent.partitions.first && other.partitions.second == sent.partitions.second;
      });
      if (same == kept.end()) {
        kept.push_back(sent);
      } else {
        same->released = std::max(same->released, sent.released);
      }
    }
    if (pending_.pending(key)) return false;
    speaks = std::move(kept);
    unspoken_.erase(key);
    return true;
  }

  void sample(const SeenVersion& seen, Instant ended, Instant zero) {
    const Due& due = *seen.due;
    if (seen.by_evidence && order_ == Order::Key) {
      if (due.phase == Phase::Measured) ++series_[due.series].unproven;
      return;
    }
    const Nanos delay = ended - due.acknowledged;
    delays_.record(delay);
    recent_.record(delay);
    if (due.phase == Phase::Canary) {
      --canary_pending_;
      canaries_unseen_.erase(due.root);
    }
    if (due.phase != Phase::Measured) return;
    FreshnessSeries& series = series_[due.series];
    if (seen.superseded) ++series.superseded;
    if (delay < Nanos{}) ++series.negative;
    series.delay.record(delay);
    if (!closed_) series.end_to_end.record(ended - zero - due.intended);
    if (seen.by_evidence) {
      ++series.bounded;
      series.earliest.record(std::min(Nanos{}, delay));
      return;
    }
    const Nanos resolution = resolution_of(seen, ended);
    series.resolution.record(resolution);
    series.earliest.record(delay - resolution);
  }

  const View& view_;
  const Rows& rows_;
  const bool closed_;  ///< a closed loop measures nothing from intended instants
  Order order_;
  Evidence evidence_;
  const PendingRows::Passed passed_ = [this](const Due& due) {
    // A row that must exist also needs its other inputs. They were acknowledged earlier, wherever they were sent. The
    // content of a window is evidence by itself.
    return evidence_.passed(due.sent.partitions, due.sent.acknowledged) &&
           (due.removes || due.versions.empty() || evidence_.passed_everywhere(due.acknowledged));
  };
  PendingRows pending_;
  std::vector<FreshnessSeries> series_;
  Staleness staleness_;
  Histogram delays_;  ///< of any phase
  Histogram recent_;  ///< the same, since the last now()
  std::unordered_set<Ordinal> canaries_unseen_;
  std::int64_t canary_pending_ = 0;
  bool shows_markers_ = false;
  std::unordered_map<std::string, std::vector<Due::Sent>> unspoken_;  ///< for rows of windows, by key
  std::vector<SeenVersion> seen_;
  Sighting unbelieved_;
  std::vector<LifeEvent> life_;
  WindowFinals finals_;
  std::optional<WindowRecord> windows_;  ///< after finish_windows()
};

}  // namespace

struct Freshness::State {
  State(const Scenario& the_scenario, const Rows& rows) : scenario(the_scenario), views(the_scenario.views.size()) {
    for (const Observe& observe : scenario.observe) {
      const View& view = scenario.view(observe.view);
      auto& observed = views[index_of(observe.view)];
      observed = std::make_unique<ObservedView>(scenario, rows, observe.view);
      const EntityId root = scenario.family_of(view.versions_of[0]);
      families.try_emplace(root, scenario, rows).first->second.add(observe.view, *observed);
    }
  }

  /// Returns null for a view without an observer.
  [[nodiscard]] ObservedView* find(ViewId view) const { return views.at(index_of(view)).get(); }
  [[nodiscard]] ObservedView& observed(ViewId view) const {
    FRESHET_CHECK(find(view) != nullptr, "the view is observed");
    return *find(view);
  }
  [[nodiscard]] bool in_measured(Instant instant) const {
    if (!zero) return false;
    const Nanos since = instant - *zero;
    return since >= scenario.warm_up && since < scenario.length();
  }
  /// The view whose markers are evidence for this one. For a windowed view of the native pipeline, this is one of its
  /// row views if there is one: a pipeline that loses rows may never show some contents of its windows.
  [[nodiscard]] ViewId speaker_of(ViewId id) const {
    const View& view = scenario.view(id);
    if (const auto named = std::ranges::find(scenario.observe, id, &Observe::view)->evidence) return *named;
    if (!view.tumble || scenario.pipeline.kind != PipelineSpec::Kind::Native) return id;
    const auto rows = std::ranges::find_if(scenario.observe, [&](const Observe& other) {
      return !scenario.view(other.view).tumble && scenario.view(other.view).versions_of == view.versions_of;
    });
    return rows == scenario.observe.end() ? id : rows->view;
  }
  template <typename Predicate>
  [[nodiscard]] bool all_observed(const Predicate& predicate) const {
    return std::ranges::all_of(views, [&](const auto& view) { return !view || predicate(*view); });
  }

  const Scenario& scenario;
  mutable std::mutex mutex;
  std::optional<Instant> zero;
  WallTime epoch{};
  std::map<EntityId, Commits> families;  ///< by Scenario::family_of
  std::vector<std::unique_ptr<ObservedView>> views;
};

Freshness::Freshness(const Scenario& scenario, const Rows& rows) : state_(std::make_unique<State>(scenario, rows)) {}
Freshness::~Freshness() = default;

void Freshness::set_zero(Instant zero, WallTime epoch) {
  const std::scoped_lock lock(state_->mutex);
  state_->zero = zero;
  state_->epoch = epoch;
}

void Freshness::settled(std::span<const Settled> batch) {
  const std::scoped_lock lock(state_->mutex);
  for (const Settled& settled : batch) {
    const auto family = state_->families.find(state_->scenario.family_of(settled.change.entity));
    if (family != state_->families.end()) family->second.settled(settled);
  }
}

void Freshness::sought(ViewId view, Instant since, std::size_t most, std::vector<std::string>& keys) {
  const std::scoped_lock lock(state_->mutex);
  state_->observed(view).pending().sought(since, most, keys);
}

void Freshness::sighted(ViewId view, std::span<const std::string> keys, std::span<const Sighting> sightings,
                        Instant began, Instant ended) {
  const std::scoped_lock lock(state_->mutex);
  ObservedView& observed = state_->observed(view);
  for (const Sighting& sighting : sightings) {
    FRESHET_CHECK(sighting.key < keys.size(), "a sighting is of a key that was looked for");
    observed.sighted(keys[sighting.key], sighting, began, ended, state_->zero.value_or(Instant{}));
  }
  observed.look_ended();
}

void Freshness::probe(Instant now) {
  const std::scoped_lock lock(state_->mutex);
  if (!state_->in_measured(now)) return;
  for (const auto& view : state_->views) {
    if (view) view->probe(now);
  }
}

Freshness::Now Freshness::now(ViewId view, Instant instant) {
  const std::scoped_lock lock(state_->mutex);
  return state_->observed(view).now(instant);
}

Freshness::Sizes Freshness::sizes() const {
  const std::scoped_lock lock(state_->mutex);
  Sizes sizes;
  for (const auto& [root, commits] : state_->families) sizes.roots += commits.living();
  for (const auto& view : state_->views) {
    if (!view) continue;
    sizes.rows += view->pending().rows();
    sizes.versions += view->pending().versions();
  }
  return sizes;
}

bool Freshness::all_seen() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->all_observed([](const ObservedView& view) { return view.pending().rows() == 0; });
}

void Freshness::may_overtake(ViewId view) {
  const std::scoped_lock lock(state_->mutex);
  state_->observed(view).may_overtake();
}

bool Freshness::drained() const {
  const std::scoped_lock lock(state_->mutex);
  return std::ranges::all_of(state_->scenario.observe, [&](const Observe& observe) {
    const ObservedView& speaker = state_->observed(state_->speaker_of(observe.view));
    return state_->observed(observe.view).rows_are_in() && (!speaker.shows_markers() || speaker.evidence().complete());
  });
}

Freshness::Unpassed Freshness::unpassed() const {
  const std::scoped_lock lock(state_->mutex);
  Unpassed unpassed;
  for (const auto& view : state_->views) {
    if (!view || !view->shows_markers()) continue;
    unpassed.partitions = std::max(unpassed.partitions, view->evidence().open().size());
    unpassed.unmarked = std::max(unpassed.unmarked, view->evidence().unmarked());
    unpassed.waiting = unpassed.waiting || (view->order() == Order::Source && !view->rows_are_in());
    unpassed.lag = std::max(unpassed.lag, view->lag());
  }
  return unpassed;
}

bool Freshness::proven(ViewId id, const std::optional<std::string>& key) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView& view = state_->observed(id);
  const ObservedView& speaker = state_->observed(state_->speaker_of(id));
  const bool complete = speaker.shows_markers() && speaker.evidence().complete();
  // In a window, changes other than the expected ones may by chance add up to the content that was seen.
  const bool tells_rows = view.order() == Order::Source && key.has_value() && !state_->scenario.view(id).tumble;
  return tells_rows ? view.passed(*key) : complete;
}

EvidenceRecord Freshness::evidence(ViewId id) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView* view = state_->find(id);
  if (view == nullptr) return {};
  const ViewId speaking = state_->speaker_of(id);
  const ObservedView& speaker = state_->observed(speaking);
  EvidenceRecord record;
  record.order = view->order();
  record.markers = speaker.shows_markers();
  if (speaking != id) record.view = state_->scenario.view(speaking).name;
  record.partitions = speaker.evidence().partitions();
  record.open = speaker.evidence().open().size();
  return record;
}

Nanos Freshness::lag(ViewId view) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->observed(view).lag();
}

bool Freshness::canary_seen(std::optional<ViewId> except) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView* excepted = except ? state_->find(*except) : nullptr;
  return state_->all_observed([&](const ObservedView& view) { return &view == excepted || view.canary_seen(); });
}

std::int64_t Freshness::seen_at_or_above(ViewId view, Nanos delay) const {
  const std::scoped_lock lock(state_->mutex);
  const Histogram& delays = state_->observed(view).delays();
  return delays.count() - delays.within(delay - Nanos{1});
}

Nanos Freshness::max_below(ViewId view, Nanos delay) const {
  const std::scoped_lock lock(state_->mutex);
  const Histogram& delays = state_->observed(view).delays();
  const std::int64_t below = delays.within(delay - Nanos{1});
  return below == 0 ? Nanos{} : delays.at_rank(below);
}

void Freshness::finish(Instant now) {
  const std::scoped_lock lock(state_->mutex);
  const Instant zero = state_->zero.value_or(Instant{});
  const Instant from = zero + state_->scenario.warm_up;
  const Instant to = std::min(now, zero + state_->scenario.length());
  for (const auto& view : state_->views) {
    if (!view) continue;
    view->finish(now, zero);
    view->finish_windows({now, zero, state_->epoch, from, to});
  }
}

std::map<std::string, FreshnessSeries> Freshness::series(ViewId view) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView* observed = state_->find(view);
  return observed == nullptr ? std::map<std::string, FreshnessSeries>{} : observed->series(state_->scenario);
}

std::optional<WindowRecord> Freshness::windows(ViewId view) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView* observed = state_->find(view);
  return observed == nullptr ? std::nullopt : observed->windows();
}

Staleness Freshness::staleness(ViewId view) const {
  const std::scoped_lock lock(state_->mutex);
  const ObservedView* observed = state_->find(view);
  return observed == nullptr ? Staleness{} : observed->staleness();
}

}  // namespace freshet
