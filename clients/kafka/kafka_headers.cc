#include "clients/kafka/kafka_headers.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace freshet::kafka {

namespace {

/// Reads the header at `index`; returns false if there is none.
bool header_at(const HeaderList& list, std::size_t index, Header& out) {
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_all(list.get(), index, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  out = {name, std::string_view(static_cast<const char*>(value), size)};
  return true;
}

/// Removes all headers from `index` on. Returns false if that is impossible: headers can only be removed by name,
/// together with all others of the same name.
bool cut(HeaderList& list, std::size_t index, std::span<const Header> kept) {
  Header header;
  while (header_at(list, index, header)) {
    const auto is_same = [&](const Header& other) { return other.name == header.name; };
    if (std::any_of(kept.begin(), kept.end(), is_same)) return false;
    const std::string name(header.name);  // removing the header frees its name
    rd_kafka_header_remove(list.get(), name.c_str());
  }
  return true;
}

}  // namespace

void HeaderLists::take(std::size_t count, std::vector<HeaderList>& out) {
  const std::scoped_lock lock(mutex_);
  const std::size_t taken = std::min(count, lists_.size());
  std::move(lists_.end() - static_cast<std::ptrdiff_t>(taken), lists_.end(), std::back_inserter(out));
  lists_.resize(lists_.size() - taken);
}

void HeaderLists::give(std::vector<HeaderList>& lists) {
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t kept = std::min(lists.size(), kMost - lists_.size());
    std::move(lists.begin(), lists.begin() + static_cast<std::ptrdiff_t>(kept), std::back_inserter(lists_));
  }
  lists.clear();
}

void fill_headers(std::span<const Header> wanted, HeaderList& list) {
  std::size_t same = 0;
  if (list) {
    Header header;
    while (same < wanted.size() && header_at(list, same, header) && header.name == wanted[same].name &&
           header.value == wanted[same].value) {
      ++same;
    }
    if (!cut(list, same, wanted.first(same))) list.reset();
  }
  if (!list) {
    list.reset(rd_kafka_headers_new(wanted.size()));
    same = 0;
  }
  for (const Header& header : wanted.subspan(same)) {
    rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  }
}

}  // namespace freshet::kafka
