#include "scenarios/model/slo.h"

namespace freshet {

bool satisfies(const Gate& gate, double value) {
  switch (gate.comparator) {
    case Comparator::Less:
      return value < gate.bound;
    case Comparator::LessEqual:
      return value <= gate.bound;
    case Comparator::Greater:
      return value > gate.bound;
    case Comparator::GreaterEqual:
      return value >= gate.bound;
    case Comparator::Equal:
      return value == gate.bound;
  }
  return false;
}

const char* name_of(Quantity quantity) {
  for (const NamedQuantity& entry : kLatencyNames) {
    if (entry.quantity == quantity) return entry.name;
  }
  for (const NamedQuantity& entry : kCountNames) {
    if (entry.quantity == quantity) return entry.name;
  }
  return kAchievedRate;
}

}  // namespace freshet
