// Picks of living instances: the distribution of the pick, given that the picked instance lives.
//
// Processes all births and deaths of the target and all picks in order of time. Each pick gets its position in the
// distribution over the instances that live at that instant, in the order of their ranks. If the distribution is the
// declared one, the positions are uniform, however the living instances change from pick to pick (see CdfValues).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "fit/checks/statistical_tests.h"
#include "fit/tallies/reference_tallies.h"

namespace freshet {
namespace {

/// The living instances must have at least this share of the distribution. Below it the generator's search may end
/// elsewhere, and nothing is tested. A search of 64 draws misses a quarter once in 10^8 times.
constexpr double kLeastLiving = 0.25;

/// The distribution over the instances that live now.
class LivingDistribution {
 public:
  LivingDistribution() = default;
  virtual ~LivingDistribution() = default;
  LivingDistribution(const LivingDistribution&) = delete;
  LivingDistribution& operator=(const LivingDistribution&) = delete;
  virtual void born(Ordinal ordinal, bool first) = 0;
  virtual void died(Ordinal ordinal) = 0;
  [[nodiscard]] virtual bool lives(Ordinal ordinal) const = 0;
  struct Share {
    double before = 0;  ///< share of the living ones that rank before it
    double own = 0;
    double living = 0;
    double all = 0;  ///< including the dead ones
  };
  [[nodiscard]] virtual Share share_of(Ordinal ordinal) const = 0;
  /// The number of steps of share_of(), if it is more than a few.
  [[nodiscard]] virtual std::size_t steps() const { return 0; }
};

/// Fixed weights in a fixed order, in a tree of partial sums.
class WeightedLiving final : public LivingDistribution {
 public:
  /// `order`: the ordinals by rank. `known`: all instances exist from the start.
  WeightedLiving(const std::vector<Ordinal>& order, std::vector<double> weights, bool known)
      : weights_(std::move(weights)),
        ranks_(weights_.size()),
        lives_(weights_.size()),
        sums_(weights_.size() + 1),
        known_(known) {
    for (std::size_t rank = 0; rank < order.size(); ++rank) ranks_[order[rank]] = rank;
    if (!known) return;
    for (const double weight : weights_) all_ += weight;
  }
  void born(Ordinal ordinal, bool first) override {
    if (first && !known_) all_ += weights_[ranks_[ordinal]];
    set(ordinal, true);
  }
  void died(Ordinal ordinal) override { set(ordinal, false); }
  [[nodiscard]] bool lives(Ordinal ordinal) const override { return ordinal < lives_.size() && lives_[ordinal]; }
  [[nodiscard]] Share share_of(Ordinal ordinal) const override {
    const std::size_t rank = ranks_[ordinal];
    return {sum(rank), weights_[rank], sum(weights_.size()), all_};
  }

 private:
  void set(Ordinal ordinal, bool lives) {
    if (lives_[ordinal] == lives) return;
    lives_[ordinal] = lives;
    const std::size_t rank = ranks_[ordinal];
    const double change = lives ? weights_[rank] : -weights_[rank];
    for (std::size_t i = rank + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += change;
  }
  /// The sum of the living ones among the first `ranks` ranks.
  [[nodiscard]] double sum(std::size_t ranks) const {
    double total = 0;
    for (std::size_t i = ranks; i > 0; i -= i & (~i + 1)) total += sums_[i];
    return total;
  }

  std::vector<double> weights_;     // by rank
  std::vector<std::size_t> ranks_;  // by ordinal
  std::vector<bool> lives_;
  std::vector<double> sums_;
  bool known_;
  double all_ = 0;
};

/// Weights that decrease with the number of later arrivals.
class RecentLiving final : public LivingDistribution {
 public:
  RecentLiving(std::size_t count, double mean)
      : lives_(count), decay_(std::exp(-1 / mean)), reach_(static_cast<std::size_t>(std::ceil(kReach * mean))) {}
  void born(Ordinal ordinal, bool first) override {
    if (first) known_ = std::max(known_, ordinal + 1);
    lives_[ordinal] = true;
  }
  void died(Ordinal ordinal) override { lives_[ordinal] = false; }
  [[nodiscard]] bool lives(Ordinal ordinal) const override { return ordinal < lives_.size() && lives_[ordinal]; }
  [[nodiscard]] Share share_of(Ordinal ordinal) const override {
    Share share;
    double weight = 1;
    for (Ordinal back = 0; back < std::min<Ordinal>(known_, reach_); ++back, weight *= decay_) {
      const Ordinal each = known_ - 1 - back;
      share.all += weight;
      if (!lives_[each]) continue;
      share.living += weight;
      if (each > ordinal) share.before += weight;
      if (each == ordinal) share.own = weight;
    }
    return share;
  }
  [[nodiscard]] std::size_t steps() const override { return reach_; }

