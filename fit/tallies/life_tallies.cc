#include "fit/tallies/life_tallies.h"

#include <fmt/format.h>

#include <algorithm>

namespace freshet {
namespace {

std::size_t column_named(const Entity& entity, std::string_view name) {
  std::size_t column = 1;
  for (const Field& field : entity.fields) {
    if (field.name == name) return column;
    column += columns_of(field);
  }
  return 0;
}

std::size_t state_column_of(const Entity& entity) {
  std::size_t column = 1;
  for (const Field& field : entity.fields) {
    if (field.value->is<constructs::State>()) return column;
    column += columns_of(field);
  }
  return 0;
}

}  // namespace

SpanTally::SpanTally(const Distribution& distribution, double time_scale, Micros least)
    : distribution_(distribution, true), time_scale_(time_scale), least_(least) {}

double SpanTally::at_most(Micros span) const {
  if (span < least_) return 0;
  // The scaled span is rounded half up: it is at most `span` if the drawn one is below (span + ½) · time_scale.
  return distribution_.below((static_cast<double>(span.count()) + 0.5) * time_scale_);
}

void SpanTally::see(Micros span, Micros left) {
  const double possible = at_most(left);
  const double below = at_most(span - Micros{1});
  const double here = at_most(span);
  if (!(here > below) || !(possible > 0)) return cdf_values_.add_impossible();
  cdf_values_.add(below / possible, std::min(1.0, here / possible));
  constexpr double kSure = 0.999;
  if (possible > kSure) shown_.push_back(static_cast<double>(span.count()) * time_scale_);
}

void SpanTally::test(FitCheck& check) const {
  const std::int64_t sure = static_cast<std::int64_t>(shown_.size());
  const std::int64_t cut = cdf_values_.size() - sure;
  // The mean of a few out of many would be unreliable beside a large number of values.
  const bool enough = sure >= kLeastSamples && sure * 20 >= cdf_values_.size();
  describe_values(distribution_, enough ? shown_ : std::vector<double>{}, {1e-6, "s"}, check);
  if (!enough && !distribution_.constant()) check.bars = cdf_values_.bars(), check.bars_are_places = true;
  cdf_values_.test(check);
  if (distribution_.constant() && check.verdict != FitCheck::Verdict::Differs) {
    check.p.reset();
    test_exact(0, cdf_values_.size(), check);
  }
  if (cut > 0 && check.note.empty() && !distribution_.constant()) {
    check.note = fmt::format("{} of {} might have been cut off by the end of the schedule; {}", cut, cdf_values_.size(),
                             enough ? "mean and quantiles are those of the others" : "no mean is shown");
  }
}

LifeTally::State LifeTally::state_of(const LifeState& declared) const {
  State state{declared.name,
              SpanTally(declared.after, input_.enlarged.scenario.time_scale, Micros{1}),
              declared.share,
              {},
              {},
              0,
              0,
              0,
              0,
              0,
              {}};
  if (declared.final || declared.to.empty()) state.share = 0;
  double total = 0;
  for (const double weight : declared.weights) total += weight;
  for (std::size_t i = 0; i < declared.to.size(); ++i) state.shares[declared.to[i]] += declared.weights[i] / total;
  for (const Field& field : declared.set) {
    const TallyContext context{input_, id_, field.name + " [set in " + declared.name + "]", true};
    state.sets.emplace_back(column_named(entity_, field.name), make_tally(context, *field.value));
  }
  return state;
}

LifeTally::LifeTally(const FitInput& input, EntityId entity)
    : input_(input), id_(entity), entity_(input.enlarged.scenario.entity(entity)) {
  for (const LifeState& state : entity_.life) states_.push_back(state_of(state));
  if (entity_.revival) revival_ = std::make_unique<State>(state_of(*entity_.revival));
  state_column_ = state_column_of(entity_);
}

std::optional<NextState> LifeTally::state_shown(Ordinal ordinal, const LifeEvent& event) {
  if (event.operation == Operation::Delete) return NextState();
  input_.enlarged.rows.row(id_, ordinal, event.version, row_);
  const Cell& cell = row_.cells[state_column_];
  if (cell.kind != Kind::Text) return std::nullopt;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (row_.text_of(cell) == states_[i].name) return NextState(i);
  }
  return std::nullopt;
}

