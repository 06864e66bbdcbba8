// File streams: turns a scenario's changes into bytes as fast as possible. Threads render batches in parallel; the
// batches are written in the order of the schedule, so that any number of threads gives the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "generator/format/format.h"
#include "generator/schedule/change_source.h"

namespace freshet {

struct FileStreamOptions {
  Format format = Format::Json;
  int threads = 1;
  /// By EntityId: number of the stream for its changes; -1 = not wanted.
  std::vector<int> stream_of;
  int streams = 1;
  /// By EntityId, only for Avro: the schema id in the registry's frame.
  std::vector<std::optional<std::uint32_t>> schema_ids;
};

struct FileStreamProgress {
  std::int64_t changes = 0;
  std::int64_t bytes = 0;
  std::int64_t deletes_left_out = 0;
  Micros reached{};  ///< intended time of the last change that was written
  /// The ChangeSelection::from that gives exactly the rest. Absent while reference rows are missing.
  std::optional<Micros> rest_from;
};

/// Receives the bytes of complete changes, batch after batch, from one thread at a time. Returns false if no more is
/// wanted.
using StreamSink = std::function<Result<bool>(int stream, std::string_view bytes, std::int64_t changes)>;
/// Called after each batch; all changes intended at one instant are in the same batch. Returning false stops.
using StreamWatch = std::function<bool(const FileStreamProgress&)>;

/// Runs until the end of `source`, or until the sink or the callback returns false. Rendering allocates nothing per
/// row.
Result<FileStreamProgress> stream_changes(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                          ChangeSource& source, const FileStreamOptions& options,
                                          const StreamSink& sink, const StreamWatch& watch);

}  // namespace freshet
