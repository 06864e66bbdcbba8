#include "clients/mysql/mysql_rows.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/result.h"

namespace freshet::mysql {

namespace {

constexpr std::string_view kValues = " VALUES (";

void append_bytes(std::uint64_t number, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}

/// A length as encoded in the protocol: one byte up to 250, else a byte that says how many bytes follow.
void append_length(std::size_t length, std::string& out) {
  if (length <= 250) return append_bytes(length, 1, out);
  const int bytes = length <= 0xFFFF ? 2 : length <= 0xFFFFFF ? 3 : 8;
  out += static_cast<char>(bytes == 2 ? 0xFC : bytes == 3 ? 0xFD : 0xFE);
  append_bytes(length, bytes, out);
}

enum_field_types type_of(Kind kind) {
  if (kind == Kind::Integer || kind == Kind::Boolean) return MYSQL_TYPE_LONGLONG;
  return kind == Kind::Double ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_STRING;
}

/// The list of values in the statement; empty if there is none, or if it contains anything but question marks.
std::string_view values_of(std::string_view sql) {
  const std::size_t at = sql.find(kValues);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + kValues.size() - 1;
  const std::size_t to = sql.find_first_not_of("?, ", from + 1);
  if (to == std::string_view::npos || sql[to] != ')') return {};
  return sql.substr(from, to + 1 - from);
}

}  // namespace

RowStatement::RowStatement(MYSQL* mysql) : mysql_(mysql), statement_(mysql_stmt_init(mysql)) {
  FRESHET_CHECK(statement_ != nullptr, "out of memory");
}

bool RowStatement::prepare(const std::string& sql) {
  return mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) == 0;
}

std::size_t RowStatement::encode(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows) {
  const std::size_t places = columns.size() * rows.size();
  FRESHET_CHECK(mysql_stmt_param_count(statement_.get()) == places, "one column for each parameter");
  request_.clear();
  append_bytes(statement_->stmt_id, 4, request_);
  append_bytes(0, 1, request_);
  append_bytes(1, 4, request_);
  if (places == 0) return request_.size();
  const std::size_t nulls = request_.size();
  request_.append((places + 7) / 8, '\0');
  append_bytes(1, 1, request_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const Connection::BulkColumn& column : columns) append_bytes(type_of(column.type.kind), 2, request_);
  }
  std::size_t place = 0;
  for (const Row* row : rows) {
    for (const Connection::BulkColumn& column : columns) {
      const Cell& cell = row->cells[static_cast<std::size_t>(column.cell)];
      FRESHET_CHECK(kind_fits(cell.kind, column.type.kind), "a cell has the kind of its column or is null");
      if (cell.kind == Kind::Null) {
        request_[nulls + place / 8] = static_cast<char>(request_[nulls + place / 8] | 1 << place % 8);
      } else {
        append_value(*row, cell, column.type);
      }
      ++place;
    }
  }
  return request_.size();
}

void RowStatement::append_value(const Row& row, const Cell& cell, const ColumnType& type) {
  if (type_of(type.kind) != MYSQL_TYPE_STRING) {
    return append_bytes(static_cast<std::uint64_t>(cell.number), 8, request_);
  }
  if (cell.kind == Kind::Text) {
    const std::string_view text = row.text_of(cell);
    append_length(text.size(), request_);
    request_ += text;
    return;
  }
  scratch_.clear();
  if (cell.kind == Kind::Decimal) append_decimal(cell.number, type.scale, scratch_);
  if (cell.kind == Kind::Time) append_sql_time(cell.number, scratch_);
  if (cell.kind == Kind::List) append_json(row, cell, type, scratch_);
  append_length(scratch_.size(), request_);
  request_ += scratch_;
}

bool RowStatement::send() {
  constexpr my_bool kDoNotWait = 1;
  return mysql_->methods->db_command(mysql_, COM_STMT_EXECUTE, request_.data(), request_.size(), kDoNotWait, nullptr) ==
         0;
}

void RowStatement::append_packet(std::string& packets) const {
  append_bytes(request_.size() + 1, 3, packets);
  append_bytes(0, 1, packets);  // the packet's sequence number in its command
  append_bytes(COM_STMT_EXECUTE, 1, packets);
  packets += request_;
}

bool RowStatement::send_all(MYSQL* mysql, std::string_view packets, int timeout_ms) {
  const auto socket = static_cast<int>(mysql_get_socket(mysql));
  while (!packets.empty()) {
    const ssize_t sent = ::send(socket, packets.data(), packets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      packets.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    pollfd room{socket, POLLOUT, 0};
    if (errno == EAGAIN && ::poll(&room, 1, timeout_ms) > 0) continue;
    ::shutdown(socket, SHUT_RDWR);  // half a packet was sent, so the server could not parse what follows
    return false;
  }
  return true;
}

bool RowStatement::answered(MYSQL* mysql) {
  // The sequence numbers start over with each command, and the library still has the number of the last packet that it
  // read.
  mysql->net.pkt_nr = 1;
  return mysql_read_query_result(mysql) == 0;
}

std::string for_rows(const std::string& sql, std::size_t rows) {
  const std::string_view values = values_of(sql);
  const auto at = static_cast<std::size_t>(values.data() - sql.data());
  std::string out = sql.substr(0, at);
  for (std::size_t i = 0; i < rows; ++i) out.append(i == 0 ? "" : ", ").append(values);
  return out.append(sql, at + values.size());
}

bool takes_rows(const std::string& sql, std::size_t parameters) {
  const std::string_view values = values_of(sql);
  const auto marks = [](std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '?'));
  };
  return sql.starts_with("INSERT ") && parameters > 0 && marks(values) == parameters && marks(sql) == parameters;
}

}  // namespace freshet::mysql
