// A session as a stream of binlog events. The library reads packets, joins those of 16 MiB and decrypts; it never looks
// at their contents.
#include <errmsg.h>

#include "clients/mysql/mysql_session.h"

namespace freshet::mysql {

namespace {

constexpr unsigned char kEvent = 0;  // the first byte of a packet that contains an event
constexpr unsigned char kEnd = 0xfe;

void append_little(std::uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

Status Connection::start_dump(const std::string& file, std::uint32_t position, unsigned server_id) {
  constexpr unsigned kWait = 0;  // wait for more events at the end; no annotations beside row events
  constexpr my_bool kDoNotWait = 1;
  std::string request;
  append_little(position, 4, request);
  append_little(kWait, 2, request);
  append_little(server_id, 4, request);
  request += file;
  MYSQL* mysql = state_->mysql.get();
  // A server sends events of slightly more than 1 GiB; the library's own limit is 1 GiB.
  mysql->net.max_packet_size = 0x5000'0000;
  if (mysql->methods->db_command(mysql, COM_BINLOG_DUMP, request.data(), request.size(), kDoNotWait, nullptr) == 0) {
    return {};
  }
  return state_->fail();
}

Result<std::span<const std::byte>> Connection::next_event() {
  constexpr unsigned kFailed = ~0U;  // the library's packet_error, of 32 bits
  MYSQL* mysql = state_->mysql.get();
  const unsigned long size = mysql_net_read_packet(mysql);
  if (size == kFailed) return state_->fail();
  const unsigned char* packet = mysql->net.read_pos;
  if (size > 0 && packet[0] == kEvent) return std::as_bytes(std::span(packet + 1, size - 1));
  if (size > 0 && packet[0] == kEnd) return state_->fail(CR_SERVER_LOST, "the server ended the binlog stream");
  return Error{ErrorKind::Internal, state_->display + ": a packet of the binlog stream contains no event", ""};
}

}  // namespace freshet::mysql
