// StreamFaults: the faults that a scenario asks for in the messages of a topic. Which messages are affected is a
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

/// How often each fault has occurred in a topic. Written by all lanes, read by any thread.
struct StreamFaultCounts {
  std::atomic<std::int64_t> dropped = 0;
  std::atomic<std::int64_t> duplicated = 0;
  std::atomic<std::int64_t> poisoned = 0;
  std::atomic<std::int64_t> late = 0;
  std::atomic<std::int64_t> out_of_order = 0;  ///< messages that the next message of their row has overtaken
};

/// Immutable and thread-safe. Reference rows and canaries have no faults.
class StreamFaults {
 public:
  StreamFaults(const KafkaFaults& declared, std::uint64_t seed, std::string_view entity, double time_scale);

  /// True if the message is never sent, and its change is withheld; later messages are still sent.
  [[nodiscard]] bool drops(const Change& change) const;
  /// How long after it the message is sent a second time, unchanged; nullopt if it is not.
  [[nodiscard]] std::optional<Micros> repeats(const Change& change) const;
  /// True if a record that is not a row follows the message, under a key that no row has.
  [[nodiscard]] bool poisons(const Change& change) const;
  /// How long after its time the message is sent; nullopt if it is not late.
  [[nodiscard]] std::optional<Micros> late(const Change& change) const;
  /// How long the message waits for the next one of its row to overtake it; nullopt if it does not wait.
  [[nodiscard]] std::optional<Micros> overtaken(const Change& change) const;
  /// That record, made from the message before it: cut off, not in its format, empty, or of another shape.
  static void poison(const Change& change, std::string_view value, std::string& out);

 private:
  [[nodiscard]] static bool spared(const Change& change) {
    return change.phase == Phase::Reference || change.phase == Phase::Canary;
  }
  /// Returns a delay for a share of the messages, and nullopt for the others.
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

/// Messages that wait to be sent a second time. For one thread; O(share × rate × delay) in memory.
class RepeatedMessages {
 public:
  struct Message {
    Instant due{};
    Change change;  ///< determines topic and headers
    std::string key;
    std::string value;
    bool tombstone = false;
  };
  void add(Message message);
  /// Takes the message that is due first; returns false if none is due.
  bool take_due(Instant now, Message& out);

 private:
  std::vector<Message> heap_;
};

}  // namespace freshet
