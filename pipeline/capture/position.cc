#include "pipeline/capture/position.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

namespace freshet {

std::string GtidPosition::text() const {
  std::string text;
  for (const auto& [domain, last] : domains) {
    fmt::format_to(std::back_inserter(text), "{}{}-{}-{}", text.empty() ? "" : ",", domain, last.server, last.sequence);
  }
  return text;
}

std::string BinlogPosition::text() const {
  return gtid.domains.empty() ? fmt::format("{}:{}", file, offset) : gtid.text();
}

std::string TopicPosition::text() const {
  std::string text;
  for (const Topic& topic : topics) {
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : "; ", topic.name,
                   fmt::join(topic.next, ","));
  }
  return text;
}

std::string text_of(const Position& position) {
  if (const auto* binlog = std::get_if<BinlogPosition>(&position)) return binlog->text();
  if (const auto* topics = std::get_if<TopicPosition>(&position)) return topics->text();
  return "";
}

}  // namespace freshet
