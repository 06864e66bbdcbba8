// What binlogs hold compressed: parts of MariaDB's events (zlib), whole transactions of MySQL's (zstd). Like the
// decoder, these take any bytes whatever and give a value or an error.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/binlog/binlog_bytes.h"

struct ZSTD_DCtx_s;

namespace freshet {

/// The plain form of a compressed statement or of compressed rows: the result is in `room`, which only grows.
[[nodiscard]] Result<Bytes> inflate_part(Bytes compressed, std::vector<std::byte>& room);

/// The events of a TRANSACTION_PAYLOAD event, one by one: what is held is one event, not the transaction.
class PayloadEvents {
 public:
  /// `body` must outlive the reading.
  Status open(Bytes body);
  /// The next event, header included (these have no checksums); empty after the last. Valid until the next call.
  [[nodiscard]] Result<Bytes> next();

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  /// Makes `size` bytes available in `plain_`; false at the end of the input, with what there was.
  [[nodiscard]] Result<bool> fill(std::size_t size);

  std::unique_ptr<ZSTD_DCtx_s, Free> context_;  ///< null: the payload is not compressed
  bool frame_open_ = false;                     ///< more is to come of what is compressed
  Bytes left_;
  std::vector<std::byte> plain_;
  std::size_t begin_ = 0;  ///< of what was not yet taken
  std::size_t end_ = 0;
};

}  // namespace freshet
