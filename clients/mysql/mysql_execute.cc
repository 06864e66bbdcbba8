// Prepared statements for many rows: arrays if the server has them, else several rows per statement, and executions
// that do not wait for their answers.
#include <algorithm>
#include <bit>

#include "clients/mysql/mysql_session.h"

namespace freshet::mysql {

namespace {

// Callers use a handful of fixed texts. The limit protects the server from a caller that generates texts.
constexpr std::size_t kMostStatements = 256;
// Limits of an execution for several rows.
constexpr std::size_t kMostParameters = 65'535;  // the protocol counts them in 16 bits
constexpr std::size_t kMostRowsInOne = 64;       // with more, MySQL 9 takes longer per row
constexpr std::size_t kMostBytesInOne = std::size_t{1} << 20;
constexpr std::size_t kMostBytesAhead = std::size_t{256} << 10;

}  // namespace

Status Connection::bulk(const std::string& sql, std::span<const BulkColumn> columns, std::span<const Row* const> rows) {
  state_->affected = 0;
  if (rows.empty()) return {};
  if (!state_->arrays) return state_->insert_rows(sql, columns, rows);
  auto& statements = state_->statements;
  auto found = statements.find(sql);
  if (found == statements.end()) {
    if (statements.size() >= kMostStatements) statements.clear();
    auto statement = std::make_unique<BulkStatement>(state_->mysql.get(), state_->most_packet);
    if (!statement->prepare(sql)) return state_->fail(statement->code(), statement->text());
    found = statements.emplace(sql, std::move(statement)).first;
  }
  if (found->second->run(columns, rows, state_->affected)) return {};
  Error error = state_->fail(found->second->code(), found->second->text());
  // The prepared form may be the cause (the table was created again): the next call prepares it again.
  statements.erase(found);
  return error;
}

Result<RowStatement*> Connection::State::prepared(const std::string& sql, std::size_t rows) {
  const std::string& name = rows == 1 ? sql : key.assign(sql).append(std::to_string(rows));
  if (const auto found = row_statements.find(name); found != row_statements.end()) return found->second.get();
  if (row_statements.size() >= kMostStatements) row_statements.clear();
  auto statement = std::make_unique<RowStatement>(mysql.get());
  if (!statement->prepare(rows == 1 ? sql : for_rows(sql, rows))) return fail(statement->code(), statement->text());
  return row_statements.emplace(name, std::move(statement)).first->second.get();
}

Status Connection::State::insert_rows(const std::string& sql, std::span<const BulkColumn> columns,
                                      std::span<const Row* const> rows) {
  const bool several = takes_rows(sql, columns.size());
  const std::size_t most = several ? std::min(kMostRowsInOne, kMostParameters / columns.size()) : 1;
  const std::size_t most_bytes = std::min(kMostBytesInOne, most_packet / 4 * 3);
  while (!rows.empty()) {
    std::size_t size = std::bit_floor(std::min(rows.size(), most));
    for (;; size /= 2) {
      FRESHET_ASSIGN(const auto statement, prepared(sql, size));
      if (statement->encode(columns, rows.first(size)) > most_bytes && size > 1) continue;
      if (statement->send() && RowStatement::answered(mysql.get())) break;
      Error error = fail();
      row_statements.clear();  // as in bulk()
      return error;
    }
    affected += static_cast<std::int64_t>(mysql_affected_rows(mysql.get()));
    rows = rows.subspan(size);
  }
  return {};
}

Status Connection::execute_ahead(std::span<const Execution> executions, const Answer& answer) {
  State& state = *state_;
  FRESHET_CHECK(sends_ahead(), "the server reads ahead");
  // Nothing can be prepared while answers are pending.
  for (const Execution& execution : executions) FRESHET_TRY(state.prepared(*execution.sql, 1));
  std::size_t sent = 0;
  state.packets.clear();
  for (std::size_t bytes = 0; sent < executions.size(); ++sent) {
    const Execution& execution = executions[sent];
    const auto statement = state.row_statements.find(*execution.sql);
    if (statement == state.row_statements.end()) break;
    bytes += statement->second->encode(execution.columns, {&execution.row, 1});
    if (bytes > std::min(kMostBytesAhead, state.most_packet / 4 * 3)) break;
    if (state.encrypted && !statement->second->send()) return state.fail();
    if (!state.encrypted) statement->second->append_packet(state.packets);
  }
  // If this fails, the answers that follow report it.
  if (!state.encrypted) RowStatement::send_all(state.mysql.get(), state.packets, kAnswerTimeoutS * 1'000);
  bool refused = false;
  for (std::size_t i = 0; i < sent; ++i) {
    if (RowStatement::answered(state.mysql.get())) {
      answer(nullptr);
      continue;
    }
    Error error = state.fail();
    if (state.failure.lost()) return error;
    refused = true;
    answer(&state.failure);
  }
  if (refused) state.row_statements.clear();  // as in bulk()
  return {};
}

}  // namespace freshet::mysql
