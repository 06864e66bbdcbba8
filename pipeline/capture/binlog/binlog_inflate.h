// Compressed parts of binlogs: parts of MariaDB's events (zlib), whole transactions of MySQL's (zstd). Like the
// decoder, these functions accept arbitrary bytes and return a value or an error.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/binlog/binlog_bytes.h"

struct ZSTD_DCtx_s;

namespace freshet {

/// Decompresses a statement or rows into `room`, which only grows, and returns the result.
[[nodiscard]] Result<Bytes> inflate_part(Bytes compressed, std::vector<std::byte>& room);

/// The events of a TRANSACTION_PAYLOAD event, one by one: only one event is in memory, not the transaction.
class PayloadEvents {
 public:
  /// `body` must outlive the reading.
  Status open(Bytes body);
  /// The next event, including its header (these have no checksums); empty after the last. Valid until the next call.
  [[nodiscard]] Result<Bytes> next();

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  /// Makes `size` bytes available in `plain_`; returns false at the end of the input, with the available bytes.
  [[nodiscard]] Result<bool> fill(std::size_t size);

  std::unique_ptr<ZSTD_DCtx_s, Free> context_;  ///< null: the payload is not compressed
  bool frame_open_ = false;                     ///< the compressed frame has not ended
  Bytes left_;
  std::vector<std::byte> plain_;
  std::size_t begin_ = 0;  ///< begin of the bytes not taken yet
  std::size_t end_ = 0;
};

}  // namespace freshet
