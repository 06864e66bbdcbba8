#include "app/native/retention_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "app/native/schedule_replay.h"
#include "base/messages/units.h"

namespace freshet {

namespace {

constexpr std::int64_t kTried = 50'000;

/// The content of the sinks: for each view, a hash of each row by key.
using Views = std::vector<std::unordered_map<std::string, std::uint64_t>>;

/// Which changes are tried: those of every n-th root, up to a limit, not counting those before the load.
struct Sample {
  std::uint64_t every = 1;
  std::int64_t most = kTried;
};

Views views_of(const Scenario& scenario, const Rows& model, const RunIdentity& identity, const Sample& sample) {
  Views views(scenario.views.size());
  std::string content;
  ScheduleReplay replay(scenario, model, [&](const ViewDelta& delta) {
    if (delta.deleted) {
      views[delta.view].erase(delta.row->key);
      return;
    }
    content.clear();
    append_content(delta.row->row, scenario.views[delta.view].record, content);
    views[delta.view].insert_or_assign(delta.row->key, hash_of(content));
  });
  std::stop_source enough;
  std::int64_t taken = 0;
  each_change(scenario, model, identity, enough.get_token(), [&](const Change& change) {
    if (change.root % sample.every != 0) return;
    replay.take(change);
    if (change.phase != Phase::Reference && ++taken == sample.most) enough.request_stop();
  });
  replay.settle();
  return views;
}

std::int64_t differences(const Views& a, const Views& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const auto& [key, hash] : a[i]) {
      const auto other = b[i].find(key);
      sum += other == b[i].end() || other->second != hash ? 1 : 0;
    }
    sum += std::count_if(b[i].begin(), b[i].end(), [&](const auto& each) { return !a[i].contains(each.first); });
  }
  return sum;
}

/// Tries one retention at a time.
class Trial {
 public:
  explicit Trial(const Scenario& scenario)
      : scenario_(scenario), identity_{scenario.seed, 0, WallTime{}}, model_(make_model(scenario_, identity_)) {
    for (Entity& entity : scenario_.entities) entity.retention.reset();
    for (View& view : scenario_.views) view.retention.reset();
  }

  /// The scenario without any retention except the one being tried.
  Scenario& scenario() { return scenario_; }
  [[nodiscard]] Views views(const Sample& sample) const { return views_of(scenario_, *model_, identity_, sample); }
  /// Complete lives of instances, as many as make kTried changes.
  [[nodiscard]] Sample lives() const {
    const ScheduleReplay replay(scenario_, *model_, [](const ViewDelta&) {});
    std::int64_t changes = 0;
    each_change(scenario_, *model_, identity_, {},
                [&](const Change& change) { changes += replay.graph().reads(change.entity) ? 1 : 0; });
    return {static_cast<std::uint64_t>(changes / kTried + 1), changes};
  }

 private:
  Scenario scenario_;
  const RunIdentity identity_;
  const std::unique_ptr<const Rows> model_;
};

std::string duration_text(Micros retention) {
  return fmt::format("\"{}s\"", static_cast<double>(retention.count()) / static_cast<double>(kMicrosPerSecond.count()));
}

/// Tries the retention stated at `origin`; `retention` is its member in trial.scenario().
void try_retention(Trial& trial, std::optional<Micros>& retention, Micros stated, const Origin& origin,
                   const Sample& sample, std::vector<Problem>& out) {
  const Views right = trial.views(sample);
  const auto wrong = [&](Micros tried) {
    retention = tried;
    const std::int64_t rows = differences(right, trial.views(sample));
    retention.reset();
    return rows;
  };
  const std::int64_t rows = wrong(stated);
  if (rows == 0) return;
  std::string longer = "a longer one";
  const Micros length = trial.scenario().length();
  for (Micros tried = 2 * stated; tried < 2 * length; tried *= 2) {
    if (wrong(tried) > 0) continue;
    longer = "a longer one: " + duration_text(tried) + " suffices, plus the pipeline's lag";
    break;
  }
  std::size_t all = 0;
  for (const auto& view : right) all += view.size();
  const std::string of = sample.every == 1 ? "" : fmt::format(", of one instance in {}", sample.every);
  out.push_back(
      {Problem::Severity::Warning, origin,
       fmt::format("dropped rows are needed later: {} of {} rows of views would be missing, superfluous or wrong{}",
                   human_count(rows), human_count(static_cast<std::int64_t>(all)), of),
       longer, ""});
}

}  // namespace

std::vector<Problem> retention_warnings(const Scenario& scenario) {
  std::vector<Problem> out;
  const bool native = scenario.pipeline.kind == PipelineSpec::Kind::Native;
  if (!scenario.forgets() || !native || scenario.observe.empty()) return out;
  Trial trial(scenario);
  const Sample lives = trial.lives();
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const Entity& stated = scenario.entities[i];
    if (!stated.retention) continue;
    try_retention(trial, trial.scenario().entities[i].retention, *stated.retention, stated.retention_origin, lives,
                  out);
  }
  for (std::size_t i = 0; i < scenario.views.size(); ++i) {
    const View& stated = scenario.views[i];
    if (!stated.retention) continue;
    try_retention(trial, trial.scenario().views[i].retention, *stated.retention, stated.retention_origin, {}, out);
  }
  return out;
}

}  // namespace freshet
