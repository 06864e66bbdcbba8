#include "clients/mysql/mysql_bulk.h"

#include <algorithm>

#include "base/result.h"
#include "clients/mysql/mysql_rows.h"

namespace freshet::mysql {

namespace {

// Messages larger than 1 MiB bring no further gain.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kMostRows = 8192;
constexpr std::size_t kNumberBytes = 9;
constexpr std::size_t kMessageBytes = 512;  // everything except the rows

}  // namespace

BulkStatement::BulkStatement(MYSQL* mysql, std::size_t most_packet)
    : statement_(mysql_stmt_init(mysql)), most_bytes_(std::min(kMostBytes, most_packet)) {
  FRESHET_CHECK(statement_ != nullptr, "out of memory");
}

unsigned BulkStatement::code() const { return mysql_stmt_errno(statement_.get()); }
const char* BulkStatement::text() const { return mysql_stmt_error(statement_.get()); }

bool BulkStatement::prepare(const std::string& sql) {
  return mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) == 0;
}

bool BulkStatement::run(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows,
                        std::int64_t& affected) {
  FRESHET_CHECK(mysql_stmt_param_count(statement_.get()) == columns.size(), "one column for each parameter");
  lay_out(columns);
  while (!rows.empty()) {
    const std::size_t taken = fill(columns, rows);
    if (!execute(taken, affected)) return false;
    rows = rows.subspan(taken);
  }
  return true;
}

void BulkStatement::lay_out(std::span<const Connection::BulkColumn> columns) {
  parameters_.resize(columns.size());
  binds_.assign(columns.size(), MYSQL_BIND{});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Parameter& parameter = parameters_[i];
    const Kind kind = columns[i].type.kind;
    parameter.type = kind == Kind::Integer || kind == Kind::Boolean ? MYSQL_TYPE_LONGLONG
                     : kind == Kind::Double                         ? MYSQL_TYPE_DOUBLE
                                                                    : MYSQL_TYPE_STRING;
    parameter.numeric = parameter.type != MYSQL_TYPE_STRING;
    parameter.in_arena = kind == Kind::Decimal || kind == Kind::Time || kind == Kind::List;
    binds_[i].buffer_type = parameter.type;
  }
}

// Binds as many rows as fit in one message, at least one. Returns how many.
std::size_t BulkStatement::fill(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows) {
  const std::size_t most = std::min(rows.size(), kMostRows);
  for (Parameter& parameter : parameters_) {
    parameter.indicators.resize(most);
    if (parameter.numeric) {
      parameter.numbers.resize(most);
      continue;
    }
    parameter.pointers.resize(most);
    parameter.lengths.resize(most);
    parameter.offsets.resize(most);
  }
  arena_.clear();
  std::size_t taken = 0;
  for (std::size_t bytes = kMessageBytes; taken < most; ++taken) {
    const Row& row = *rows[taken];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      bytes += set(parameters_[i], taken, row, row.cells[static_cast<std::size_t>(columns[i].cell)], columns[i].type);
    }
    if (bytes > most_bytes_ && taken > 0) break;  // this row opens the next message
  }
  for (Parameter& parameter : parameters_) {
    if (!parameter.in_arena) continue;
    for (std::size_t i = 0; i < taken; ++i) parameter.pointers[i] = arena_.data() + parameter.offsets[i];
  }
  return taken;
}

// Stores one value; returns its approximate size on the wire in bytes.
std::size_t BulkStatement::set(Parameter& parameter, std::size_t at, const Row& row, const Cell& cell,
                               const ColumnType& type) {
  FRESHET_CHECK(kind_fits(cell.kind, type.kind), "a cell has the kind of its column or is null");
  const bool null = cell.kind == Kind::Null;
  parameter.indicators[at] = null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
  if (parameter.numeric) {
    parameter.numbers[at] = cell.number;
    return kNumberBytes;
  }
  if (!parameter.in_arena) {
    const std::string_view text = null ? std::string_view("") : row.text_of(cell);
    parameter.pointers[at] = text.data();
    parameter.lengths[at] = text.size();
    return text.size() + kNumberBytes;
  }
  const std::size_t from = arena_.size();
  if (cell.kind == Kind::Decimal) append_decimal(cell.number, type.scale, arena_);
  if (cell.kind == Kind::Time) append_sql_time(cell.number, arena_);
  if (cell.kind == Kind::List) append_json(row, cell, type, arena_);
  parameter.offsets[at] = from;
  parameter.lengths[at] = arena_.size() - from;
  return parameter.lengths[at] + kNumberBytes;
}

bool BulkStatement::execute(std::size_t rows, std::int64_t& affected) {
  auto size = static_cast<unsigned>(rows);
  if (mysql_stmt_attr_set(statement_.get(), STMT_ATTR_ARRAY_SIZE, &size) != 0) return false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    MYSQL_BIND& bind = binds_[i];
    bind.buffer = parameter.numeric ? static_cast<void*>(parameter.numbers.data()) : parameter.pointers.data();
    bind.length = parameter.numeric ? nullptr : parameter.lengths.data();
    bind.u.indicator = parameter.indicators.data();
  }
  if (!binds_.empty() && mysql_stmt_bind_param(statement_.get(), binds_.data()) != 0) return false;
  if (mysql_stmt_execute(statement_.get()) != 0) return false;
  affected += static_cast<std::int64_t>(mysql_stmt_affected_rows(statement_.get()));
  return true;
}

}  // namespace freshet::mysql