void LifeTally::enter(State& state, Micros left, bool leaves) {
  const double chance = state.share * state.dwell.at_most(left);
  ++state.entered;
  state.left += leaves ? 1 : 0;
  state.expected += chance;
  state.variance += chance * (1 - chance);
}

/// Adds the expected operations of the next version of an instance in this state, given the probability that there is
/// one.
void LifeTally::count_operations(const State& state, double leaves, bool dead) {
  for (const auto& [next, share] : state.shares) {
    const Operation operation = !next ? Operation::Delete : dead ? Operation::Insert : Operation::Update;
    Sum& sum = operations_[static_cast<std::size_t>(operation)];
    sum.expected += leaves * share;
  }
  for (std::size_t i = 0; i < kOperations; ++i) {
    double chance = 0;
    for (const auto& [next, share] : state.shares) {
      const Operation operation = !next ? Operation::Delete : dead ? Operation::Insert : Operation::Update;
      if (static_cast<std::size_t>(operation) == i) chance += leaves * share;
    }
    operations_[i].variance += chance * (1 - chance);
  }
}

void LifeTally::see(Ordinal ordinal, const std::vector<LifeEvent>& life) {
  ++instances_;
  State* state = &states_[0];
  bool dead = false;
  for (std::size_t i = 0; i < life.size() && state != nullptr; ++i) {
    const LifeEvent& event = life[i];
    const Micros left = input_.enlarged.scenario.length() - event.intended - Micros{1};
    const bool leaves = i + 1 < life.size();
    enter(*state, left, leaves);
    count_operations(*state, state->share * state->dwell.at_most(left), dead);
    if (!leaves) break;
    const LifeEvent& after = life[i + 1];
    state->dwell.see(after.intended - event.intended, left);
    operations_[static_cast<std::size_t>(after.operation)].seen += 1;
    const auto shown = state_shown(ordinal, after);
    if (!shown || state->shares.count(*shown) == 0) ++state->strangers;
    if (!shown) return;
    const NextState next = *shown;
    ++state->next[next];
    dead = !next;
    state = dead ? revival_.get() : &states_[*next];
    if (dead) continue;
    const Sight sight{row_, 0, ordinal, life.front().intended, after.intended};
    for (const auto& [column, tally] : state->sets) tally->see(sight, column);
  }
}

void LifeTally::conclude_state(const State& state, std::vector<FitCheck>& out) const {
  const bool after_delete = &state == revival_.get();
  const std::string in = after_delete ? "after delete" : "in " + state.name;
  const auto check = [&](const std::string& aspect) { return check_of({input_, id_, ""}, aspect + " " + in); };
  if (state.share > 0) {
    FitCheck dwell = check("dwell");
    state.dwell.test(dwell);
    out.push_back(std::move(dwell));
    FitCheck leaving = check("share that leaves");
    leaving.samples = state.entered;
    leaving.declared = fmt::format("{:.6g} %, adjusted for the end of the schedule", state.share * 100);
    leaving.unit = "%";
    if (state.entered >= kLeastSamples) {
      test_deviation(static_cast<double>(state.left), state.expected, state.variance,
                     static_cast<double>(state.entered) / 100, leaving);
      leaving.bars = {{"", 0, 0, *leaving.declared_mean / 100, *leaving.achieved_mean / 100}};
    } else {
      leaving.note = fmt::format("{} values are too few to test", state.entered);
    }
    out.push_back(std::move(leaving));
  }
  if (state.share > 0) {
    FitCheck next = check("next state");
    std::vector<std::string> names;
    std::vector<double> weights;
    std::vector<std::int64_t> counts;
    for (const auto& [to, share] : state.shares) {
      names.push_back(to ? states_[*to].name : "deleted");
      weights.push_back(share);
      const auto seen = state.next.find(to);
      counts.push_back(seen == state.next.end() ? 0 : seen->second);
    }
    test_kinds(names, weights, counts, state.strangers, next);
    out.push_back(std::move(next));
  }
  for (const auto& [column, tally] : state.sets) tally->conclude(out);
}

