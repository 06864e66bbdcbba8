// The kinds of watches that watch_value() chooses from.
#pragma once

#include <memory>

#include "fit/watches/watch.h"

namespace freshet {

/// Name of the column that enlarged_for_fit() adds.
inline constexpr const char* kShownState = "#state";

/// A value that is known for each row.
class ExactWatch : public Watch {
 public:
  explicit ExactWatch(FitCheck check) : check_(std::move(check)) {}
  void see(const Sight& sight, std::size_t column) override {
    ++of_;
    wrong_ += right(sight, sight.cell(column)) ? 0 : 1;
  }
  void conclude(std::vector<FitCheck>& out) const override;

 protected:
  [[nodiscard]] virtual bool right(const Sight& sight, const Cell& cell) const = 0;
  FitCheck check_;

 private:
  std::int64_t wrong_ = 0;
  std::int64_t of_ = 0;
};

/// `type`, here and below: of the value.
[[nodiscard]] std::unique_ptr<Watch> watch_draw(const WatchPlace& place, const constructs::Draw& draw,
                                                const ColumnType& type);
[[nodiscard]] std::unique_ptr<Watch> watch_words(const WatchPlace& place, const constructs::Words& words);
[[nodiscard]] std::unique_ptr<Watch> watch_chance(const WatchPlace& place, double share);
[[nodiscard]] std::unique_ptr<Watch> watch_choice(const WatchPlace& place, const constructs::Choice& choice);
[[nodiscard]] std::unique_ptr<Watch> watch_person(const WatchPlace& place, const constructs::Person& person);
[[nodiscard]] std::unique_ptr<Watch> watch_constant(const WatchPlace& place, const constructs::Constant& constant,
                                                    const ColumnType& type);
[[nodiscard]] std::unique_ptr<Watch> watch_data(const WatchPlace& place, const constructs::Data& data,
                                                const ColumnType& type);
/// Lists a value that cannot be tested, with the reason.
[[nodiscard]] std::unique_ptr<Watch> unjudged(const WatchPlace& place, const std::string& why,
                                              const std::string& aspect = "value");
[[nodiscard]] std::unique_ptr<Watch> watch_time(const WatchPlace& place, const constructs::Time& time);
[[nodiscard]] std::unique_ptr<Watch> watch_pick(const WatchPlace& place, const constructs::Ref& ref);
[[nodiscard]] std::unique_ptr<Watch> watch_sequence(const WatchPlace& place, const constructs::Sequence& sequence);

}  // namespace freshet
