#include "base/overloaded.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <variant>

namespace freshet {
namespace {

struct Circle {
  int radius = 0;
};
struct Square {
  int side = 0;
};
struct Oblong {
  int side = 0;
};
using Shape = std::variant<Circle, Square, Oblong>;

TEST(Overloaded, ChoosesByTheAlternative) {
  const auto name = [](const Shape& shape) {
    return std::visit(Overloaded{[](const Circle&) { return std::string("round"); },
                                 [](const OneOf<Square, Oblong> auto& other) { return std::to_string(other.side); }},
                      shape);
  };
  EXPECT_EQ(name(Circle{}), "round");
  EXPECT_EQ(name(Square{2}), "2");
  EXPECT_EQ(name(Oblong{3}), "3");
}

TEST(Overloaded, DoesNotTakeAnAlternativeThatNoLambdaNames) {
  const auto all = Overloaded{[](const OneOf<Circle, Square, Oblong> auto&) {}};
  const auto one_short = Overloaded{[](const OneOf<Circle, Square> auto&) {}};
  EXPECT_TRUE((std::is_invocable_v<decltype(all), const Oblong&>));
  EXPECT_FALSE((std::is_invocable_v<decltype(one_short), const Oblong&>));
}

}  // namespace
}  // namespace freshet
