// Bytes as a binlog: how the fuzzer, its recorded corpus and the unit tests feed a BinlogStream.
//
// An input is a sequence of events: one byte of type, two bytes of size (least significant first), and that many bytes
// to follow the event's header, checksum included. Headers and checksums are made up, because a fuzzer would spend
// its life on them. The corpus was cut from the log files of real servers.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/capture/binlog/binlog_stream.h"

namespace freshet {

struct RecordedEvent {
  EventType type{};
  std::vector<std::byte> bytes;  ///< header to checksum
};

/// Makes the last four bytes what they should be, where the event has room for them.
inline void set_checksum(std::vector<std::byte>& event) {
  if (event.size() < kEventHeaderSize + kChecksumSize) return;
  const std::size_t summed = event.size() - kChecksumSize;
  const auto sum = crc32(0, reinterpret_cast<const unsigned char*>(event.data()), static_cast<unsigned>(summed));
  for (std::size_t i = 0; i < kChecksumSize; ++i) event[summed + i] = static_cast<std::byte>(sum >> (8 * i));
}

[[nodiscard]] inline std::vector<std::byte> with_header(EventType type, Bytes content, bool checksum = true) {
  const auto size = static_cast<std::uint32_t>(kEventHeaderSize + content.size());
  std::vector<std::byte> event(size);
  event[4] = static_cast<std::byte>(type);
  event[5] = std::byte{1};  // server
  for (int i = 0; i < 4; ++i) event[9 + static_cast<std::size_t>(i)] = static_cast<std::byte>(size >> (8 * i));
  event[13] = std::byte{99};  // next position
  std::copy(content.begin(), content.end(), event.begin() + kEventHeaderSize);
  if (checksum) set_checksum(event);
  return event;
}

/// Cuts an input into events; what is left over is dropped.
[[nodiscard]] inline std::vector<RecordedEvent> events_of(Bytes input) {
  std::vector<RecordedEvent> events;
  ByteReader in(input);
  while (in.left() > 0) {
    const auto type = static_cast<EventType>(in.byte());
    const Bytes content = in.take(in.little(2));
    if (in.ok()) events.push_back({type, with_header(type, content)});
  }
  return events;
}

/// A stream that reads d.t and d.kinds; where the log does not name columns, d.t has these three.
[[nodiscard]] inline BinlogStream recorded_stream() {
  BinlogStream::Options options;
  options.tables = {{"d", "t"}, {"d", "kinds"}};
  options.from_beginning = true;
  options.schema_of = [](const std::string&, const std::string&) -> Result<std::vector<SchemaColumn>> {
    return std::vector<SchemaColumn>{
        {"id", "int(11)", ""}, {"n", "int(10) unsigned", ""}, {"s", "varchar(20)", "latin1"}};
  };
  return BinlogStream(std::move(options));
}

/// Feeds one event.
[[nodiscard]] inline Status feed(BinlogStream& stream, const RecordedEvent& event, std::vector<RowChange>& out) {
  const auto turn = stream.feed(event.bytes, out);
  if (!turn.ok()) return turn.error();
  return {};
}

}  // namespace freshet
