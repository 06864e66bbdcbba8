// Shapes of load. Everything becomes pieces with a straight line each:
//
//   {"rate": r, "for": t}                                     holds
//   {"ramp": r, "for": t}                                     from the rate before to r
//   {"hold": t}                                               stays
//   {"steps": [r, r, …], "for": t}                            equal parts
//   {"burst": r, "idle": r, "on": t, "off": t, "for": t}      on and off in turn
//   {"flash": r, "rise": t, "half_life": t, "for": t}         up, then back to the rate before by halves
//   {"curve": name or weights, "mean": r, "day": t, "week": weights, "for": t}   a day in "day", again and again
//   {"repeat": n, "of": [stages]}
#include "scenarios/loader/read/stages.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kHours = 24;

// Orders by hour of the day, in percent. "shop": the shape of a consumer marketplace (Olist, Brazil 2016-18: trough
// 0.22 % at four, plateau from ten to twenty-two, peak 7.2 % at thirteen; the hours between are drawn by hand).
// "office": a wholesaler (UCI Online Retail: 7.4, 11.8, 12.0, 16.1, 13.8, 12.3, 11.7, 6.7 % from nine to sixteen; the
// rest by hand).
constexpr std::array<double, kHours> kShop{2.4, 1.2, 0.6, 0.3, 0.22, 0.3, 0.6, 1.4, 3.0, 4.9, 6.2, 6.6,
                                           6.3, 7.2, 6.7, 6.6, 6.7,  6.2, 5.8, 6.0, 6.2, 6.1, 5.8, 4.1};
constexpr std::array<double, kHours> kOffice{0.01, 0.01, 0.01, 0.01, 0.01, 0.05, 0.2,  1.3, 3.5,  7.4,  11.8, 12.0,
                                             16.1, 13.8, 12.3, 11.7, 6.7,  2.5,  0.45, 0.1, 0.02, 0.01, 0.01, 0.01};

class StageReader {
 public:
  StageReader(Problems& problems, std::size_t most) : problems_(problems), most_(most) {}

  void read(const Json& stages) {
    if (!stages.is_array() || stages.items.empty()) {
      mismatch(stages, "a list of stages, [{\"rate\": \"200/s\", \"for\": \"10s\"}]", problems_);
      return;
    }
    for (const Json& stage : stages.items) {
      if (!more_) read_stage(stage);
    }
  }

  std::vector<Stage> take() { return std::move(out_); }
  [[nodiscard]] bool more() const { return more_; }

 private:
  using Reader = void (StageReader::*)(const Json&);

  void read_stage(const Json& stage) {
    static constexpr std::array<std::pair<const char*, Reader>, 8> kKinds{{{"ramp", &StageReader::ramp},
                                                                           {"hold", &StageReader::hold},
                                                                           {"steps", &StageReader::steps},
                                                                           {"burst", &StageReader::burst},
                                                                           {"flash", &StageReader::flash},
                                                                           {"curve", &StageReader::curve},
                                                                           {"repeat", &StageReader::repeat},
                                                                           {"rate", &StageReader::rate}}};
    for (const auto& [name, reader] : kKinds) {
      if (stage.find(name) != nullptr) return (this->*reader)(stage);
    }
    const std::size_t before = problems_.errors();
    const ObjectReader none(stage, {"rate", "ramp", "hold", "steps", "burst", "flash", "curve", "repeat", "for"},
                            problems_);
    if (problems_.errors() == before) {
      mismatch(stage, "\"rate\", \"ramp\", \"hold\", \"steps\", \"burst\", \"flash\", \"curve\" or \"repeat\" in it",
               problems_);
    }
  }

  void add(double from, double to, Micros length) {
    more_ = more_ || out_.size() >= most_;
    if (!more_) out_.push_back({from, to, std::max(Micros{1}, length)});
    last_ = to;
  }

  double rate_in(const ObjectReader& members, std::string_view name, ZeroRate zero) {
    const Json* value = members.require(name, "\"200/s\"");
    return value != nullptr ? read_rate(*value, zero, problems_).value_or(1) : 1;
  }

  Micros length_in(const ObjectReader& members, std::string_view name, std::string_view example) {
    const Json* value = members.require(name, example);
    return value != nullptr ? read_length(*value, problems_).value_or(Micros{1}) : Micros{1};
  }

  void rate(const Json& stage) {
    const ObjectReader members(stage, {"rate", "for"}, problems_);
    const double rate = rate_in(members, "rate", ZeroRate::Refused);
    add(rate, rate, length_in(members, "for", "\"10s\""));
  }

