// libFuzzer: no bytes from a server may make the binlog's decoder crash, read out of bounds or run away.
//
//   binlog_fuzz -max_len=4096 -max_total_time=120 NEW_CORPUS tests/fuzz/corpus/binlog
#include <cstdint>

#include "fuzz/binlog_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  for (const RecordedEvent& event : events_of(std::as_bytes(std::span(data, size)))) {
    if (!feed(stream, event, changes).ok()) break;
  }
  std::string text = stream.position();
  for (const RowChange& change : changes) {
    const RecordType& record = change.table->record;
    for (const Row* row : {&change.before, &change.after}) {
      for (std::size_t i = 0; i < row->cells.size(); ++i) {
        append_text(*row, row->cells[i], record.columns[i].type, text);
      }
    }
  }
  return 0;
}
