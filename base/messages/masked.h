// Texts in which somebody may have written a secret, for everything that is shown or kept.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// The text with "***" for the password of every URL ("mysql://me:***@host/shop"), and for the value of every setting
/// behind ? or & whose name speaks of a password, a secret or a token. What is only a variable (${NAME}) stays.
[[nodiscard]] std::string masked(std::string_view text);

/// What --set gives to a part of the scenario: masked() as well, and nothing at all of what could hold a secret in a
/// way of writing that masked() does not see through.
[[nodiscard]] std::string masked_change(std::string_view pointer, std::string_view value);

/// Writes over the secrets among the arguments of this process, which everybody on the machine can list.
void mask_arguments(int argc, char** argv);

}  // namespace freshet
