// Lists of headers for librdkafka, used again and again: making one costs more than all else of a small message, and
// most messages differ from one before in their last value only. Private to this folder.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "clients/kafka/kafka_client.h"

namespace freshet::kafka {

/// Lists that belong to no message at present. Any thread.
class HeaderLists {
 public:
  /// Appends up to `count` lists to `out`, fewer when there are no more; they hold what was in them last.
  void take(std::size_t count, std::vector<HeaderList>& out);
  /// Empties `lists`. What is more than kMost is destroyed.
  void give(std::vector<HeaderList>& lists);
  static constexpr std::size_t kMost = 65'536;

 private:
  std::mutex mutex_;
  std::vector<HeaderList> lists_;
};

/// Makes the list hold these headers, in this order; a list that is null is made. What it holds already stays.
void fill_headers(std::span<const Header> wanted, HeaderList& list);

}  // namespace freshet::kafka
