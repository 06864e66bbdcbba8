#include "pipeline/state/text_pool.h"

namespace freshet {

std::uint32_t TextPool::number(std::size_t column, std::string_view text) {
  if (text.size() < kShortest || text.size() > kLongest) return kNone;
  if (column >= columns_.size()) columns_.resize(column + 1);
  Column& pool = columns_[column];
  if (pool.varied) return kNone;
  const std::uint64_t hash = hash_of(text);
  const std::uint32_t known = pool.index.find(hash, [&](std::uint32_t id) { return pool.texts[id] == text; });
  if (known != kNone) {
    ++pool.found;
    return known;
  }
  if (pool.texts.size() >= kMostTexts) return kNone;
  if (pool.texts.size() >= kTrial && pool.found < pool.texts.size()) {
    pool.varied = true;
    return kNone;
  }
  const auto fresh = static_cast<std::uint32_t>(pool.texts.size());
  pool.texts.emplace_back(text);
  pool.index.add(hash, fresh);
  bytes_ += sizeof(std::string) + text.size() + sizeof(std::uint64_t);
  return fresh;
}

}  // namespace freshet
