// Watches of single values: numbers, choices, constants, parts of persons.
#include <cmath>
#include <map>

#include "fit/checks/judge.h"
#include "fit/watches/watch_kinds.h"

namespace freshet {
namespace {

/// Drawn numbers, and lengths of texts.
class DrawWatch final : public Watch {
 public:
  DrawWatch(FitCheck check, Law law, Scale scale)
      : check_(std::move(check)), law_(std::move(law)), scale_(std::move(scale)) {}

  void see(const Sight& sight, std::size_t column) override {
    const Cell& cell = sight.cell(column);
    if (cell.kind == Kind::Null) {
      ++missing_;
      return;
    }
    values_.push_back(cell.kind == Kind::Double ? as_double(cell)
                      : cell.kind == Kind::Text ? static_cast<double>(cell.size)
                                                : static_cast<double>(cell.number));
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    law_.whole() ? judge_whole(law_, values_, scale_, check) : judge_real(law_, values_, scale_, check);
    if (missing_ > 0) {
      check.p.reset();
      judge_exact(missing_, missing_ + static_cast<std::int64_t>(values_.size()), check);
    }
    out.push_back(std::move(check));
  }

 private:
  FitCheck check_;
  Law law_;
  Scale scale_;
  std::vector<double> values_;
  std::int64_t missing_ = 0;
};

/// Texts that have a share each.
class ChoiceWatch final : public Watch {
 public:
  ChoiceWatch(FitCheck check, const std::map<std::string, double>& shares) : check_(std::move(check)) {
    for (const auto& [name, weight] : shares) {
      index_.emplace(name, names_.size());
      names_.push_back(name);
      weights_.push_back(weight);
    }
    counts_.resize(names_.size());
  }
  void see(const Sight& sight, std::size_t column) override {
    const Cell& cell = sight.cell(column);
    const auto found = cell.kind == Kind::Text ? index_.find(sight.row.text_of(cell)) : index_.end();
    if (found == index_.end()) {
      ++outside_;
    } else {
      ++counts_[found->second];
    }
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    judge_kinds(names_, weights_, counts_, outside_, check);
    out.push_back(std::move(check));
  }

 private:
  FitCheck check_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::string> names_;
  std::vector<double> weights_;
  std::vector<std::int64_t> counts_;
  std::int64_t outside_ = 0;
};

class ChanceWatch final : public Watch {
 public:
  ChanceWatch(const WatchPlace& place, double share) : check_(check_of(place, "share of true")), share_(share) {}
  void see(const Sight& sight, std::size_t column) override {
    ++of_;
    seen_ += sight.cell(column).number != 0 ? 1 : 0;
  }
  void conclude(std::vector<FitCheck>& out) const override {
    FitCheck check = check_;
    judge_share(seen_, of_, share_, check);
    out.push_back(std::move(check));
  }

 private:
  FitCheck check_;
  double share_;
  std::int64_t seen_ = 0;
  std::int64_t of_ = 0;
};

class ConstantWatch final : public ExactWatch {
 public:
  ConstantWatch(const WatchPlace& place, const constructs::Constant& constant, const ColumnType& type)
      : ExactWatch(check_of(place, "value")), literal_(constant.literal), type_(type) {
    check_.declared = "constant ";
    append_text(literal_, literal_.cells[0], type, check_.declared);
  }

 private:
  [[nodiscard]] bool right(const Sight& sight, const Cell& cell) const override {
    return equal_cells(sight.row, cell, literal_, literal_.cells[0], type_);
  }

  const Row& literal_;
  const ColumnType& type_;
};

/// Cells of a data file.
class DataWatch final : public ExactWatch {
 public:
  DataWatch(const WatchPlace& place, const constructs::Data& data, const ColumnType& type)
      : ExactWatch(check_of(place, "value")), data_(data), type_(type) {
    check_.declared = "line of " + data.table->file;
  }

