// Masks secrets in any text that is shown or stored.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// Replaces the password of every URL by "***" ("mysql://me:***@host/shop"), and also the value of every query setting
/// whose name suggests a password, a secret or a token. A variable reference (${NAME}) stays.
[[nodiscard]] std::string masked(std::string_view text);

/// The value of a --set option, masked. Returns no value at all if a secret could be written in a way that masked()
/// cannot recognize.
[[nodiscard]] std::string masked_change(std::string_view pointer, std::string_view value);

/// Overwrites the secrets among the arguments of this process, which every user of the machine can list.
void mask_arguments(int argc, char** argv);

}  // namespace freshet
