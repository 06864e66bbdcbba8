// Overloaded: a visitor of a std::variant, made of one lambda per alternative.
//
//   std::visit(Overloaded{[](const Circle& circle) { return circle.radius; },
//                         [](const OneOf<Square, Oblong> auto&) { return 0.0; }},
//              shape);
//
// An alternative that no lambda takes is a compile error. A lambda over `auto` alone would take it silently, so list
// those that are treated alike with OneOf.
#pragma once

#include <concepts>

namespace freshet {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// T is one of these types.
template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

}  // namespace freshet
