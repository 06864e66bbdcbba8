// No bytes from a server may harm the binlog's decoder, and every cell that it yields can be printed.
#include "fuzz/binlog_input.h"
#include "fuzz/targets.h"

namespace freshet::fuzz {

void fuzz_binlog(Input input) {
  BinlogStream stream = recorded_stream();
  std::vector<RowChange> changes;
  for (const RecordedEvent& event : events_of(input)) {
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
}

}  // namespace freshet::fuzz
