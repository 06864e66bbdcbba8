// HeldMessages: what a topic's faults send later than its time, or after the message that follows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"

namespace freshet {

/// The messages of one lane that are held back on purpose. Its time is the schedule's: a message goes out when the lane
/// has come to a change that is intended at its time or after, or to the end. What arrives in which order is a function
/// of scenario and seed then, however fast the target takes it. One thread; O(share × rate × time) in memory.
class HeldMessages {
 public:
  enum class Why : std::uint8_t {
    Late,
    Behind,      ///< an earlier message of its row is late
    OutOfOrder,  ///< the next message of its row is to overtake it
  };
  struct Part {
    Operation operation;  ///< what its headers say
    std::string key;
    std::string value;
    bool tombstone;
    std::string other_key;  ///< of a change of the key: which the row gets, or had; else empty
  };
  /// A change as it is sent.
  struct Messages {
    Change change;
    std::vector<Part> parts;
  };
  struct Message {
    Micros due{};
    Why why = Why::Late;
    Messages messages = {};
  };

  void add(Message message);
  /// The last one of the same row, or null.
  [[nodiscard]] const Message* last_of(const Change& change) const;
  /// Takes the one of the same row that waits to be overtaken; false when there is none.
  bool take_overtaken(const Change& by, Message& out);
  /// Takes the first that is due at that time; false when there is none. Those of one row come in their order.
  bool take_due(Micros now, Message& out);
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  using Place = std::pair<Micros, std::uint64_t>;  ///< when it is due, and as which message it was added
  using Instance = std::pair<EntityId, Ordinal>;
  void take(std::map<Place, Message>::iterator at, Message& out);

  std::map<Place, Message> waiting_;
  std::map<Instance, Place> last_;
  std::uint64_t added_ = 0;
};

}  // namespace freshet
