// HeldMessages: messages that a topic's faults send later than their time, or after the message that follows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"

namespace freshet {

/// The messages of one lane that are held back on purpose. Time is that of the schedule: a message is sent when the
/// lane reaches a change that is intended at its time or later, or the end. So the order in which messages arrive is a
/// function of scenario and seed, however fast the target is. For one thread; O(share × rate × time) in memory.
class HeldMessages {
 public:
  enum class Why : std::uint8_t {
    Late,
    Behind,      ///< an earlier message of its row is late
    OutOfOrder,  ///< the next message of its row is to overtake it
  };
  struct Part {
    Operation operation;  ///< the operation in its headers
    std::string key;
    std::string value;
    bool tombstone;
    std::string other_key;  ///< for a change of the key: the key that the row gets, or had; else empty
  };
  /// The messages of one change.
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
  /// Takes the message of the same row that waits to be overtaken; returns false if there is none.
  bool take_overtaken(const Change& by, Message& out);
  /// Takes the first message due at that time; returns false if there is none. Messages of one row keep their order.
  bool take_due(Micros now, Message& out);
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  using Place = std::pair<Micros, std::uint64_t>;  ///< due time, and number in the order of addition
  using Instance = std::pair<EntityId, Ordinal>;
  void take(std::map<Place, Message>::iterator at, Message& out);

  std::map<Place, Message> waiting_;
  std::map<Instance, Place> last_;
  std::uint64_t added_ = 0;
};

}  // namespace freshet
