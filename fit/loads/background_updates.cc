#include <fmt/format.h>

#include <algorithm>

#include "base/overloaded.h"
#include "fit/loads/load_windows.h"
#include "fit/loads/loads.h"
#include "fit/tallies/life_tallies.h"

namespace freshet {
namespace {

/// A load that may cause changes of an operation: on existing rows, or (the inserts of upserts) on others.
struct Cause {
  const Load* load;
  bool on_living;
  ExpectedCount expected;
  std::vector<double> shares;  ///< by ordinal: the probability of picking this row
};

struct Happened {
  Micros intended;
  Ordinal ordinal;
  Operation operation;
};

/// The changes of an entity's rows after the reference rows were written, in order.
struct History {
  std::vector<Happened> changes;
  bool alive_at_first = true;
};

History history_of(const FitSource& source, EntityId entity) {
  History history;
  const Entity& declared = source.scenario.entity(entity);
  history.alive_at_first = declared.preloaded;
  std::vector<LifeEvent> life;
  for (Ordinal ordinal = 0; ordinal < source.rows.count(entity); ++ordinal) {
    life.clear();
    source.rows.life_of(entity, ordinal, life);
    for (const LifeEvent& event : life) {
      if (event.phase == Phase::Reference) continue;
      history.changes.push_back({event.intended, ordinal, event.operation});
    }
  }
  std::stable_sort(history.changes.begin(), history.changes.end(),
                   [](const Happened& a, const Happened& b) { return a.intended < b.intended; });
  return history;
}

bool makes(const Load& load, Operation operation) {
  return std::visit(Overloaded{[](const loads::Arrivals&) { return false; },
                               [&](const loads::Updates&) { return operation == Operation::Update; },
                               [&](const loads::Deletes&) { return operation == Operation::Delete; },
                               [&](const loads::Upserts&) { return operation != Operation::Delete; }},
                    load.changes);
}

/// The loads of a scenario that cause an operation; `rank_of` by ordinal, from 1.
std::vector<Cause> causes_of(const Scenario& scenario, EntityId entity, Operation operation,
                             const std::vector<std::int64_t>& rank_of) {
  std::vector<Cause> causes;
  for (const Load& load : scenario.load) {
    if (load.entity != entity || !makes(load, operation)) continue;
    Cause cause{&load, operation != Operation::Insert, ExpectedCount(scenario, load), {}};
    const RankDistribution distribution = RankDistribution::of(*load.pick(), static_cast<std::int64_t>(rank_of.size()));
    for (const std::int64_t rank : rank_of) cause.shares.push_back(distribution.share(rank));
    causes.push_back(std::move(cause));
  }
  return causes;
}

/// Which rows exist, as the history proceeds.
class Living {
 public:
  Living(std::size_t rows, bool at_first) : alive_(rows, at_first) {}
  [[nodiscard]] bool operator[](Ordinal ordinal) const { return alive_[ordinal]; }
  /// True if the change creates or deletes the row.
  bool apply(const Happened& change) {
    const bool lives = change.operation != Operation::Delete;
    if (alive_[change.ordinal] == lives) return false;
    alive_[change.ordinal] = lives;
    return true;
  }

