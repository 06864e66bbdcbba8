// The table of messages in flight: each is settled once, whoever comes first, and a slot's new message is safe from the
// report of its old one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/bounded_queue.h"
#include "generator/write/fixture.h"
#include "generator/write/kafka/kafka_writer.h"

namespace freshet {
namespace {

using namespace fixture;

class InFlightTable : public ::testing::Test {
 protected:
  const Scenario scenario_ = shop();
  Outcomes outcomes_;
  InFlight in_flight_{std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink())};
};

TEST_F(InFlightTable, AReportAfterGivingUpIsIgnored) {
  const std::uint64_t old = in_flight_.add(insert(kBasket, 1), Instant{Nanos{10}});
  in_flight_.give_up(Instant{Nanos{20}});
  const std::uint64_t present = in_flight_.add(insert(kBasket, 2), Instant{Nanos{30}});
  in_flight_.report(old, Outcome::Committed, 0, Instant{Nanos{40}});
  EXPECT_FALSE(in_flight_.wait(Nanos{})) << "the present message must still be in flight";
  in_flight_.report(present, Outcome::Committed, 0, Instant{Nanos{50}});
  in_flight_.report(present, Outcome::Rejected, 1, Instant{Nanos{60}});
  EXPECT_TRUE(in_flight_.wait(Nanos{}));
  ASSERT_THAT(outcomes_.all(), SizeIs(2));
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).outcome, Outcome::Unknown);
  const Settled settled = outcomes_.of(insert(kBasket, 2));
  EXPECT_EQ(settled.outcome, Outcome::Committed);
  EXPECT_EQ(settled.released, Instant{Nanos{30}});
  EXPECT_EQ(settled.acknowledged, Instant{Nanos{50}});
}

TEST_F(InFlightTable, AChangeOfTwoMessagesIsWhatBothOfThemBecame) {
  const auto reported = [&](Ordinal ordinal, Outcome first, Outcome second) {
    const std::uint64_t ticket = in_flight_.add(insert(kBasket, ordinal), Instant{Nanos{10}}, 2);
    in_flight_.report(ticket, first, 7, Instant{Nanos{20}});
    EXPECT_FALSE(in_flight_.wait(Nanos{})) << "one of two";
    in_flight_.report(ticket, second, 7, Instant{Nanos{30}});
    EXPECT_TRUE(in_flight_.wait(Nanos{}));
    return outcomes_.of(insert(kBasket, ordinal));
  };
  EXPECT_EQ(reported(1, Outcome::Committed, Outcome::Committed).outcome, Outcome::Committed);
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).acknowledged, Instant{Nanos{30}});
  EXPECT_EQ(reported(2, Outcome::Rejected, Outcome::Rejected).outcome, Outcome::Rejected);
  EXPECT_EQ(reported(3, Outcome::Committed, Outcome::Rejected).outcome, Outcome::Unknown) << "half of it is there";
  EXPECT_EQ(reported(4, Outcome::Withheld, Outcome::Committed).outcome, Outcome::Unknown);
  EXPECT_EQ(reported(5, Outcome::Withheld, Outcome::Withheld).released, Instant{});
}

TEST_F(InFlightTable, EachMessageIsSettledOnceWhenReportsRaceWithGivingUp) {
  constexpr Ordinal kMessages = 20'000;
  BoundedQueue<std::uint64_t> tickets(64);
  std::jthread reporter([&] {
    while (const auto ticket = tickets.pop()) in_flight_.report(*ticket, Outcome::Committed, 0, Instant{Nanos{1}});
  });
  for (Ordinal i = 0; i < kMessages; ++i) {
    tickets.push(in_flight_.add(insert(kBasket, i), Instant{Nanos{0}}));
    if (i % 50 == 0) in_flight_.give_up(Instant{Nanos{1}});
  }
  tickets.close();
  reporter.join();
  EXPECT_TRUE(in_flight_.wait(Nanos{}));
  EXPECT_THAT(outcomes_.all(), SizeIs(kMessages));
  EXPECT_EQ(outcomes_.count(Outcome::Committed) + outcomes_.count(Outcome::Unknown),
            static_cast<std::int64_t>(kMessages));
}

}  // namespace
}  // namespace freshet