  void ramp(const Json& stage) {
    const ObjectReader members(stage, {"ramp", "for"}, problems_);
    const double to = rate_in(members, "ramp", ZeroRate::Allowed);
    add(last_.value_or(0), to, length_in(members, "for", "\"10s\""));
  }

  void hold(const Json& stage) {
    const ObjectReader members(stage, {"hold"}, problems_);
    if (!last_) {
      problems_.error(stage.origin, "\"hold\" without a rate before it", "{\"rate\": \"200/s\", \"for\": \"10s\"}");
    }
    const double rate = last_.value_or(1);
    add(rate, rate, length_in(members, "hold", "\"10s\""));
  }

  void steps(const Json& stage) {
    const ObjectReader members(stage, {"steps", "for"}, problems_);
    const Json& rates = *members.find("steps");
    const Micros length = length_in(members, "for", "\"60s\"");
    if (!rates.is_array() || rates.items.empty()) {
      mismatch(rates, "a list of rates, [\"100/s\", \"200/s\"]", problems_);
      return;
    }
    const auto count = static_cast<std::int64_t>(rates.items.size());
    Micros begin{};
    for (std::int64_t i = 0; i < count; ++i) {
      const double rate = read_rate(rates.items[static_cast<std::size_t>(i)], ZeroRate::Allowed, problems_).value_or(1);
      const Micros end = length * (i + 1) / count;
      add(rate, rate, end - begin);
      begin = end;
    }
  }

  void burst(const Json& stage) {
    const ObjectReader members(stage, {"burst", "idle", "on", "off", "for"}, problems_);
    const double high = rate_in(members, "burst", ZeroRate::Refused);
    const double low = rate_in(members, "idle", ZeroRate::Allowed);
    const Micros on = length_in(members, "on", "\"2s\"");
    const Micros off = length_in(members, "off", "\"8s\"");
    const Micros length = length_in(members, "for", "\"60s\"");
    for (Micros at{}; at < length && !more_;) {
      const Micros up = std::min(on, length - at);
      add(high, high, up);
      at += up;
      if (at >= length) break;
      const Micros down = std::min(off, length - at);
      add(low, low, down);
      at += down;
    }
  }

  void flash(const Json& stage) {
    constexpr int kPiecesPerHalf = 4;
    const ObjectReader members(stage, {"flash", "rise", "half_life", "for"}, problems_);
    const double peak = rate_in(members, "flash", ZeroRate::Refused);
    const Micros rise = length_in(members, "rise", "\"5s\"");
    const Micros half = length_in(members, "half_life", "\"20s\"");
    const Micros length = length_in(members, "for", "\"60s\"");
    const double base = last_.value_or(0);
    if (rise >= length) {
      problems_.error(stage.origin, "a \"rise\" that is not shorter than \"for\"", "\"rise\" < \"for\"");
      return;
    }
    add(base, peak, rise);
    const Micros piece = std::max(Micros{1}, half / kPiecesPerHalf);
    for (Micros at = rise; at < length && !more_; at += piece) {
      const Micros end = std::min(at + piece, length);
      const auto rate_at = [&](Micros time) {
        return base + (peak - base) *
                          std::exp2(-static_cast<double>((time - rise).count()) / static_cast<double>(half.count()));
      };
      add(rate_at(at), rate_at(end), end - at);
    }
  }

  /// Weights of hours or days, scaled to a mean of 1. Empty after a problem.
  std::vector<double> weights(const Json& value, std::size_t count) {
    std::vector<double> out;
    if (!value.is_array() || value.items.size() != count) {
      mismatch(value, "a list of " + std::to_string(count) + " weights", problems_);
      return out;
    }
    double total = 0;
    for (const Json& item : value.items) {
      const auto weight = read_number(
          item, [](double number) { return number >= 0; }, "a weight, 0 or more", problems_);
      out.push_back(weight.value_or(1));
      total += out.back();
    }
    if (total <= 0) {
      mismatch(value, "a weight above 0", problems_);
      return {};
    }
    for (double& weight : out) weight *= static_cast<double>(count) / total;
    return out;
  }

  std::vector<double> hours(const Json& value) {
    if (!value.is_text()) return weights(value, kHours);
    const auto* table = value.text == "shop" ? &kShop : value.text == "office" ? &kOffice : nullptr;
    if (table == nullptr) {
      unknown_name(value, "curve", {"shop", "office"}, problems_);
      return {};
    }
    std::vector<double> out(table->begin(), table->end());
    double total = 0;
    for (const double hour : out) total += hour;
    for (double& hour : out) hour *= static_cast<double>(kHours) / total;
    return out;
  }

