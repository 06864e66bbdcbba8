// HdrHistogram's V2 compressed form: what other tools read and what a merge of shards joins.
//
//   outer   := cookie:u32 length:u32 zlib(inner)                                    all numbers big-endian
//   inner   := cookie:u32 payload-length:u32 index-offset:u32 digits:u32
//              lowest:i64 highest:i64 ratio:f64 payload
//   payload := counts from bucket 0 on, each ZigZag LEB128; a run of n > 1 empty buckets is the number −n
//
// The low byte 0x10 in a cookie says that counts are variable-length words. LEB128 is cut at 9 bytes: the ninth holds 8
// bits.
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "metrics/histogram/histogram.h"
#include "metrics/histogram/histogram_buckets.h"

namespace freshet {

namespace {

constexpr std::uint32_t kOuterCookie = 0x1c849314;
constexpr std::uint32_t kInnerCookie = 0x1c849313;
constexpr std::size_t kOuterHeader = 8;
constexpr std::size_t kInnerHeader = 40;
/// The maximum size of the inner form: nine bytes for each bucket.
constexpr std::size_t kInnerMost = kInnerHeader + 9 * buckets::kAllBuckets;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Error malformed(const std::string& what) { return Error{ErrorKind::Usage, "not a V2 histogram: " + what, ""}; }

void put_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

std::uint64_t get_number(std::string_view in, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i)
    value = (value << 8) | static_cast<unsigned char>(in[at + static_cast<std::size_t>(i)]);
  return value;
}

void put_zigzag(std::string& out, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (int i = 0; i < 8 && rest >= 0x80; ++i, rest >>= 7) out.push_back(static_cast<char>((rest & 0x7f) | 0x80));
  out.push_back(static_cast<char>(rest));
}

/// Reads one number at `at` and advances `at`. Returns false at the end of the text.
bool get_zigzag(std::string_view in, std::size_t& at, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 9; ++i) {
    if (at >= in.size()) return false;
    const auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(in[at++]));
    const bool last = i == 8 || byte < 0x80;
    bits |= (last ? byte : byte & 0x7f) << (7 * i);
    if (last) break;
  }
  value = static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  return true;
}

std::string to_base64(std::string_view in) {
  std::string out;
  for (std::size_t at = 0; at < in.size(); at += 3) {
    const std::size_t bytes = std::min<std::size_t>(3, in.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8) | (i < bytes ? static_cast<unsigned char>(in[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out.push_back(i <= bytes ? kAlphabet[(group >> (18 - 6 * i)) & 63] : '=');
  }
  return out;
}

bool from_base64(std::string_view in, std::string& out) {
  if (in.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < in.size() && in[in.size() - 1 - padding] == '=') ++padding;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool pad = i >= in.size() - padding;
    const std::size_t digit = pad ? 0 : kAlphabet.find(in[i]);
    if (digit == std::string_view::npos) return false;
    group = (group << 6) | static_cast<std::uint32_t>(digit);
    if (i % 4 == 3) put_number(out, group & 0xffffff, 3);
  }
  out.resize(out.size() - padding);
  return true;
}

std::string inner_form(const std::vector<std::int64_t>& counts) {
  std::string payload;
  for (std::size_t i = 0; i < counts.size();) {
    const auto next = std::find_if(counts.begin() + static_cast<std::ptrdiff_t>(i), counts.end(),
                                   [](std::int64_t count) { return count != 0; });
    const auto zeros = next - counts.begin() - static_cast<std::ptrdiff_t>(i);
    if (zeros > 1) {
      put_zigzag(payload, -zeros);
      i += static_cast<std::size_t>(zeros);
    } else {
      put_zigzag(payload, counts[i++]);
    }
  }
  std::string inner;
  put_number(inner, kInnerCookie, 4);
  put_number(inner, payload.size(), 4);
  put_number(inner, 0, 4);
  put_number(inner, buckets::kSignificantDigits, 4);
  put_number(inner, buckets::kLowest, 8);
  put_number(inner, buckets::kHighest, 8);
  put_number(inner, std::bit_cast<std::uint64_t>(1.0), 8);
  return inner + payload;
}

std::string deflated(const std::string& text) {
  auto size = compressBound(static_cast<uLong>(text.size()));
  std::string zipped(size, '\0');
  const int status = compress(reinterpret_cast<Bytef*>(zipped.data()), &size,
                              reinterpret_cast<const Bytef*>(text.data()), static_cast<uLong>(text.size()));
  FRESHET_CHECK(status == Z_OK, "zlib has room for its own bound");
  zipped.resize(size);
  return zipped;
}

Result<std::string> inflated(std::string_view zipped, std::size_t most) {
  std::string text(most, '\0');
  auto size = static_cast<uLongf>(text.size());
  const int status = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                                reinterpret_cast<const Bytef*>(zipped.data()), static_cast<uLong>(zipped.size()));
  if (status != Z_OK) return malformed("zlib says " + std::to_string(status));
  text.resize(size);
  return text;
}

std::string outer_form(const std::vector<std::int64_t>& counts) {
  const std::string zipped = deflated(inner_form(counts));
  std::string outer;
  put_number(outer, kOuterCookie, 4);
  put_number(outer, zipped.size(), 4);
  return to_base64(outer + zipped);
}

Result<std::string> inflate_inner(std::string_view outer) {
  if (outer.size() < kOuterHeader || get_number(outer, 0, 4) != kOuterCookie) return malformed("wrong outer cookie");
  if (get_number(outer, 4, 4) != outer.size() - kOuterHeader) return malformed("wrong length");
  return inflated(outer.substr(kOuterHeader), kInnerMost);
}

Status check_header(std::string_view inner) {
  if (inner.size() < kInnerHeader || get_number(inner, 0, 4) != kInnerCookie) return malformed("wrong inner cookie");
  if (get_number(inner, 4, 4) != inner.size() - kInnerHeader) return malformed("wrong payload length");
  if (get_number(inner, 8, 4) != 0) return malformed("shifted indexes");
  if (get_number(inner, 12, 4) != static_cast<std::uint64_t>(buckets::kSignificantDigits) ||
      get_number(inner, 16, 8) != static_cast<std::uint64_t>(buckets::kLowest)) {
    return malformed("other than 3 significant digits from 1 µs on");
  }
  return {};
}

}  // namespace