void LifeTally::conclude(std::vector<FitCheck>& out) const {
  for (const State& state : states_) conclude_state(state, out);
  if (revival_) conclude_state(*revival_, out);
  constexpr const char* kNames[] = {"re-inserts per instance", "updates per instance", "deletes per instance"};
  for (std::size_t i = 0; i < kOperations; ++i) {
    const Sum& sum = operations_[i];
    if (sum.expected <= 0 && sum.seen <= 0) continue;
    FitCheck check = check_of({input_, id_, ""}, kNames[i]);
    check.samples = instances_;
    check.declared = "as states, shares and dwells bring about before the end";
    test_deviation(sum.seen, sum.expected, sum.variance, static_cast<double>(std::max<std::int64_t>(instances_, 1)),
                   check);
    out.push_back(std::move(check));
  }
}

ChildTally::ChildTally(const FitInput& input, EntityId entity)
    : input_(input),
      id_(entity),
      entity_(input.enlarged.scenario.entity(entity)),
      delay_(entity_.delay, input.enlarged.scenario.time_scale, {}) {}

void ChildTally::see(Ordinal child) {
  const Ordinal parent = child / entity_.most;
  if (last_ == parent) return;
  last_ = parent;
  life_.clear();
  input_.enlarged.rows.life_of(*entity_.per, parent, life_);
  if (life_.empty()) return;
  // Children of reference rows start from the schedule's zero.
  const bool of_reference = input_.enlarged.scenario.entity(*entity_.per).rows.has_value();
  const Micros base = of_reference ? Micros{} : life_.front().intended;
  const Micros left = input_.enlarged.scenario.length() - base - Micros{1};
  const double chance = entity_.share * delay_.at_most(left);
  ++parents_;
  expected_ += chance;
  variance_ += chance * (1 - chance);
  std::size_t children = 0;
  for (Ordinal i = 0; i < entity_.most; ++i) {
    life_.clear();
    input_.enlarged.rows.life_of(id_, parent * entity_.most + i, life_);
    if (life_.empty()) continue;
    ++children;
    delay_.see(life_.front().intended - base, left);
  }
  if (children > 0) ++seen_;
  constexpr double kSure = 1 - 1e-12;
  if (delay_.at_most(left) < kSure) return;
  numbers_.resize(static_cast<std::size_t>(entity_.most) + 1);
  ++numbers_[children];
}

void ChildTally::conclude_share(std::vector<FitCheck>& out) const {
  FitCheck share = check_of({input_, id_, ""}, "share of parents");
  share.samples = parents_;
  share.unit = "%";
  share.declared = fmt::format("{:.6g} %, adjusted for the end of the schedule", entity_.share * 100);
  if (parents_ >= kLeastSamples) {
    test_deviation(static_cast<double>(seen_), expected_, variance_, static_cast<double>(parents_) / 100, share);
    share.bars = {{"", 0, 0, *share.declared_mean / 100, *share.achieved_mean / 100}};
  } else {
    share.note = fmt::format("{} values are too few to test", parents_);
  }
  out.push_back(std::move(share));
}

/// The number of children, for parents whose children all come before the end.
void ChildTally::conclude_count(std::vector<FitCheck>& out) const {
  const KnownDistribution distribution(*entity_.count, true);
  FitCheck check = check_of({input_, id_, ""}, "children of a parent");
  check.declared = distribution.words(1, "");
  if (entity_.share < 1) check.declared += fmt::format(", of {:.6g} % of the parents", entity_.share * 100);
  if (numbers_.empty()) {
    check.note = "no parent is sure to show all of its children before the end of the schedule";
    out.push_back(std::move(check));
    return;
  }
  std::vector<std::string> names;
  std::vector<double> weights;
  for (std::size_t number = 0; number < numbers_.size(); ++number) {
    const auto at = static_cast<double>(number);
    names.push_back(std::to_string(number));
    weights.push_back(entity_.share * (distribution.at_most(at) - distribution.below(at)) +
                      (number == 0 ? 1 - entity_.share : 0));
  }
  test_kinds(names, weights, numbers_, 0, check);
  out.push_back(std::move(check));
}

void ChildTally::conclude(std::vector<FitCheck>& out) const {
  entity_.count ? conclude_count(out) : conclude_share(out);
  FitCheck delay = check_of({input_, id_, ""}, "delay");
  delay_.test(delay);
  out.push_back(std::move(delay));
}

}  // namespace freshet
