#include "generator/write/kafka/held_messages.h"

namespace freshet {

void HeldMessages::add(Message message) {
  const Place place{message.due, added_++};
  const Change& change = message.messages.change;
  last_[{change.entity, change.ordinal}] = place;
  waiting_.emplace(place, std::move(message));
}

const HeldMessages::Message* HeldMessages::last_of(const Change& change) const {
  const auto last = last_.find({change.entity, change.ordinal});
  return last == last_.end() ? nullptr : &waiting_.at(last->second);
}

bool HeldMessages::take_overtaken(const Change& by, Message& out) {
  const auto last = last_.find({by.entity, by.ordinal});
  if (last == last_.end()) return false;
  const auto at = waiting_.find(last->second);
  if (at->second.why != Why::OutOfOrder) return false;
  take(at, out);
  return true;
}

bool HeldMessages::take_due(Micros now, Message& out) {
  if (waiting_.empty() || waiting_.begin()->first.first > now) return false;
  take(waiting_.begin(), out);
  return true;
}

void HeldMessages::take(std::map<Place, Message>::iterator at, Message& out) {
  const Change& change = at->second.messages.change;
  const auto last = last_.find({change.entity, change.ordinal});
  if (last->second == at->first) last_.erase(last);
  out = std::move(at->second);
  waiting_.erase(at);
}

}  // namespace freshet
