#include "pipeline/capture/sql/sql_tokens.h"

#include <algorithm>
#include <array>

#include "base/text/digits.h"
#include "base/text/lower_case.h"

namespace freshet {
namespace {

bool is_ascii(char c) { return (c & 0x80) == 0; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) {
  return is_digit(c) || (lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_' || c == '$' || !is_ascii(c);
}
bool ends_dashes(char c) { return static_cast<unsigned char>(c) <= ' '; }  // "--" followed by a space begins a comment

bool same_keyword(std::string_view text, std::string_view keyword) {
  return std::equal(text.begin(), text.end(), keyword.begin(), keyword.end(),
                    [](char a, char b) { return lower_case(a) == b; });
}

// Replaces each run of letters outside ASCII by one mark.
std::string loose(std::string_view name, bool fold) {
  std::string text;
  for (const char c : name) {
    if (is_ascii(c)) {
      text += fold ? lower_case(c) : c;
    } else if (text.empty() || is_ascii(text.back())) {
      text += kUnknownLetters;
    }
  }
  return text;
}

bool has_unknown(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    // In UTF-8 it is never the first byte of a letter.
    if (name[i] == kUnknownLetters && (i == 0 || is_ascii(name[i - 1]))) return true;
  }
  return false;
}

std::string latin1_to_utf8(std::string_view text) {
  constexpr unsigned char kFirstLetter = 0xa0;  // below are those of Windows
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_ascii(c)) {
      utf8 += c;
    } else if (byte < kFirstLetter) {
      return loose(text, false);
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return utf8;
}

}  // namespace

void apply_sql_mode(std::uint64_t mode, SqlDialect& dialect) {
  constexpr std::uint64_t kAnsiQuotes = 1U << 2;
  constexpr std::uint64_t kMssql = 1U << 10;  // MySQL 8 and later have no such mode
  constexpr std::uint64_t kNoBackslashEscapes = 1U << 20;
  dialect.ansi_quotes = (mode & kAnsiQuotes) != 0;
  dialect.square_brackets = !dialect.mysql && (mode & kMssql) != 0;
  dialect.no_backslash_escapes = (mode & kNoBackslashEscapes) != 0;
}

void apply_sql_mode(std::string_view mode, SqlDialect& dialect) {
  const auto has = [&](std::string_view name) { return mode.find(name) != std::string_view::npos; };
  dialect.ansi_quotes = has("ANSI_QUOTES");
  dialect.square_brackets = !dialect.mysql && has("MSSQL");
  dialect.no_backslash_escapes = has("NO_BACKSLASH_ESCAPES");
}

SqlDialect::Letters letters_of_collation(std::uint16_t collation) {
  using Letters = SqlDialect::Letters;
  constexpr std::uint16_t kNoPad = 1024;  // MariaDB's variants without padding
  const std::uint16_t number = collation >= kNoPad && collation < 2 * kNoPad ? collation - kNoPad : collation;
  const auto is_one_of = [number](auto... numbers) { return ((number == numbers) || ...); };
  if (is_one_of(28, 87)) return Letters::Gbk;
  if (number >= 248 && number <= 250)
    return Letters::Gbk;  // gb18030, whose third and fourth bytes are like the first two
  if (is_one_of(1, 84)) return Letters::Big5;
  if (is_one_of(13, 88, 95, 96)) return Letters::ShiftJis;  // sjis and cp932
  if (is_one_of(5, 8, 15, 31, 47, 48, 49, 94)) return Letters::Latin1;
  if (is_one_of(11, 33, 45, 46, 63, 65, 76, 83)) return Letters::Utf8;  // binary: as the client sent it
  if ((number >= 192 && number <= 247) || (number >= 255 && number <= 323) || number >= 576) return Letters::Utf8;
  return Letters::Other;
}

bool may_be_same_name(std::string_view a, std::string_view b, bool fold) {
  const bool inexact = fold || has_unknown(a) || has_unknown(b);
  return inexact ? loose(a, fold) == loose(b, fold) : a == b;
}

SqlTokens::SqlTokens(std::string_view sql, const SqlDialect& dialect) : rest_(sql), dialect_(dialect) { advance(); }

bool SqlToken::is(std::string_view keyword) const { return kind == Kind::Word && same_keyword(raw, keyword); }

bool SqlTokens::accept(std::string_view keyword) {
  if (!at(keyword)) return false;
  advance();
  return true;
}

bool SqlTokens::accept_symbol(char symbol) {
  if (!at_symbol(symbol)) return false;
  advance();
  return true;
}

std::string SqlTokens::name_of(const SqlToken& token) const {
  std::string name;
  std::string_view raw = token.raw;
  if (token.kind == SqlToken::Kind::Word) {
    name = raw;
  } else if (token.kind == SqlToken::Kind::Quoted) {
    const char quote = raw[0] == '[' ? ']' : raw[0];
    raw.remove_prefix(1);
    if (raw.ends_with(quote)) raw.remove_suffix(1);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      name += raw[i];
      if (raw[i] == quote) ++i;  // a doubled quote
    }
  }
  if (dialect_.letters == SqlDialect::Letters::Utf8 || std::all_of(name.begin(), name.end(), is_ascii)) return name;
  if (dialect_.letters == SqlDialect::Letters::Latin1) return latin1_to_utf8(name);
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    if (is_lead(name[i])) name[++i] = kUnknownLetters;
  }
  return loose(name, false);
}

