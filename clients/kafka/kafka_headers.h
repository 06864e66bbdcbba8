// Reusable header lists for librdkafka. Creating a list costs more than everything else for a small message, and most
// messages differ from an earlier one only in the last value. Private to this folder.
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "clients/kafka/kafka_client.h"

namespace freshet::kafka {

/// Lists that belong to no message at the moment. Thread-safe.
class HeaderLists {
 public:
  /// Appends up to `count` lists to `out`, fewer if there are not enough. They still hold their last contents.
  void take(std::size_t count, std::vector<HeaderList>& out);
  /// Takes the lists back and empties `lists`. Lists beyond kMost are destroyed.
  void give(std::vector<HeaderList>& lists);
  static constexpr std::size_t kMost = 65'536;

 private:
  std::mutex mutex_;
  std::vector<HeaderList> lists_;
};

/// Makes the list hold these headers in this order; creates the list if it is null. Headers that are already right are
/// kept.
void fill_headers(std::span<const Header> wanted, HeaderList& list);

}  // namespace freshet::kafka
