// SQL text of MySQL and MariaDB, split into tokens. Accepts arbitrary bytes; holds only a view of the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet {

/// The meaning of a text depends on the session that sent it.
struct SqlDialect {
  enum class Letters : std::uint8_t {
    Utf8,
    Latin1,
    Other,    ///< every byte of a letter is above 0x7f, or is a letter or digit
    Gbk,      ///< two bytes, the second of which may look like a quote or a backslash
    Big5,     ///< likewise
    ShiftJis  ///< likewise
  };
  Letters letters = Letters::Utf8;
  bool ansi_quotes = false;           ///< "name" is a name, not a text
  bool no_backslash_escapes = false;  ///< a backslash in a text has no special meaning
  bool square_brackets = false;       ///< [name] is a name (MariaDB's MSSQL mode)
  bool mysql = false;                 ///< /*M! … */ is an ordinary comment
};

/// `mode` is the number of @@sql_mode.
void apply_sql_mode(std::uint64_t mode, SqlDialect& dialect);
/// `mode` is the text of @@sql_mode.
void apply_sql_mode(std::string_view mode, SqlDialect& dialect);
/// By the number of character_set_client's collation.
[[nodiscard]] SqlDialect::Letters letters_of_collation(std::uint16_t collation);

/// Stands in a name for unknown letters: those of a character set that is not converted.
inline constexpr char kUnknownLetters = '\x80';

/// True if two names may be the same. `fold`: ignore case. Unknown letters, and letters outside ASCII if case is
/// ignored, match any others outside ASCII.
[[nodiscard]] bool may_be_same_name(std::string_view a, std::string_view b, bool fold);

struct SqlToken {
  enum class Kind : std::uint8_t {
    End,
    Word,    ///< a keyword, a name or a number
    Quoted,  ///< a name in quotes
    Text,    ///< a literal in quotes
    Symbol,  ///< one character
  };
  Kind kind = Kind::End;
  std::string_view raw;  ///< as in the text, including quotes
  [[nodiscard]] bool is_name() const { return kind == Kind::Word || kind == Kind::Quoted; }
  /// True if it is this keyword, given in lower case.
  [[nodiscard]] bool is(std::string_view keyword) const;
  [[nodiscard]] bool is_symbol(char symbol) const { return kind == Kind::Symbol && raw[0] == symbol; }
};

/// Comments are skipped. The contents of executable ones (/*! … */, /*M! … */) are not: a server blanks the mark of
/// those that it did not execute before it logs the statement.
class SqlTokens {
 public:
  SqlTokens(std::string_view sql, const SqlDialect& dialect);

  [[nodiscard]] const SqlToken& current() const { return token_; }
  [[nodiscard]] const SqlToken& previous() const { return previous_; }
  [[nodiscard]] bool done() const { return token_.kind == SqlToken::Kind::End; }
  void advance();
  /// The number of open parentheses before the current token.
  [[nodiscard]] std::size_t depth() const { return depth_; }
  /// The text from the current token on.
  [[nodiscard]] std::string_view remaining() const { return {token_.raw.data(), token_.raw.size() + rest_.size()}; }

  [[nodiscard]] bool at(std::string_view keyword) const { return token_.is(keyword); }
  [[nodiscard]] bool at_symbol(char symbol) const { return token_.is_symbol(symbol); }
  /// True at a word that begins a query.
  [[nodiscard]] bool at_query() const { return at("select") || at("with") || at("values") || at("table"); }
  bool accept(std::string_view keyword);
  bool accept_symbol(char symbol);
  /// A token as a name, in UTF-8 if its letters are known; empty if it is not a name.
  [[nodiscard]] std::string name_of(const SqlToken& token) const;

 private:
  void skip_space();
  void skip_to(std::string_view end);
  [[nodiscard]] std::size_t word_size() const;
  [[nodiscard]] std::size_t quoted_size(char end) const;
  [[nodiscard]] bool is_lead(char c) const;

  std::string_view rest_;
  SqlDialect dialect_;
  int executable_ = 0;  ///< nesting depth of executable comments
  SqlToken token_, previous_;
  std::size_t depth_ = 0;
};

}  // namespace freshet