 private:
  std::vector<bool> alive_;
};

/// Fills `seen` and `expected` of the windows.
void fill_windows(const History& history, const std::vector<Cause>& causes, Operation operation, std::size_t rows,
                  std::vector<Window>& windows) {
  Living living(rows, history.alive_at_first);
  std::vector<double> open;  // per cause: the probability of picking a row on which it counts
  for (const Cause& cause : causes) open.push_back(cause.on_living == history.alive_at_first ? 1.0 : 0.0);
  std::size_t next = 0;
  for (Window& window : windows) {
    Micros from = window.from;
    const auto advance = [&](Micros to) {
      for (std::size_t i = 0; i < causes.size(); ++i) {
        window.expected += open[i] * (causes[i].expected.at(to) - causes[i].expected.at(from));
      }
      from = to;
    };
    for (; next < history.changes.size() && history.changes[next].intended < window.to; ++next) {
      const Happened& change = history.changes[next];
      window.seen += change.operation == operation ? 1 : 0;
      if (living[change.ordinal] == (change.operation != Operation::Delete)) continue;
      advance(change.intended);
      living.apply(change);
      for (std::size_t i = 0; i < causes.size(); ++i) {
        const bool opens = causes[i].on_living == living[change.ordinal];
        open[i] += (opens ? 1 : -1) * causes[i].shares[change.ordinal];
      }
    }
    advance(window.to);
  }
}

/// Expected changes of each row.
std::vector<double> expected_by_row(const History& history, const std::vector<Cause>& causes, std::size_t rows,
                                    Micros end) {
  std::vector<double> out(rows);
  std::vector<Micros> since(rows);
  Living living(rows, history.alive_at_first);
  const auto close = [&](Ordinal ordinal, Micros at) {
    for (const Cause& cause : causes) {
      if (cause.on_living != living[ordinal]) continue;
      out[ordinal] += cause.shares[ordinal] * (cause.expected.at(at) - cause.expected.at(since[ordinal]));
    }
    since[ordinal] = at;
  };
  for (const Happened& change : history.changes) {
    if (living[change.ordinal] == (change.operation != Operation::Delete)) continue;
    close(change.ordinal, change.intended);
    living.apply(change);
  }
  for (std::size_t ordinal = 0; ordinal < rows; ++ordinal) close(ordinal, end);
  return out;
}

std::string picks_of(const std::vector<Cause>& causes) {
  std::string out;
  for (const Cause& cause : causes) {
    if (!out.empty()) out += ", ";
    out += words_of(*cause.load->pick());
  }
  return out + fmt::format(", of {} rows", causes.front().shares.size());
}

/// True if every change of the loads picks an existing row: none is ever deleted, or not created yet.
bool all_take_place(const History& history) {
  const auto updates = [](const Happened& change) { return change.operation == Operation::Update; };
  return history.alive_at_first && std::all_of(history.changes.begin(), history.changes.end(), updates);
}

void test_rate(const FitInput& input, const History& history, const std::vector<Cause>& causes, Operation operation,
               const FitCheck& check, std::vector<FitCheck>& out) {
  std::vector<Window> windows;
  const std::vector<Micros> edges = window_edges(causes.front().expected);
  for (std::size_t i = 1; i < edges.size(); ++i) windows.push_back({edges[i - 1], edges[i], 0, 0});
  fill_windows(history, causes, operation, causes.front().shares.size(), windows);
  const bool whole = all_take_place(history);
  const bool even = std::any_of(causes.begin(), causes.end(),
                                [](const Cause& cause) { return cause.load->process == Load::Process::Constant; });
  double seen = 0;
  double expected = 0;
  for (const Window& window : windows) seen += window.seen, expected += window.expected;
  const double seconds = static_cast<double>(input.declared.scenario.length().count()) / 1e6;
  FitCheck rate = check;
  rate.aspect += "s: rate";
  rate.unit = "/s";
  rate.samples = static_cast<std::int64_t>(seen);
  rate.declared = fmt::format("{:.6g}/s{}", expected / seconds, whole ? "" : " on the rows that existed then");
  even ? test_deviation(seen, expected, expected, seconds, rate) : test_poisson(seen, expected, seconds, rate);
  out.push_back(std::move(rate));
  FitCheck process = check;
  process.aspect += even ? "s: constant process" : "s: poisson process";
  process.declared = even ? "constant" : "poisson, counts of windows vary as their mean";
  process.declared_mean = expected / seconds;
  process.achieved_mean = seen / seconds;
  even&& whole&& causes.size() == 1 ? test_even(windows, process) : test_windows(windows, even, process);
  out.push_back(std::move(process));
}

void test_away(const FitInput& input, EntityId entity, std::vector<FitCheck>& out) {
  const Scenario& scenario = input.enlarged.scenario;
  const loads::Deletes* deletes = nullptr;
  bool ambiguous = false;
  for (const Load& load : scenario.load) {
    if (load.entity != entity) continue;
    const auto* deleting = load.as<loads::Deletes>();
    ambiguous = ambiguous || load.is<loads::Upserts>() || (deleting != nullptr && deletes != nullptr);
    if (deleting != nullptr) deletes = deleting;
  }
  if (deletes == nullptr || !deletes->reinsert) return;
  FitCheck check = check_of({input, entity, ""}, "away until re-insert");
  if (ambiguous) {
    check.note = "rows return in more than one way";
    out.push_back(std::move(check));
    return;
  }
  SpanTally away(*deletes->reinsert, scenario.time_scale, Micros{1});
  std::vector<LifeEvent> life;
  for (Ordinal ordinal = 0; ordinal < input.enlarged.rows.count(entity); ++ordinal) {
    life.clear();
    input.enlarged.rows.life_of(entity, ordinal, life);
    for (std::size_t i = 1; i < life.size(); ++i) {
      if (life[i - 1].operation != Operation::Delete) continue;
      away.see(life[i].intended - life[i - 1].intended, scenario.length() - life[i - 1].intended - Micros{1});
    }
  }
  away.test(check);
  out.push_back(std::move(check));
}

}  // namespace

void test_background_updates(const FitInput& input, EntityId entity, std::vector<FitCheck>& out) {
  const History declared = history_of(input.declared, entity);
  const History enlarged = history_of(input.enlarged, entity);
  const std::vector<Ordinal> order = input.order(entity);
  std::vector<std::int64_t> rank_of(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) rank_of[order[rank]] = static_cast<std::int64_t>(rank) + 1;
  for (const Operation operation : {Operation::Insert, Operation::Update, Operation::Delete}) {
    const auto causes = causes_of(input.declared.scenario, entity, operation, rank_of);
    if (causes.empty()) continue;
    bool comes_back = false;
    for (const Load& load : input.declared.scenario.load) {
      const auto* deletes = load.as<loads::Deletes>();
      comes_back = comes_back || (load.entity == entity && deletes != nullptr && deletes->reinsert);
    }
    FitCheck check = check_of({input, entity, ""}, std::string("background ") + name_of(operation));
    if (operation == Operation::Insert && comes_back) {
      check.note = "re-inserts are among them";
      out.push_back(std::move(check));
      continue;
    }
    test_rate(input, declared, causes, operation, check, out);
    check.aspect += "s: skew";
    check.declared = picks_of(causes);
    const auto dense = causes_of(input.enlarged.scenario, entity, operation, rank_of);
    const std::vector<double> by_row = expected_by_row(enlarged, dense, order.size(), input.enlarged.scenario.length());
    std::vector<std::int64_t> seen(order.size());
    std::vector<double> expected(order.size());
    for (std::size_t ordinal = 0; ordinal < order.size(); ++ordinal) {
      expected[static_cast<std::size_t>(rank_of[ordinal]) - 1] = by_row[ordinal];
    }
    for (const Happened& change : enlarged.changes) {
      if (change.operation == operation) ++seen[static_cast<std::size_t>(rank_of[change.ordinal]) - 1];
    }
    test_ranks(seen, expected, check);
    out.push_back(std::move(check));
  }
  test_away(input, entity, out);
}

}  // namespace freshet