std::string Histogram::encode() const { return outer_form(counts_); }

Histogram::Rest Histogram::rest() const {
  return {negative_ > 0 ? outer_form(negative_counts_) : "", overflow_, min_, max_};
}

Result<Histogram> Histogram::decode(const std::string& base64, const Rest& rest) {
  auto histogram = decode(base64);
  if (!histogram.ok()) return histogram;
  Histogram& whole = *histogram;
  if (!rest.negative.empty()) {
    auto negative = decode(rest.negative, buckets::kAllBuckets);
    if (!negative.ok()) return negative;
    whole.negative_counts_ = std::move(negative->counts_);
    whole.negative_ = negative->count_;
  }
  constexpr std::int64_t kMost = INT64_MAX / 4;
  if (rest.overflow < 0 || rest.overflow > kMost || whole.negative_ > kMost || whole.count_ > kMost) {
    return malformed("counts beyond 64 bits");
  }
  whole.overflow_ = rest.overflow;
  whole.count_ += whole.negative_ + whole.overflow_;
  whole.min_ = rest.min;
  whole.max_ = rest.max;
  return histogram;
}

std::string encode_durations(const std::vector<Nanos>& ascending) {
  if (ascending.empty()) return "";
  std::string numbers;
  Nanos before{};
  for (const Nanos duration : ascending) put_zigzag(numbers, (duration - std::exchange(before, duration)).count());
  return to_base64(deflated(numbers));
}

Result<std::vector<Nanos>> decode_durations(const std::string& base64, std::size_t most) {
  constexpr std::size_t kLongestNumber = 9;
  std::vector<Nanos> durations;
  if (base64.empty()) return durations;
  std::string zipped;
  if (!from_base64(base64, zipped)) return malformed("not base64");
  FRESHET_ASSIGN(auto numbers, inflated(zipped, most * kLongestNumber));
  std::int64_t before = 0;
  for (std::size_t at = 0; at < numbers.size();) {
    std::int64_t step = 0;
    if (!get_zigzag(numbers, at, step)) return malformed("a duration is cut short");
    if (__builtin_add_overflow(before, step, &before)) return malformed("a duration beyond 64 bits");
    durations.emplace_back(before);
  }
  return durations;
}

Result<Histogram> Histogram::decode(const std::string& base64) { return decode(base64, buckets::kBuckets); }

Result<Histogram> Histogram::decode(const std::string& base64, std::size_t most_buckets) {
  std::string outer;
  if (!from_base64(base64, outer)) return malformed("not base64");
  const auto inner = inflate_inner(outer);
  if (!inner) return inner.error();
  FRESHET_TRY(check_header(inner.value()));
  Histogram histogram;
  std::size_t index = 0;
  for (std::size_t at = kInnerHeader; at < inner.value().size();) {
    std::int64_t number = 0;
    if (!get_zigzag(inner.value(), at, number)) return malformed("a count is cut short");
    const std::uint64_t steps = number < 0 ? -static_cast<std::uint64_t>(number) : 1;
    if (steps > most_buckets - index) return malformed("more buckets than there can be");
    if (number > 0) {
      if (histogram.count_ > INT64_MAX - number) return malformed("counts beyond 64 bits");
      histogram.counts_.resize(index + 1);
      histogram.counts_[index] = number;
      if (histogram.count_ == 0) histogram.min_ = buckets::lowest_of(index) * kNanosPerMicro;
      histogram.max_ = std::min(buckets::highest_of(index), Nanos::max() / kNanosPerMicro) * kNanosPerMicro;
      histogram.count_ += number;
    }
    index += static_cast<std::size_t>(steps);
  }
  return histogram;
}

}  // namespace freshet
