// The kinds of tallies that make_tally() chooses from.
#pragma once

#include <memory>

#include "fit/tallies/tally.h"

namespace freshet {

/// Name of the column that enlarged_for_fit() adds.
inline constexpr const char* kShownState = "#state";

/// A value that is known for each row.
class ExactTally : public Tally {
 public:
  explicit ExactTally(FitCheck check) : check_(std::move(check)) {}
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
[[nodiscard]] std::unique_ptr<Tally> make_draw_tally(const TallyContext& context, const constructs::Draw& draw,
                                                     const ColumnType& type);
[[nodiscard]] std::unique_ptr<Tally> watch_words(const TallyContext& context, const constructs::Words& words);
[[nodiscard]] std::unique_ptr<Tally> make_chance_tally(const TallyContext& context, double share);
[[nodiscard]] std::unique_ptr<Tally> make_choice_tally(const TallyContext& context, const constructs::Choice& choice);
[[nodiscard]] std::unique_ptr<Tally> make_person_tally(const TallyContext& context, const constructs::Person& person);
[[nodiscard]] std::unique_ptr<Tally> make_constant_tally(const TallyContext& context,
                                                         const constructs::Constant& constant, const ColumnType& type);
[[nodiscard]] std::unique_ptr<Tally> watch_data(const TallyContext& context, const constructs::Data& data,
                                                const ColumnType& type);
/// Lists a value that cannot be tested, with the reason.
[[nodiscard]] std::unique_ptr<Tally> untested(const TallyContext& context, const std::string& why,
                                              const std::string& aspect = "value");
[[nodiscard]] std::unique_ptr<Tally> make_time_tally(const TallyContext& context, const constructs::Time& time);
[[nodiscard]] std::unique_ptr<Tally> make_pick_tally(const TallyContext& context, const constructs::Ref& ref);
[[nodiscard]] std::unique_ptr<Tally> make_sequence_tally(const TallyContext& context,
                                                         const constructs::Sequence& sequence);

}  // namespace freshet