void SqlTokens::advance() {
  if (at_symbol('(')) ++depth_;
  if (at_symbol(')') && depth_ > 0) --depth_;
  previous_ = token_;
  skip_space();
  token_ = {SqlToken::Kind::End, rest_.substr(0, 0)};
  if (rest_.empty()) return;
  const char c = rest_[0];
  std::size_t size = 1;
  if (is_word(c)) {
    token_.kind = SqlToken::Kind::Word;
    size = word_size();
  } else if (c == '\'' || c == '"' || c == '`') {
    const bool text = c == '\'' || (c == '"' && !dialect_.ansi_quotes);
    token_.kind = text ? SqlToken::Kind::Text : SqlToken::Kind::Quoted;
    size = quoted_size(c);
  } else if (c == '[' && dialect_.square_brackets) {
    token_.kind = SqlToken::Kind::Quoted;
    size = quoted_size(']');
  } else {
    token_.kind = SqlToken::Kind::Symbol;
  }
  token_.raw = rest_.substr(0, size);
  rest_.remove_prefix(size);
}

bool SqlTokens::is_lead(char c) const {
  const auto byte = static_cast<unsigned char>(c);
  switch (dialect_.letters) {
    case SqlDialect::Letters::Gbk:
      return byte >= 0x81 && byte <= 0xfe;
    case SqlDialect::Letters::Big5:
      return byte >= 0xa1 && byte <= 0xf9;
    case SqlDialect::Letters::ShiftJis:
      return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
    default:
      return false;
  }
}

std::size_t SqlTokens::word_size() const {
  std::size_t at = 0;
  while (at < rest_.size() && is_word(rest_[at])) at += is_lead(rest_[at]) ? 2 : 1;
  return std::min(at, rest_.size());
}

// Including both quotes, of which the last may be missing.
std::size_t SqlTokens::quoted_size(char end) const {
  const bool escapes = !dialect_.no_backslash_escapes && token_.kind == SqlToken::Kind::Text;
  std::size_t at = 1;
  while (at < rest_.size()) {
    const bool doubled = rest_[at] == end && at + 1 < rest_.size() && rest_[at + 1] == end;
    if (is_lead(rest_[at]) || (escapes && rest_[at] == '\\') || doubled) {
      at += 2;
    } else if (rest_[at] != end) {
      ++at;
    } else {
      return at + 1;
    }
  }
  return rest_.size();
}

void SqlTokens::skip_to(std::string_view end) {
  const std::size_t at = rest_.find(end);
  rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
}

void SqlTokens::skip_space() {
  while (!rest_.empty()) {
    const bool marked = rest_.starts_with("/*!") || (!dialect_.mysql && rest_.starts_with("/*M!"));
    if (is_space(rest_[0])) {
      rest_.remove_prefix(1);
    } else if (marked) {
      ++executable_;
      rest_.remove_prefix(rest_[2] == '!' ? 3 : 4);
      std::size_t digits = 0;  // the version from which on it is executed
      while (digits < 6 && digits < rest_.size() && is_digit(rest_[digits])) ++digits;
      if (digits >= 5) rest_.remove_prefix(digits);
    } else if (executable_ > 0 && rest_.starts_with("*/")) {
      --executable_;
      rest_.remove_prefix(2);
    } else if (rest_.starts_with("/*")) {
      rest_.remove_prefix(2);
      skip_to("*/");
    } else if (rest_[0] == '#' || (rest_.starts_with("--") && (rest_.size() == 2 || ends_dashes(rest_[2])))) {
      skip_to("\n");
    } else {
      return;
    }
  }
}

}  // namespace freshet
