// StreamFaults: what goes wrong with the messages of a topic because its scenario wants it so. Which messages is a
// function of seed and change, so that the ledger knows the right answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/change.h"
#include "generator/draw/random.h"
#include "generator/draw/sampler.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// How often each fault has struck a topic. Written by all lanes, read by anybody.
struct StreamFaultCounts {
  std::atomic<std::int64_t> dropped = 0;
  std::atomic<std::int64_t> duplicated = 0;
  std::atomic<std::int64_t> poisoned = 0;
  std::atomic<std::int64_t> late = 0;
  std::atomic<std::int64_t> out_of_order = 0;  ///< that the next message of their row has overtaken
};

/// Immutable; safe from any thread. Reference rows and canaries are spared.
class StreamFaults {
 public:
  StreamFaults(const KafkaFaults& declared, std::uint64_t seed, std::string_view entity, double time_scale);

  /// The message is never sent, and its change is withheld; what follows it is sent all the same.
  [[nodiscard]] bool drops(const Change& change) const;
  /// How long after it the message is sent a second time, as it was; nothing when it is not.
  [[nodiscard]] std::optional<Micros> repeats(const Change& change) const;
  /// A record that is no row follows the message, under a key that no row has.
  [[nodiscard]] bool poisons(const Change& change) const;
  /// How long after its time the message is sent; nothing when it is not late.
  [[nodiscard]] std::optional<Micros> late(const Change& change) const;
  /// How long the message waits for the next one of its row to overtake it; nothing when it does not.
  [[nodiscard]] std::optional<Micros> overtaken(const Change& change) const;
  /// That record, made from the message before it: cut off, not of its format, empty, or of another shape.
  static void poison(const Change& change, std::string_view value, std::string& out);

 private:
  [[nodiscard]] static bool spared(const Change& change) {
    return change.phase == Phase::Reference || change.phase == Phase::Canary;
  }
  /// Nothing but for a share of the messages.
  [[nodiscard]] std::optional<Micros> struck(const Change& change, double share, Stream strikes, const Sampler& time,
                                             Stream times) const;

  KafkaFaults declared_;
  Sampler after_;
  Sampler late_by_;
  Sampler within_;
  Stream drops_;
  Stream repeats_;
  Stream delays_;
  Stream poisons_;
  Stream lates_;
  Stream late_bys_;
  Stream overtakings_;
  Stream withins_;
  double time_scale_;
};

/// Messages that wait for their second time. One thread; O(share × rate × delay) in memory.
class RepeatedMessages {
 public:
  struct Message {
    Instant due{};
    Change change;  ///< names topic and headers
    std::string key;
    std::string value;
    bool tombstone = false;
  };
  void add(Message message);
  /// Takes the one whose time came first; false when none is due.
  bool take_due(Instant now, Message& out);

 private:
  std::vector<Message> heap_;
};

}  // namespace freshet
