// No text may harm the reader of statements, or keep it for long; what it finds stands in the text; and whether one of
// our tables is written does not depend on comments before the statement.
#include <string>

#include "fuzz/targets.h"
#include "pipeline/capture/binlog/binlog_statement.h"

namespace freshet::fuzz {

namespace {

SourcePrograms programs() {
  SourcePrograms programs({{{"d", "pay"}, {"id", "x"}}}, false);
  SqlProgram trigger{SqlProgram::Kind::Trigger, {"d", "take"}, {"d", "inbox"}, kInserts};
  read_program_body("INSERT INTO pay VALUES (1, f(2))", "d", {}, trigger);
  programs.add(trigger);
  return programs;
}

SqlDialect dialect_of(unsigned char byte) {
  SqlDialect dialect;
  dialect.letters = static_cast<SqlDialect::Letters>(byte % 6);
  dialect.ansi_quotes = (byte & 0x08) != 0;
  dialect.no_backslash_escapes = (byte & 0x10) != 0;
  dialect.square_brackets = (byte & 0x20) != 0;
  dialect.mysql = (byte & 0x40) != 0;
  return dialect;
}

void check_tokens(std::string_view sql, const SqlDialect& dialect) {
  std::size_t at = 0;
  for (SqlTokens tokens(sql, dialect); !tokens.done(); tokens.advance()) {
    const std::string_view raw = tokens.current().raw;
    const auto begin = static_cast<std::size_t>(raw.data() - sql.data());
    promise(!raw.empty() && begin >= at && begin + raw.size() <= sql.size(),
            "tokens stand in the text, in their order");
    at = begin + raw.size();
  }
}

}  // namespace

void fuzz_statement(Input input) {
  if (input.empty()) return;
  const SqlDialect dialect = dialect_of(static_cast<unsigned char>(input.front()));
  const std::string_view sql(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
  check_tokens(sql, dialect);
  const StatementReading reading = read_statement(sql, "d", dialect);
  const StatementReading commented = read_statement("/* pay */ " + std::string(sql), "d", dialect);
  promise(reading.writes.size() == commented.writes.size() && reading.changes.size() == commented.changes.size() &&
              reading.calls == commented.calls && reading.reads == commented.reads,
          "a comment changes nothing");
  StatementClassifier classifier(programs());
  const StatementEffect first = classifier.classify({sql, "d"});
  if (first.kind == StatementEffect::Kind::Rows && reading.changes.empty()) {
    promise(classifier.classify({sql, "d"}).kind == first.kind, "what writes rows does so again");
  }
  promise(classifier.classify({"INSERT INTO d.pay VALUES (1)", "e"}).kind == StatementEffect::Kind::Rows,
          "the classifier is of use afterwards");
}

}  // namespace freshet::fuzz