 private:
  [[nodiscard]] bool right(const Sight& sight, const Cell& cell) const override {
    const Row& line = data_.table->rows[sight.ordinal % data_.table->rows.size()];
    return equal_cells(sight.row, cell, line, line[data_.column], type_);
  }

  const constructs::Data& data_;
  const ColumnType& type_;
};

class Unjudged final : public Watch {
 public:
  Unjudged(const WatchPlace& place, std::string why, const std::string& aspect) : check_(check_of(place, aspect)) {
    check_.note = std::move(why);
  }
  void see(const Sight&, std::size_t) override {}
  void conclude(std::vector<FitCheck>& out) const override { out.push_back(check_); }

 private:
  FitCheck check_;
};

}  // namespace

void ExactWatch::conclude(std::vector<FitCheck>& out) const {
  FitCheck check = check_;
  judge_exact(wrong_, of_, check);
  out.push_back(std::move(check));
}

std::unique_ptr<Watch> watch_draw(const WatchPlace& place, const constructs::Draw& draw, const ColumnType& type) {
  const Scale scale{type.kind == Kind::Decimal ? std::pow(10.0, -type.scale) : 1.0};
  return std::make_unique<DrawWatch>(check_of(place, "value"), Law(draw.distribution, type.kind != Kind::Double),
                                     scale);
}

std::unique_ptr<Watch> watch_words(const WatchPlace& place, const constructs::Words& words) {
  return std::make_unique<DrawWatch>(check_of(place, "length"), Law(words.length, true), Scale{1.0});
}

std::unique_ptr<Watch> watch_chance(const WatchPlace& place, double share) {
  return std::make_unique<ChanceWatch>(place, share);
}

std::unique_ptr<Watch> watch_constant(const WatchPlace& place, const constructs::Constant& constant,
                                      const ColumnType& type) {
  return std::make_unique<ConstantWatch>(place, constant, type);
}

std::unique_ptr<Watch> watch_data(const WatchPlace& place, const constructs::Data& data, const ColumnType& type) {
  return std::make_unique<DataWatch>(place, data, type);
}

std::unique_ptr<Watch> unjudged(const WatchPlace& place, const std::string& why, const std::string& aspect) {
  return std::make_unique<Unjudged>(place, why, aspect);
}

std::unique_ptr<Watch> watch_choice(const WatchPlace& place, const constructs::Choice& choice) {
  std::map<std::string, double> shares;
  for (std::size_t i = 0; i < choice.values.size(); ++i) {
    shares[choice.values[i]] += choice.weights.empty() ? 1.0 : choice.weights[i];
  }
  return std::make_unique<ChoiceWatch>(check_of(place, "value"), shares);
}

/// The parts of a person that come from a table, mixed over the locales.
std::unique_ptr<Watch> watch_person(const WatchPlace& place, const constructs::Person& person) {
  std::map<std::string, double> shares;
  for (std::size_t i = 0; i < person.locales.size(); ++i) {
    const Locale& locale = *person.locales[i];
    const double weight = person.weights.empty() ? 1.0 : person.weights[i];
    const auto add = [&](const auto& entries, const auto& text) {
      double total = 0;
      for (const auto& entry : entries) total += entry.weight;
      for (const auto& entry : entries) shares[entry.*text] += weight * entry.weight / total;
    };
    if (person.part == "locale") {
      shares[locale.name] += weight;
    } else if (person.part == "country") {
      shares[locale.country] += weight;
    } else if (person.part == "first_name") {
      add(locale.first_names, &Locale::Name::text);
    } else if (person.part == "last_name") {
      add(locale.last_names, &Locale::Name::text);
    } else if (person.part == "city") {
      add(locale.places, &Locale::Place::city);
    } else if (person.part == "region") {
      add(locale.places, &Locale::Place::region);
    } else {
      return unjudged(place, "text made of other parts of the person");
    }
  }
  return std::make_unique<ChoiceWatch>(check_of(place, "value"), shares);
}

}  // namespace freshet
