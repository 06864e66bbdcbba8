#include "pipeline/capture/binlog/binlog_inflate.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "pipeline/capture/binlog/binlog_decoder.h"

namespace freshet {
namespace {

// The largest event that a server writes is slightly over 1 GiB.
constexpr std::size_t kMostEvent = 0x5000'0000;

Error unreadable(const char* what, const std::string& reason) {
  return Error{ErrorKind::Internal, fmt::format("binlog: malformed {}: {}", what, reason), ""};
}

}  // namespace

// One byte: 1 | algorithm (3 bits) | 0 | size of the next field (3 bits); the plain size, most significant byte first;
// the output of zlib.
Result<Bytes> inflate_part(Bytes compressed, std::vector<std::byte>& room) {
  constexpr const char* kPart = "compressed part of an event";
  constexpr std::size_t kMostRatio = 1'100;  // the maximum ratio of zlib's format is 1032
  ByteReader in(compressed);
  const std::uint8_t front = in.byte();
  const std::size_t size_bytes = front & 0x07;
  if (in.ok() && (front & 0xf8) != 0x80) in.fail("its algorithm is not zlib");
  if (in.ok() && (size_bytes < 1 || size_bytes > 4)) in.fail("the size of its size field is impossible");
  const std::size_t size = in.big(in.ok() ? size_bytes : 0);
  if (in.ok() && size / kMostRatio > in.left()) in.fail("it is too short for the size that it declares");
  if (!in.ok()) return unreadable(kPart, in.reason());
  const Bytes packed = in.take_rest();
  if (room.size() < size) room.resize(size);
  auto plain = static_cast<uLongf>(size);
  std::byte none{};  // zlib needs a valid pointer even for no output
  auto* to = reinterpret_cast<Bytef*>(size == 0 ? &none : room.data());
  const int code = uncompress(to, &plain, reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (code != Z_OK || plain != size) return unreadable(kPart, "zlib cannot read it");
  return Bytes(room).first(size);
}

void PayloadEvents::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

// Fields of (type, size, value), all numbers length-encoded; type 0 ends them, without size and value.
Status PayloadEvents::open(Bytes body) {
  enum Field : std::uint8_t { End = 0, Compression = 2 };
  constexpr std::uint64_t kZstd = 0;
  constexpr std::uint64_t kNone = 255;
  ByteReader in(body);
  std::uint64_t compression = kNone;
  for (;;) {
    const std::uint64_t field = in.length_encoded();
    if (!in.ok() || field == End) break;
    ByteReader value(in.take(in.length_encoded()));
    if (field != Compression) continue;
    compression = value.length_encoded();
    if (!value.ok()) in.fail(value.reason());
  }
  if (!in.ok()) return unreadable("TRANSACTION_PAYLOAD event", in.reason());
  left_ = in.take_rest();
  begin_ = end_ = 0;
  if (compression == kNone) {
    context_.reset();
    return {};
  }
  if (compression != kZstd) {
    return Error{ErrorKind::Usage, fmt::format("binlog: a transaction is compressed by algorithm {}", compression),
                 "set binlog_transaction_compression=OFF for all sessions of the server"};
  }
  if (!context_) context_.reset(ZSTD_createDCtx());
  FRESHET_CHECK(context_ != nullptr, "out of memory");
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  frame_open_ = true;
  return {};
}

Result<bool> PayloadEvents::fill(std::size_t size) {
  constexpr std::size_t kStep = std::size_t{128} << 10;
  while (end_ - begin_ < size) {
    if (begin_ > 0) {
      std::memmove(plain_.data(), plain_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    // Grows with the actual output, never by the size that a header claims.
    if (plain_.size() - end_ < kStep) plain_.resize(end_ + kStep + end_ / 2);
    if (!context_) {
      const std::size_t count = std::min(left_.size(), plain_.size() - end_);
      if (count == 0) return false;
      std::memcpy(plain_.data() + end_, left_.data(), count);
      left_ = left_.subspan(count);
      end_ += count;
      continue;
    }
    ZSTD_inBuffer in{left_.data(), left_.size(), 0};
    ZSTD_outBuffer out{plain_.data() + end_, plain_.size() - end_, 0};
    const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(code) != 0) return unreadable("compressed transaction", ZSTD_getErrorName(code));
    left_ = left_.subspan(in.pos);
    end_ += out.pos;
    if (in.pos > 0 || out.pos > 0) frame_open_ = code != 0;
    if (out.pos > 0 || !left_.empty()) continue;
    if (frame_open_) return unreadable("compressed transaction", "it ends too early");
    return false;
  }
  return true;
}

Result<Bytes> PayloadEvents::next() {
  constexpr const char* kTooShort = "it ends within an event";
  auto filled = fill(kEventHeaderSize);
  if (!filled) return filled.error();
  if (!*filled) {
    if (end_ != begin_) return unreadable("compressed transaction", kTooShort);
    return Bytes{};
  }
  const std::size_t size = event_length(Bytes(plain_).subspan(begin_, kEventHeaderSize));
  if (size < kEventHeaderSize || size > kMostEvent) return unreadable("compressed transaction", "an impossible event");
  filled = fill(size);
  if (!filled) return filled.error();
  if (!*filled) return unreadable("compressed transaction", kTooShort);
  const Bytes event = Bytes(plain_).subspan(begin_, size);
  begin_ += size;
  return event;
}

}  // namespace freshet