  void curve(const Json& stage) {
    const ObjectReader members(stage, {"curve", "mean", "day", "week", "for"}, problems_);
    const std::vector<double> hour = hours(*members.find("curve"));
    const double mean = rate_in(members, "mean", ZeroRate::Refused);
    const Micros day = length_in(members, "day", "\"24s\", how long a day takes");
    const Micros length = length_in(members, "for", "\"60s\"");
    std::vector<double> week(7, 1.0);
    if (const Json* days = members.find("week")) week = weights(*days, week.size());
    if (hour.empty() || week.empty()) return;
    const auto rate_at = [&](std::int64_t index) {
      const auto i = static_cast<std::size_t>(index);
      return mean * hour[i % kHours] * week[i / kHours % week.size()];
    };
    Micros begin{};
    for (std::int64_t i = 0; begin < length && !more_; ++i) {
      const Micros whole = day * (i + 1) / static_cast<std::int64_t>(kHours);
      const Micros end = std::min(length, whole);
      add(rate_at(i), rate_at(i + 1), end - begin);
      begin = end;
    }
  }

  void repeat(const Json& stage) {
    const ObjectReader members(stage, {"repeat", "of"}, problems_);
    const auto times = read_integer(*members.find("repeat"), 1, 10'000, problems_);
    const Json* stages = members.require("of", "[stages]");
    if (stages == nullptr || !times) return;
    const std::size_t before = problems_.errors();
    for (std::int64_t i = 0; i < *times && problems_.errors() == before && !more_; ++i) read(*stages);
  }

  Problems& problems_;
  const std::size_t most_;
  bool more_ = false;  // than that
  std::vector<Stage> out_;
  std::optional<double> last_;
};

}  // namespace

std::optional<Micros> read_length(const Json& value, Problems& problems) {
  const auto micros = read_duration(value, problems);
  if (!micros) return std::nullopt;
  if (*micros < 1) {
    mismatch(value, "more than 0", problems);
    return std::nullopt;
  }
  return static_cast<Micros>(std::llround(*micros));
}

std::vector<Stage> read_stages(const Json& stages, Problems& problems, std::size_t& left) {
  StageReader reader(problems, left);
  reader.read(stages);
  std::vector<Stage> out = reader.take();
  const bool empty =
      std::all_of(out.begin(), out.end(), [](const Stage& stage) { return stage.from_rate + stage.to_rate <= 0; });
  if (empty && !out.empty()) problems.error(stages.origin, "no arrivals at all", "a rate above 0");
  Micros total{};
  for (const Stage& stage : out) total = std::min(kMaxDuration + Micros{1}, total + stage.duration);
  if (total > kMaxDuration) problems.error(stages.origin, "stages of more than 366 days", "less");
  if (reader.more()) {
    problems.error(stages.origin, "more than " + std::to_string(kMostPieces) + " pieces of load", "longer pieces");
  }
  left -= out.size();
  return out;
}

std::vector<Stage> add_curves(const std::vector<Stage>& a, const std::vector<Stage>& b) {
  struct Reader {
    const std::vector<Stage>& stages;
    std::size_t index = 0;
    Micros into{};
    [[nodiscard]] bool ended() const { return index >= stages.size(); }
    [[nodiscard]] Micros left() const { return stages[index].duration - into; }
    [[nodiscard]] double rate(Micros at) const {
      if (ended()) return 0;
      const Stage& stage = stages[index];
      const double part = static_cast<double>((into + at).count()) / static_cast<double>(stage.duration.count());
      return stage.from_rate + (stage.to_rate - stage.from_rate) * part;
    }
    void go(Micros time) {
      if (ended()) return;
      into += time;
      if (left() > Micros{}) return;
      ++index;
      into = Micros{};
    }
  };
  std::vector<Stage> out;
  Reader x{a};
  Reader y{b};
  while (!x.ended() || !y.ended()) {
    const Micros piece = x.ended() ? y.left() : y.ended() ? x.left() : std::min(x.left(), y.left());
    out.push_back({x.rate({}) + y.rate({}), x.rate(piece) + y.rate(piece), piece});
    x.go(piece);
    y.go(piece);
  }
  return out;
}

}  // namespace freshet::loading
