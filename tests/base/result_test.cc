#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace freshet {
namespace {

Result<std::unique_ptr<int>> non_negative(int value) {
  if (value < 0) return Error{ErrorKind::Usage, "negative", "give 0 or more"};
  return std::make_unique<int>(value);
}

Result<int> sum(int left, int right) {
  FRESHET_ASSIGN(const std::unique_ptr<int> first, non_negative(left));
  std::unique_ptr<int> second;
  FRESHET_ASSIGN(second, non_negative(right));
  return *first + *second;
}

Status refused_if_negative(int value) {
  FRESHET_TRY(non_negative(value));
  return {};
}

TEST(Result, AssigningMovesTheValueOutOfAResult) { EXPECT_EQ(sum(2, 3).value(), 5); }

TEST(Result, AssigningReturnsTheFirstErrorWithItsKindAndHint) {
  for (const auto& failed : {sum(-1, 3), sum(2, -1)}) {
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().kind, ErrorKind::Usage);
    EXPECT_EQ(failed.error().message, "negative");
    EXPECT_EQ(failed.error().hint, "give 0 or more");
  }
}

TEST(Result, TryDropsTheValueAndReturnsTheError) {
  EXPECT_TRUE(refused_if_negative(0).ok());
  EXPECT_EQ(refused_if_negative(-1).error().message, "negative");
}

}  // namespace
}  // namespace freshet
