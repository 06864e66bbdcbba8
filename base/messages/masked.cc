#include "base/messages/masked.h"

#include <algorithm>
#include <cstring>

#include "base/text/lower_case.h"

namespace freshet {

namespace {

constexpr std::string_view kMask = "***";
/// Words that mark a setting as secret when its name contains them.
constexpr std::string_view kNames[] = {"password", "passwd", "passphrase", "secret", "token", "jaas", "key.pem"};

/// The end of the word that starts before `from`: a blank, a quote, or the end of the text.
std::size_t end_of_word(std::string_view text, std::size_t from) {
  return std::min(text.find_first_of(" \t\r\n\"'<>", from), text.size());
}

bool is_variable(std::string_view text) {
  return text.starts_with("${") && text.find('}') == text.size() - 1 && text.find(":-") == std::string_view::npos;
}

std::string mask_passwords(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t scheme = text.find(kScheme, at);
    if (scheme == std::string_view::npos) return out.append(text.substr(at));
    const std::size_t user = scheme + kScheme.size();
    out.append(text.substr(at, user - at));
    at = user;
    // Parsed like an address: the password may contain anything except the end of the word and the ? that starts the
    // query.
    const std::string_view authority =
        text.substr(user, std::min(end_of_word(text, user), text.find('?', user)) - user);
    const std::size_t last = authority.rfind('@');
    if (last == std::string_view::npos) continue;
    const std::size_t inner = authority.find(kScheme);
    const std::size_t colon = authority.find(':');
    // a URL inside this one; it is handled later
    if (colon > last || (inner != std::string_view::npos && inner < last)) continue;
    const std::string_view password = authority.substr(colon + 1, last - colon - 1);
    out.append(authority.substr(0, colon + 1)).append(is_variable(password) ? password : kMask);
    at = user + last;
  }
}

bool is_secret(std::string_view name) {
  const std::string lower = lower_case(name);
  if (lower == "password_in_clear") return false;  // a Boolean setting, not a secret
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::string mask_settings(std::string_view text) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t begin = text.find_first_of("?&", at);
    if (begin == std::string_view::npos) return out.append(text.substr(at));
    const std::size_t end = std::min(text.find('&', begin + 1), end_of_word(text, begin + 1));
    const std::string_view setting = text.substr(begin + 1, end - begin - 1);
    const std::size_t equals = setting.find('=');
    out.append(text.substr(at, begin + 1 - at));
    at = end;
    if (equals == std::string_view::npos || !is_secret(setting.substr(0, equals)) ||
        is_variable(setting.substr(equals + 1))) {
      out.append(setting);
    } else {
      out.append(setting.substr(0, equals + 1)).append(kMask);
    }
  }
}

}  // namespace

std::string masked(std::string_view text) { return mask_settings(mask_passwords(text)); }

std::string masked_change(std::string_view pointer, std::string_view value) {
  const bool address = pointer.empty() || pointer.starts_with("/connections") || pointer.ends_with("/registry") ||
                       pointer.starts_with("/write");
  // JSON can escape every letter, a mistyped address is not recognized as a URL, and a password may contain characters
  // that end a word or start another URL.
  const bool escaped = value.find('\\') != std::string_view::npos;
  const std::size_t scheme = value.find("://");
  const bool one_url = scheme != std::string_view::npos && value.find("://", scheme + 1) == std::string_view::npos;
  const bool word = end_of_word(value, 0) == value.size();
  const bool user = value.find('@') != std::string_view::npos;
  if (address && (escaped || (user && !one_url) || (!word && (user || is_secret(value))))) return std::string(kMask);
  return masked(value);
}

void mask_arguments(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    const std::string_view given = argv[i];
    const std::size_t size = given.size();
    // --set POINTER=VALUE, written as one, two or three arguments.
    constexpr std::string_view kSet = "--set=";
    const std::size_t pointer = given.starts_with(kSet) ? kSet.size() : 0;
    const std::size_t equals = given.find('=', pointer);
    std::string shown = masked(given);
    if (given.substr(pointer).starts_with('/') && equals != std::string_view::npos) {
      shown = std::string(given.substr(0, equals + 1)) +
              masked_change(given.substr(pointer, equals - pointer), given.substr(equals + 1));
    }
    if (shown == given) continue;
    shown.resize(size, '*');  // a short password may be shorter than its mask
    std::memcpy(argv[i], shown.data(), size);
  }
}

}  // namespace freshet
