// The bounded queue: order, the bound, and what close() means for each side.
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace freshet {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueue, GivesItemsInTheOrderTheyCame) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(BoundedQueue, AFullQueueMakesTheProducerWaitAndCountsIt) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::jthread producer([&] { EXPECT_TRUE(queue.push(2)); });
  while (queue.figures().waits == 0) std::this_thread::yield();
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.figures().high_water, 1U);
}

TEST(BoundedQueue, APopWithATimeoutGivesUp) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_for(milliseconds(1)), std::nullopt);
  ASSERT_TRUE(queue.push(7));
  EXPECT_EQ(queue.pop_for(milliseconds(1)), 7);
}

TEST(BoundedQueue, CloseRefusesPushesAndDrainsWhatIsLeft) {
  BoundedQueue<int> queue(4);
  ASSERT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CloseWakesAProducerThatWaitsForRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::jthread producer([&] { EXPECT_FALSE(queue.push(2)); });
  while (queue.figures().waits == 0) std::this_thread::yield();
  queue.close();
}

TEST(BoundedQueue, CloseWakesAConsumerThatWaitsForAnItem) {
  BoundedQueue<int> queue(1);
  std::jthread consumer([&] { EXPECT_EQ(queue.pop(), std::nullopt); });
  queue.close();
}

TEST(BoundedQueue, ItemsNeedOnlyMove) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.push(std::make_unique<int>(5)));
  EXPECT_EQ(**queue.pop(), 5);
}

TEST(BoundedQueue, ManyProducersAndConsumersLoseAndDoubleNothing) {
  constexpr int kThreads = 3;
  constexpr int kItems = 5'000;
  BoundedQueue<int> queue(16);
  std::vector<std::vector<int>> seen(kThreads);
  {
    std::vector<std::jthread> consumers;
    for (int t = 0; t < kThreads; ++t) {
      consumers.emplace_back([&, t] {
        while (const auto item = queue.pop()) seen[static_cast<std::size_t>(t)].push_back(*item);
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int t = 0; t < kThreads; ++t) {
        producers.emplace_back([&, t] {
          for (int i = 0; i < kItems; ++i) ASSERT_TRUE(queue.push(t * kItems + i));
        });
      }
    }
    queue.close();
  }
  std::vector<int> times(static_cast<std::size_t>(kThreads * kItems), 0);
  for (const auto& part : seen) {
    for (const int item : part) ++times[static_cast<std::size_t>(item)];
  }
  EXPECT_EQ(times, std::vector<int>(times.size(), 1));
  EXPECT_LE(queue.figures().high_water, 16U);
}

}  // namespace
}  // namespace freshet