 private:
  static constexpr double kReach = 30;  // e^-30 is too small to be seen
  std::vector<bool> lives_;
  double decay_;
  std::size_t reach_;
  Ordinal known_ = 0;
};

class LivingPickTally final : public ReferenceTally {
 public:
  LivingPickTally(const TallyContext& context, const constructs::Ref& ref, std::size_t key_column)
      : ReferenceTally(context, ref, key_column) {
    check_.declared = fmt::format("{}, of the {}s that live", words(), target_.name);
  }
  void see(const Sight& sight, std::size_t column) override {
    Picked pick{sight.created, kNone};
    if (key_cell(sight, column).kind != Kind::Null) pick.ordinal = picked(sight, column).value_or(kStranger);
    picks_.push_back(pick);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    CdfValues cdf_values;
    const std::int64_t left_out = place_all(cdf_values);
    cdf_values.test(check);
    check.bars = cdf_values.bars();
    if (left_out > 0) {
      check.note = fmt::format("{} left out: less than a quarter lived{}", left_out, check.note.empty() ? "" : "; ") +
                   check.note;
    }
    out.push_back(std::move(check));
  }

 private:
  static constexpr Ordinal kNone = ~Ordinal{0};
  static constexpr Ordinal kStranger = kNone - 1;
  struct Picked {
    Micros at;
    Ordinal ordinal;
  };
  struct Turn {
    Micros at;
    Ordinal ordinal;
    bool alive;
    bool first;
  };

  [[nodiscard]] std::string words() const {
    return std::visit(Overloaded{[](const picks::Recent& recent) {
                                   return fmt::format("{:.6g} arrivals back on average, exponential", recent.mean);
                                 },
                                 [&](const picks::Weighted& weighted) {
                                   return "weighted by " + target_.record[weighted.column].name;
                                 },
                                 [&](const OneOf<picks::Uniform, picks::Zipf> auto&) { return words_of(ref_.pick); }},
                      ref_.pick.choice);
  }

  [[nodiscard]] std::unique_ptr<LivingDistribution> distribution() const {
    const auto count = static_cast<std::size_t>(input_.enlarged.rows.count(ref_.entity));
    std::vector<Ordinal> order(count);
    for (Ordinal i = 0; i < count; ++i) order[i] = i;
    std::vector<double> weights(count, 1.0);
    const auto weighted_living = [&]() -> std::unique_ptr<LivingDistribution> {
      return std::make_unique<WeightedLiving>(order, std::move(weights), target_.rows.has_value());
    };
    return std::visit(Overloaded{[&](const picks::Recent& recent) -> std::unique_ptr<LivingDistribution> {
                                   return std::make_unique<RecentLiving>(count, recent.mean);
                                 },
                                 [&](const picks::Uniform&) { return weighted_living(); },
                                 [&](const picks::Weighted& weighted) {
                                   weights = weights_of_column(input_, ref_.entity, weighted.column);
                                   return weighted_living();
                                 },
                                 [&](const picks::Zipf&) {
                                   order = input_.order(ref_.entity);
                                   const RankDistribution ranks =
                                       RankDistribution::of(ref_.pick, static_cast<std::int64_t>(count));
                                   for (std::size_t rank = 0; rank < count; ++rank) {
                                     weights[rank] = ranks.share(static_cast<std::int64_t>(rank) + 1);
                                   }
                                   return weighted_living();
                                 }},
                      ref_.pick.choice);
  }

  [[nodiscard]] std::vector<Turn> turns() const {
    std::vector<Turn> turns;
    std::vector<LifeEvent> life;
    const Ordinal count = input_.enlarged.rows.count(ref_.entity);
    for (Ordinal ordinal = 0; ordinal < count; ++ordinal) {
      life.clear();
      input_.enlarged.rows.life_of(ref_.entity, ordinal, life);
      for (const LifeEvent& event : life) {
        if (event.operation == Operation::Update) continue;
        const bool alive = event.operation == Operation::Insert;
        turns.push_back({event.intended, ordinal, alive, alive && &event == &life.front()});
      }
    }
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.at < b.at; });
    return turns;
  }

  /// Returns how many could not be tested.
  std::int64_t place_all(CdfValues& cdf_values) const {
    std::vector<Picked> picks = picks_;
    std::stable_sort(picks.begin(), picks.end(), [](const Picked& a, const Picked& b) { return a.at < b.at; });
    const std::vector<Turn> turns = this->turns();
    if (turns.empty()) return static_cast<std::int64_t>(picks.size());
    const auto distribution = this->distribution();
    constexpr std::size_t kMostSteps = 400'000'000;  // about a second
    const std::size_t stride = 1 + picks.size() * distribution->steps() / kMostSteps;
    auto turn = turns.begin();
    std::int64_t left_out = 0;
    for (std::size_t i = 0; i < picks.size(); i += stride) {
      const Picked& pick = picks[i];
      for (; turn != turns.end() && turn->at <= pick.at; ++turn) {
        turn->alive ? distribution->born(turn->ordinal, turn->first) : distribution->died(turn->ordinal);
      }
      const bool lives = distribution->lives(pick.ordinal);
      const LivingDistribution::Share share = distribution->share_of(lives ? pick.ordinal : 0);
      if (!(share.living >= kLeastLiving * share.all) || share.all <= 0) {
        ++left_out;
      } else if (!lives || share.own <= 0) {
        cdf_values.add_impossible();
      } else {
        cdf_values.add(share.before / share.living, (share.before + share.own) / share.living);
      }
    }
    return left_out;
  }

  std::vector<Picked> picks_;
};

}  // namespace

std::unique_ptr<Tally> make_living_pick_tally(const TallyContext& context, const constructs::Ref& ref,
                                              std::size_t key_column) {
  return std::make_unique<LivingPickTally>(context, ref, key_column);
}

}  // namespace freshet
