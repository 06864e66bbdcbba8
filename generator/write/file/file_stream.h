// File streams: a scenario's changes as bytes, as fast as they can be made. Threads render batches side by side; the
// batches leave in the order of the schedule, so that any number of threads gives the same bytes.
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
  /// By EntityId: number of the stream that its changes go to; -1 = not wanted.
  std::vector<int> stream_of;
  int streams = 1;
  /// By EntityId, Avro only: behind the registry's frame.
  std::vector<std::optional<std::uint32_t>> schema_ids;
};

struct FileStreamProgress {
  std::int64_t changes = 0;
  std::int64_t bytes = 0;
  std::int64_t deletes_left_out = 0;
  Micros reached{};  ///< intended time of the last change that left
  /// ChangeSelection::from that gives exactly the rest. None while reference rows are missing.
  std::optional<Micros> rest_from;
};

/// Takes the bytes of whole changes, batch after batch, from one thread at a time. False: no more is wanted.
using StreamSink = std::function<Result<bool>(int stream, std::string_view bytes, std::int64_t changes)>;
/// Called after each batch; of the changes that are intended at one instant, all are in the same. False: stop.
using StreamWatch = std::function<bool(const FileStreamProgress&)>;

/// Runs to the end of `source`, or until the sink or the watch has enough. Rendering allocates nothing per row.
Result<FileStreamProgress> stream_changes(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                          ChangeSource& source, const FileStreamOptions& options,
                                          const StreamSink& sink, const StreamWatch& watch);

}  // namespace freshet
