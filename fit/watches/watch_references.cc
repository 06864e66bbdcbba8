// Watches that need more than the cell: instants, references, sequences.
#include "fit/watches/watch_references.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "fit/checks/judge.h"
#include "fit/watches/count_before.h"
#include "fit/watches/watch_kinds.h"

namespace freshet {
namespace {

/// A range of instants that look the same once they are written.
struct Instants {
  WallTime first{};
  Micros count{1};
};

Micros fineness(constructs::Time::Form form) {
  using Form = constructs::Time::Form;
  switch (form) {
    case Form::Native:
    case Form::IsoMicros:
    case Form::WholeMicros:
      return Micros{1};
    case Form::IsoMillis:
    case Form::EpochMillis:
    case Form::WholeMillis:
      return Micros{1'000};
    case Form::Iso:
    case Form::WholeSeconds:
      return kMicrosPerSecond;
    case Form::Date:
      return 86'400 * kMicrosPerSecond;
  }
  return Micros{1};
}

bool parse_number(std::string_view text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Reads the instant back from a time column; returns false if it shows no time.
bool read_instants(const Row& row, const Cell& cell, const constructs::Time& value, Instants& out) {
  using Form = constructs::Time::Form;
  out.count = fineness(value.form);
  if (cell.kind == Kind::Time || cell.kind == Kind::Integer) {
    out.first = WallTime{cell.number * (cell.kind == Kind::Integer ? out.count : Micros{1})};
    return true;
  }
  if (cell.kind != Kind::Text) return false;
  std::string text(row.text_of(cell));
  std::int64_t number = 0;
  if (value.form == Form::EpochMillis) {
    if (!parse_number(text, number)) return false;
    out.first = WallTime{number * out.count};
    return true;
  }
  constexpr std::size_t kZone = 6;  // "+02:00"
  if (value.form == Form::Date) {
    text += "T00:00:00";
  } else if (text.size() > kZone) {
    text.resize(text.size() - kZone);
  }
  if (!parse_time(text, number)) return false;
  out.first = WallTime{Micros{number} - value.zone_minutes * (60 * kMicrosPerSecond)};
  return true;
}

/// Instants of the row, and distributions of durations from them.
class TimeWatch final : public Watch {
 public:
  TimeWatch(const WatchPlace& place, const constructs::Time& value)
      : check_(check_of(place, "value")), epoch_(place.input.enlarged.epoch), value_(value), law_(value.offset, true) {
    const bool plain = law_.constant() && law_.low() == 0;
    const char* from = value.instant == constructs::Time::Instant::Created    ? "created"
                       : value.instant == constructs::Time::Instant::Intended ? "intended"
                                                                              : "1970";
    check_.declared =
        plain ? from : fmt::format("{} {} {}", from, value.minus ? "minus" : "plus", law_.words(1e-6, " s"));
  }
  void see(const Sight& sight, std::size_t column) override {
    WallTime base{};
    if (value_.instant == constructs::Time::Instant::Created) base = epoch_ + sight.created;
    if (value_.instant == constructs::Time::Instant::Intended) base = epoch_ + sight.intended;
    Instants shown;
    if (!read_instants(sight.row, sight.cell(column), value_, shown)) return places_.add_impossible();
    // The offsets that lead to these instants.
    Micros least = shown.first - base;
    if (value_.minus) least = base - (shown.first + shown.count - Micros{1});
    const Micros most = least + shown.count - Micros{1};
    const double below = law_.below(static_cast<double>(least.count()));
    const double at_most = law_.at_most(static_cast<double>(most.count()));
    if (!(at_most > below)) return places_.add_impossible();
    places_.add(below, at_most);
    offsets_.push_back((static_cast<double>(least.count()) + static_cast<double>(most.count())) / 2);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    if (law_.constant()) {
      judge_exact(places_.size() - static_cast<std::int64_t>(offsets_.size()), places_.size(), check);
    } else {
      describe_values(law_, offsets_, {1e-6, "s"}, check);
      places_.judge(check);
    }
    out.push_back(std::move(check));
  }

 private:
  FitCheck check_;
  WallTime epoch_;
  const constructs::Time& value_;
  Law law_;
  Places places_;
  std::vector<double> offsets_;
};

/// Which instance a reference picks, by rank of popularity.
class PickWatch final : public ReferenceWatch {
 public:
  PickWatch(const WatchPlace& place, const constructs::Ref& ref, std::size_t key_column)
      : ReferenceWatch(place, ref, key_column) {
    counts_.resize(static_cast<std::size_t>(*target_.rows));
    check_.declared = words_of(ref.pick) + fmt::format(", of {} {}s", *target_.rows, target_.name);
  }
  void see(const Sight& sight, std::size_t column) override {
    const auto ordinal = picked(sight, column);
    if (!ordinal || *ordinal >= counts_.size()) {
      ++outside_;
    } else {
      ++counts_[static_cast<std::size_t>(*ordinal)];
    }
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    const auto n = static_cast<std::int64_t>(counts_.size());
    const RankLaw law = RankLaw::of(ref_.pick, n);
    std::vector<std::int64_t> by_rank;
    std::vector<double> weights;
    for (const Ordinal ordinal : input_.order(ref_.entity)) by_rank.push_back(counts_[ordinal]);
    for (std::int64_t rank = 1; rank <= n; ++rank) weights.push_back(law.share(rank));
    judge_ranks(by_rank, weights, check);
    if (outside_ > 0) judge_exact(outside_, outside_ + check.samples, check), check.p.reset();
    out.push_back(std::move(check));
  }

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t outside_ = 0;
};

/// Which instance a reference picks, in proportion to one of its columns.
class WeightedPickWatch final : public ReferenceWatch {
 public:
  WeightedPickWatch(const WatchPlace& place, const constructs::Ref& ref, ColumnIndex column, std::size_t key_column)
      : ReferenceWatch(place, ref, key_column) {
    check_.declared =
        fmt::format("weighted by {}, of {} {}s", target_.record[column].name, *target_.rows, target_.name);
    weights_ = weights_of_column(input_, ref.entity, column);
    counts_.resize(weights_.size());
  }
  void see(const Sight& sight, std::size_t column) override {
    const auto ordinal = picked(sight, column);
    const bool possible = ordinal && *ordinal < counts_.size() && weights_[*ordinal] > 0;
    ++(possible ? counts_[static_cast<std::size_t>(*ordinal)] : outside_);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    judge_counts(counts_, weights_, outside_, check);
    out.push_back(std::move(check));
  }

 private:
  std::vector<double> weights_;
  std::vector<std::int64_t> counts_;
  std::int64_t outside_ = 0;
};

/// Which of the instances that arrived before the row a reference picks.
class ArrivalPickWatch final : public ReferenceWatch {
 public:
  ArrivalPickWatch(const WatchPlace& place, const constructs::Ref& ref, std::size_t key_column)
      : ReferenceWatch(place, ref, key_column),
        known_(place.input.enlarged.rows, ref.entity),
        recent_(ref.pick.as<picks::Recent>()) {
    check_.declared = recent_ != nullptr ? fmt::format("{:.6g} arrivals back on average, exponential", recent_->mean)
                                         : fmt::format("uniform, of the {}s there are", target_.name);
  }
  void see(const Sight& sight, std::size_t column) override {
    const double known = known_.at(sight.created);
    if (key_cell(sight, column).kind == Kind::Null) {
      if (known > 0) places_.add_impossible();
      return;
    }
    const auto ordinal = picked(sight, column);
    if (!ordinal || static_cast<double>(*ordinal) >= known) return places_.add_impossible();
    const auto k = static_cast<double>(*ordinal);
    if (recent_ == nullptr) return places_.add(k / known, (k + 1) / known);
    const double all = -std::expm1(-known / recent_->mean);
    const double back = known - 1 - k;
    places_.add(-std::expm1(-back / recent_->mean) / all, -std::expm1(-(back + 1) / recent_->mean) / all);
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    places_.judge(check);
    check.bars = places_.bars();
    out.push_back(std::move(check));
  }

 private:
  CountBefore known_;
  const picks::Recent* recent_;
  Places places_;
};

/// A number that counts the instances, in a text with one %d or %0Nd.
class SequenceWatch final : public ExactWatch {
 public:
  SequenceWatch(const WatchPlace& place, const constructs::Sequence& sequence)
      : ExactWatch(check_of(place, "value")), first_(sequence.first) {
    check_.declared = "sequence " + sequence.text;
    const std::size_t percent = sequence.text.find('%');
    before_ = sequence.text.substr(0, percent);
    if (percent == std::string::npos) return;
    const std::size_t end = sequence.text.find('d', percent);
    std::int64_t digits = 0;
    parse_number(std::string_view(sequence.text).substr(percent + 1, end - percent - 1), digits);
    digits_ = static_cast<int>(digits);
    after_ = sequence.text.substr(end + 1);
  }

 private:
  [[nodiscard]] bool right(const Sight& sight, const Cell& cell) const override {
    const std::int64_t number = first_ + static_cast<std::int64_t>(sight.ordinal);
    if (cell.kind != Kind::Text) return cell.number == number;
    return sight.row.text_of(cell) == fmt::format("{}{:0{}}{}", before_, number, digits_, after_);
  }

  std::int64_t first_;
  std::string before_, after_;
  int digits_ = 0;
};

}  // namespace

ReferenceWatch::ReferenceWatch(const WatchPlace& place, const constructs::Ref& ref, std::size_t key_column)
    : check_(check_of(place, "pick")),
      input_(place.input),
      ref_(ref),
      target_(place.input.enlarged.scenario.entity(ref.entity)),
      key_column_(key_column) {}

std::optional<Ordinal> ReferenceWatch::picked(const Sight& sight, std::size_t column) {
  key_.clear();
  append_text(sight.row, key_cell(sight, column), target_.record.columns[0].type, key_);
  return input_.enlarged.rows.ordinal_of(ref_.entity, key_);
}

std::vector<double> weights_of_column(const FitInput& input, EntityId entity, ColumnIndex column) {
  const auto rows = static_cast<Ordinal>(*input.enlarged.scenario.entity(entity).rows);
  std::vector<double> weights;
  Row row;
  for (Ordinal ordinal = 0; ordinal < rows; ++ordinal) {
    input.enlarged.rows.row(entity, ordinal, 1, row);
    const Cell& cell = row[column];
    const double weight = cell.kind == Kind::Null     ? 0
                          : cell.kind == Kind::Double ? as_double(cell)
                                                      : static_cast<double>(cell.number);
    weights.push_back(std::max(0.0, weight));
  }
  return weights;
}

std::unique_ptr<Watch> watch_time(const WatchPlace& place, const constructs::Time& time) {
  return std::make_unique<TimeWatch>(place, time);
}

std::unique_ptr<Watch> watch_pick(const WatchPlace& place, const constructs::Ref& ref) {
  const Entity& target = place.input.declared.scenario.entity(ref.entity);
  if (!ref.via.empty()) return unjudged(place, "follows " + ref.via, "pick");
  for (std::size_t i = 0; i < ref.embed_columns.size(); ++i) {
    if (ref.embed_columns[i] != ColumnIndex{0}) continue;
    if (ref.living) return watch_living_pick(place, ref, i);
    if (!target.rows) return std::make_unique<ArrivalPickWatch>(place, ref, i);
    const auto* weighted = ref.pick.as<picks::Weighted>();
    if (weighted != nullptr) return std::make_unique<WeightedPickWatch>(place, ref, weighted->column, i);
    return std::make_unique<PickWatch>(place, ref, i);
  }
  return unjudged(place, "the row does not show the key of what is picked", "pick");
}

std::unique_ptr<Watch> watch_sequence(const WatchPlace& place, const constructs::Sequence& sequence) {
  return std::make_unique<SequenceWatch>(place, sequence);
}

}  // namespace freshet
